using System.Buffers.Binary;
using Tips.MLNet.Files;
using Tips.MLNet.Store;

namespace Tips.MLNet.Tests.Store;

/// <summary>Whatever happens to the files of a store, no wrong vector comes out of it.</summary>
[TestClass]
public sealed class DamagedStoreTests : IDisposable
{
    private const int Length = 4, Blocks = 3, PerBlock = 5, Count = Blocks * PerBlock;

    private static readonly int BlockLength = BlockHeader.Length + PerBlock * (TableEntry.Size + Length * sizeof(float));

    private readonly StoreFolder _folder = new();
    private readonly byte[] _whole;

    public DamagedStoreTests()
    {
        using (var store = _folder.Open())
        {
            for (int block = 0; block < Blocks; block++)
            {
                StoreFolder.Add(store, block * PerBlock, PerBlock, Length);
                store.Flush();
            }
        }

        _whole = File.ReadAllBytes(Segment);
        Assert.HasCount(SegmentFormat.HeaderLength + Blocks * BlockLength, _whole);
    }

    private string Segment => _folder.Segments.First();

    public void Dispose() => _folder.Dispose();

    /// <summary>As a killed writer leaves it.</summary>
    [TestMethod]
    public void A_tail_that_is_cut_off_at_any_byte_costs_its_block_only()
    {
        string segment = Segment;
        for (int length = 0; length <= _whole.Length; length++)
        {
            File.WriteAllBytes(segment, _whole[..length]);
            int blocks = Math.Max(0, length - SegmentFormat.HeaderLength) / BlockLength;
            CollectionAssert.AreEqual(Enumerable.Range(0, blocks * PerBlock).ToArray(), _folder.Find(Count, Length), $"{length} bytes");
        }

        Assert.IsEmpty(_folder.Warnings, "that is nothing unusual");
    }

    [TestMethod]
    public void Runs_after_a_cut_off_tail_go_on()
    {
        string segment = Segment;
        File.WriteAllBytes(segment, _whole[..^1]);
        _folder.Add(2 * PerBlock, PerBlock, Length);
        CollectionAssert.AreEqual(Enumerable.Range(0, Count).ToArray(), _folder.Find(Count, Length));
        Assert.IsEmpty(_folder.Warnings);
    }

    /// <summary>A byte that has changed costs its record, its block or its file, and the file is named.</summary>
    [TestMethod]
    public void A_changed_byte_anywhere_gives_no_wrong_vector()
    {
        string segment = Segment;
        for (int at = 0; at < _whole.Length; at++)
        {
            byte[] damaged = [.. _whole];
            damaged[at] ^= 0x10;
            File.WriteAllBytes(segment, damaged);
            _folder.Warnings.Clear();
            int[] found;
            try
            {
                found = _folder.Find(Count, Length);
            }
            catch (InvalidDataException e)
            {
                Assert.IsInRange(8, 11, at, "the version, which has become a later one");
                Assert.Contains(segment, e.Message);
                continue;
            }

            if (at is >= 12 and < SegmentFormat.HeaderLength)
            {
                Assert.HasCount(Count, found, "nothing is there");
                continue;
            }

            Assert.IsLessThan(Count, found.Length, $"byte {at}");
            Assert.HasCount(1, _folder.Warnings, $"byte {at}");
            Assert.Contains(segment, _folder.Warnings[0]);
            int block = (at - SegmentFormat.HeaderLength) / BlockLength, place = (at - SegmentFormat.HeaderLength) % BlockLength;
            if (at < SegmentFormat.HeaderLength) Assert.IsEmpty(found);
            else if (place < BlockHeader.Length) Assert.HasCount(block * PerBlock, found, "what follows cannot be found");
            else if (place < BlockHeader.Length + PerBlock * TableEntry.Size) Assert.HasCount(Count - PerBlock, found);
            else Assert.HasCount(Count - 1, found);
        }
    }

    [TestMethod]
    public void A_damaged_vector_is_embedded_again_once()
    {
        byte[] damaged = [.. _whole];
        damaged[^1] ^= 1;
        File.WriteAllBytes(Segment, damaged);
        for (int run = 0; run < 3; run++)
        {
            using var store = _folder.Open();
            int[] missing = [.. Enumerable.Range(0, Count).Except(StoreFolder.Find(store, Count, Length))];
            CollectionAssert.AreEqual(run == 0 ? [Count - 1] : Array.Empty<int>(), missing);
            foreach (int number in missing) store.Add(StoreFolder.Key(number), StoreFolder.Vector(number, Length));
        }

        Assert.HasCount(1, _folder.Warnings);
    }

    [TestMethod]
    public void A_later_format_is_refused_and_left_alone()
    {
        BinaryPrimitives.WriteInt32LittleEndian(_whole.AsSpan(8), SegmentFormat.Version + 1);
        File.WriteAllBytes(Segment, _whole);
        string message = Assert.ThrowsExactly<InvalidDataException>(() => _folder.Open()).Message;
        Assert.Contains(Segment, message);
        Assert.Contains("has format 2, expected 1", message);
        CollectionAssert.AreEqual(_whole, File.ReadAllBytes(Segment));
        Assert.HasCount(1, Directory.GetFiles(_folder.Path), "no lock is left");
    }

    [TestMethod]
    public void A_file_of_something_else_is_left_out()
    {
        string other = Path.Combine(_folder.Path, "holiday.segment");
        File.WriteAllText(other, "This is no segment of an embedding store, whatever its name says.");
        CollectionAssert.AreEqual(Enumerable.Range(0, Count).ToArray(), _folder.Find(Count, Length));
        Assert.Contains(other, _folder.Warnings.Single());
    }

    /// <summary>What a living writer has not finished is no damage.</summary>
    [TestMethod]
    public void The_unfinished_block_of_a_living_writer_is_left_for_later()
    {
        using var writing = FileLock.TryAcquire(SegmentName.LockOf(Segment));
        string segment = Segment;
        byte[] zeros = [.. _whole[..^BlockLength], .. new byte[BlockLength]];
        File.WriteAllBytes(segment, zeros);
        using var store = _folder.Open();
        Assert.HasCount(2 * PerBlock, StoreFolder.Find(store, Count, Length));
        Assert.IsEmpty(_folder.Warnings);
        using (var file = new FileStream(segment, FileMode.Open, FileAccess.Write, FileShare.ReadWrite))
        {
            file.Position = _whole.Length - BlockLength;
            file.Write(_whole.AsSpan(_whole.Length - BlockLength));
        }

        Assert.IsTrue(SpinWait.SpinUntil(
            () => store.TryGet(StoreFolder.Key(Count - 1), new float[Length]), TimeSpan.FromSeconds(30)));
    }
}
