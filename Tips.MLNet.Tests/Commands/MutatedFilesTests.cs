using System.Text;
using CsCheck;
using Tips.MLNet.Tests.Support;
using Tips.OnnxExport.Checkpoints;
using Tips.OnnxExport.Export;

namespace Tips.MLNet.Tests.Commands;

/// <summary>
/// Files of a repository with parts of their bytes deleted, doubled, exchanged or overwritten: an error that names the file or its folder,
/// or a model; never another exception, and never much memory.
/// </summary>
[TestClass]
public sealed class MutatedFilesTests : IDisposable
{
    /// <summary>Of each file.</summary>
    private const int Mutations = 300;

    private const long MaximumBytes = 256L << 20;

    /// <summary>What breaks a parser, or changes the meaning of a number, a key or a length.</summary>
    private static readonly byte[][] Snippets =
    [
        .. ((string[])
        [
            "null", "true", "-1", "0", "1e308", "99999999999999999999", "2147483647", "\"\"", "\"\\ud800\"", "{}", "[]", "[[", "{\"a\":",
            ",", "\\u0000",
        ]).Select(Encoding.UTF8.GetBytes),
        [0xFF], [0xC3, 0x28], [0],
    ];

    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [TestMethod]
    [DataRow("tipsv2-mini-hub", "config.json", true)]
    [DataRow("tipsv2-mini-hub-flat", "config.json", true)]
    [DataRow("tipsv2-dpt-mini", "config.json", true)]
    [DataRow("tipsv2-mini-hub", "preprocessor_config.json", true)]
    [DataRow("layouts/sharded", "model.safetensors.index.json", true)]
    [DataRow("tipsv2-mini-hub", "model.safetensors", false)]
    [DataRow("tipsv2-mini-hub", "tokenizer.model", false)]
    [DataRow("tipsv2-mini", "tokenizer.json", true)]
    public void A_mutated_file_is_refused_by_name_or_harmless(string repository, string file, bool isText)
    {
        string copy = _folder["repository"], path = Path.Combine(copy, file);
        TestModels.Copy(GoldenFiles.PathOf("hugging-face", repository.Replace("-flat", "", StringComparison.Ordinal)), copy);
        if (repository.EndsWith("-flat", StringComparison.Ordinal))
            File.Copy(GoldenFiles.PathOf("hugging-face", repository, file), path, overwrite: true);
        byte[] good = File.ReadAllBytes(path);
        // Of a checkpoint only the header: changed weights are weights, too.
        int length = file == "model.safetensors" ? 8 + (int)BitConverter.ToUInt64(good) : good.Length;
        int refused = 0, accepted = 0;
        Gen.Select(Gen.Int[0, 3], Gen.Int[0, length - 1], Gen.Int[1, isText ? 40 : 8], Gen.Int[0, Snippets.Length - 1]).Array[1, 3].Sample(
            changes =>
            {
                File.WriteAllBytes(
                    path, changes.Aggregate(good, (bytes, c) => Mutate(bytes, c.Item1, c.Item2, c.Item3, Snippets[c.Item4])));
                long before = GC.GetAllocatedBytesForCurrentThread();
                try
                {
                    ModelExporter.Export(HuggingFaceRepository.CreateRequest(copy, _folder["model"]) with { Overwrite = true });
                    accepted++;
                    if (file.StartsWith("tokenizer", StringComparison.Ordinal)) Tokenize();
                }
                catch (Exception e) when (e is CheckpointException or InvalidDataException or FileNotFoundException)
                {
                    Assert.Contains(copy, e.Message);
                    refused++;
                }

                Assert.IsLessThan(MaximumBytes, GC.GetAllocatedBytesForCurrentThread() - before);
            },
            iter: Mutations,
            threads: 1);
        Assert.AreEqual(Mutations, refused + accepted);
        Assert.IsGreaterThan(Mutations / 20, refused, $"{accepted} accepted");
    }

    // Whatever its pieces are now, a text becomes ids in range.
    private void Tokenize()
    {
        using var model = TipsModel.Load(_folder["model"]);
        foreach (string text in (string[])["A photo of a CAT", "<pad>É\r\n\u1E9B\u0323 \uD800", "▁▁x", new string('a', 300)])
        {
            var ids = model.Tokenizer.EncodeToIds(text);
            Assert.IsTrue(ids.All(id => id >= 0 && id < model.Tokenizer.VocabularySize));
        }
    }

    private static byte[] Mutate(byte[] bytes, int kind, int at, int count, byte[] snippet)
    {
        at = Math.Min(at, bytes.Length - 1);
        int end = Math.Min(at + count, bytes.Length);
        return kind switch
        {
            0 => [.. bytes[..at], .. bytes[end..]],
            1 => [.. bytes[..end], .. bytes[at..]],
            2 => [.. bytes[..at], .. snippet, .. bytes[end..]],
            _ => [.. bytes[..at], .. bytes[at..end].Reverse(), .. bytes[end..]],
        };
    }
}
