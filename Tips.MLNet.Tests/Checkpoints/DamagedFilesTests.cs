using System.IO.Compression;
using Tips.MLNet.Tests.Formula;
using Tips.MLNet.Tests.Support;
using Tips.OnnxExport.Checkpoints;
using Tips.OnnxExport.Towers;

namespace Tips.MLNet.Tests.Checkpoints;

/// <summary>
/// A small checkpoint with any one byte near its ends changed, or cut off anywhere: either it is refused with a message that names the
/// file, or (where the byte means nothing) it reads as before. Memory use stays bounded.
/// </summary>
[TestClass]
public sealed class DamagedFilesTests : IDisposable
{
    private const int EndLength = 4096, Truncations = 200;

    /// <summary>Versions, flags, dates, attributes, and the parts of local headers that the directory repeats.</summary>
    private const int MeaninglessBytes = 1000;

    private const long MaximumBytesPerRead = 4_000_000;

    private static readonly TowerSize Small = new("small", 64, 1, 32);

    private readonly TemporaryFolder _folder = new();

    public TestContext TestContext { get; set; } = null!;

    private string Damaged => _folder["damaged"];

    public void Dispose() => _folder.Dispose();

    [TestMethod]
    public void No_byte_of_an_npz_can_be_changed_unnoticed() => ChangeEachByte(CompressionLevel.NoCompression);

    [TestMethod]
    [TestCategory("Slow")]
    public void No_byte_of_a_compressed_npz_can_be_changed_unnoticed() => ChangeEachByte(CompressionLevel.Fastest);

    private void ChangeEachByte(CompressionLevel compression)
    {
        byte[] good = Npz(compression);
        float[][] expected = ReadAll(good)!;
        int survived = 0;
        foreach (int at in Ends(good.Length))
        {
            if (ReadAll(Flipped(good, at), at) is not { } read) continue;
            survived++;
            for (int i = 0; i < expected.Length; i++)
                CollectionAssert.AreEqual(expected[i], read[i], $"byte {at} changed the weights unnoticed");
        }

        TestContext.WriteLine($"{survived} bytes mean nothing");
        Assert.IsLessThanOrEqualTo(MeaninglessBytes, survived);
    }

    /// <summary>The format has no checksum: a changed weight goes unnoticed, but nothing else in the file can change.</summary>
    [TestMethod]
    public void No_byte_of_a_safetensors_header_can_be_changed_unnoticed()
    {
        byte[] good = Safetensors();
        float[][] expected = ReadAll(good)!;
        int dataStart = 8 + (int)BitConverter.ToUInt64(good);
        foreach (int at in Ends(good.Length))
        {
            if (ReadAll(Flipped(good, at), at) is not { } read) continue;
            Assert.IsGreaterThanOrEqualTo(dataStart, at, $"byte {at} of the header changed unnoticed");
            int changed = expected.Zip(read).Sum(p => p.First.Zip(p.Second).Count(v => v.First != v.Second));
            Assert.IsLessThanOrEqualTo(1, changed, $"byte {at}");
        }
    }

    [TestMethod]
    [DataRow("npz")]
    [DataRow("safetensors")]
    public void A_file_cut_off_anywhere_is_refused(string format)
    {
        byte[] good = format == "npz" ? Npz(CompressionLevel.NoCompression) : Safetensors();
        for (int i = 0; i < Truncations; i++) Assert.IsNull(ReadAll(good[..(int)((long)good.Length * i / Truncations)], i));
    }

    private static IEnumerable<int> Ends(int length) => Enumerable.Range(0, Math.Min(EndLength, length))
        .Concat(Enumerable.Range(Math.Max(length - EndLength, EndLength), Math.Min(EndLength, length - EndLength)));

    private static byte[] Flipped(byte[] good, int at)
    {
        byte[] bytes = (byte[])good.Clone();
        bytes[at] ^= 0xff;
        return bytes;
    }

    private byte[] Npz(CompressionLevel compression)
    {
        using (var npz = NpzWriter.Create(_folder["good"], compression))
        {
            foreach (var (key, shape) in FormulaCheckpoint.VisionShapes(Small, grid: 2))
                npz.Add(key, shape, FormulaCheckpoint.Values(key, shape, seed: 1));
        }

        return File.ReadAllBytes(_folder["good"]);
    }

    private byte[] Safetensors()
    {
        var tensors = FormulaCheckpoint.VisionShapes(Small, grid: 2);
        SafetensorsWriter.Write(_folder["good"], tensors.Select(t => (t.Key, t.Shape, FormulaCheckpoint.Values(t.Key, t.Shape, seed: 1))));
        return File.ReadAllBytes(_folder["good"]);
    }

    /// <summary>Every weight of the tower, or null if the file is refused.</summary>
    private float[][]? ReadAll(byte[] bytes, int at = -1)
    {
        File.WriteAllBytes(Damaged, bytes);
        long before = GC.GetAllocatedBytesForCurrentThread();
        try
        {
            using var checkpoint = CheckpointFile.Open(Damaged);
            var tower = TowerLayouts.ReadVision(checkpoint);
            var block = tower.Blocks[0];
            var mlp = (MlpFeedForward)block.FeedForward;
            Weight[] weights =
            [
                tower.PatchEmbedding.Weight, tower.PatchEmbedding.Bias, tower.FirstClassToken, tower.SecondClassToken, tower.Positions,
                tower.FinalNorm.Gain, tower.FinalNorm.Bias, block.AttentionScale!, block.FeedForwardScale!,
                block.AttentionNorm.Gain, block.AttentionNorm.Bias, block.FeedForwardNorm.Gain, block.FeedForwardNorm.Bias,
                .. ((Linear[])[block.Query, block.Key, block.Value, block.AttentionOutput, mlp.Hidden, mlp.Output])
                    .SelectMany(l => (Weight[])[l.Weight, l.Bias]),
            ];
            return [.. weights.Select(w => w.Read())];
        }
        catch (CheckpointException e)
        {
            Assert.Contains(Damaged, e.Message, $"byte {at}");
            return null;
        }
        finally
        {
            Assert.IsLessThan(MaximumBytesPerRead, GC.GetAllocatedBytesForCurrentThread() - before, $"byte {at}");
        }
    }
}
