using Tips.MLNet.Files;
using Tips.MLNet.Store;

namespace Tips.MLNet.Tests.Store;

/// <summary>A store stays small, and in few files.</summary>
[TestClass]
public sealed class StoreMaintenanceTests : IDisposable
{
    private const long Maximum = EmbeddingStoreOptions.LeastMaximumBytes;

    // Of 1,000 values each, so that 250 vectors make the limit.
    private const int Length = 1000, PerRun = 40;

    private readonly StoreFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [TestMethod]
    public void Small_segments_are_merged_and_nothing_is_lost()
    {
        for (int run = 0; run < StoreMaintenance.SmallSegments + 3; run++) _folder.Add(run * 5, 5);
        Assert.IsLessThan(StoreMaintenance.SmallSegments, _folder.Segments.Length);
        Assert.HasCount(95, _folder.Find(200));
        Assert.HasCount(_folder.Segments.Length, Directory.GetFiles(_folder.Path), "nothing else is left");
    }

    [TestMethod]
    public void Merging_drops_what_is_there_twice_and_what_is_damaged()
    {
        _folder.Add(0, 60); // one block
        string first = _folder.Segments[0];
        for (int i = 1; i < StoreMaintenance.SmallSegments; i++)
            File.Copy(first, SegmentName.Segment(_folder.Path, SegmentName.NewId()));
        byte[] bytes = File.ReadAllBytes(first);
        bytes[^1] ^= 1;
        File.WriteAllBytes(first, bytes);
        long size = bytes.Length;
        _folder.Open().Dispose();
        Assert.HasCount(1, _folder.Segments);
        Assert.AreEqual(size, _folder.Size);
        Assert.HasCount(60, _folder.Find(60), "the others have the damaged one");
        Assert.IsEmpty(_folder.Warnings);
    }

    [TestMethod]
    public void A_run_that_has_merged_segments_open_still_reads_them()
    {
        for (int run = 0; run < StoreMaintenance.SmallSegments - 1; run++) _folder.Add(run * 5, 5);
        using var reader = _folder.Open();
        _folder.Add(500, 5);
        Assert.HasCount(1, _folder.Segments);
        Assert.HasCount(75, StoreFolder.Find(reader, 100));
        Assert.IsEmpty(_folder.Warnings);
    }

    [TestMethod]
    public void Segments_of_living_writers_are_left_alone_and_locks_of_the_dead_go()
    {
        using var living = _folder.Open();
        StoreFolder.Add(living, 1000, 5);
        living.Flush();
        string kept = _folder.Segments.Single(), stale = SegmentName.Lock(_folder.Path, SegmentName.NewId());
        File.WriteAllText(stale, "");
        File.WriteAllText(SegmentName.Partial(_folder.Path, "killed"), "half a segment");
        for (int run = 0; run < StoreMaintenance.SmallSegments + 1; run++) _folder.Add(run * 5, 5);
        CollectionAssert.Contains(_folder.Segments, kept);
        Assert.IsFalse(File.Exists(stale));
        Assert.IsEmpty(Directory.GetFiles(_folder.Path, SegmentName.Partials));
        StoreFolder.Add(living, 1005, 5);
        living.Flush();
        using var reader = _folder.Open();
        Assert.HasCount(StoreMaintenance.SmallSegments * 5 + 15, StoreFolder.Find(reader, 1010));
    }

    [TestMethod]
    public void What_was_not_used_for_the_longest_time_is_dropped()
    {
        for (int run = 0; run < 6; run++)
        {
            _folder.Add(run * PerRun, PerRun, Length, Maximum);
            foreach (string segment in _folder.Segments)
                File.SetLastWriteTimeUtc(segment, File.GetLastWriteTimeUtc(segment).AddMinutes(-10));
        }

        Assert.IsLessThanOrEqualTo(Maximum, _folder.Size);
        using (var store = _folder.Open(Maximum)) Assert.IsTrue(store.TryGet(StoreFolder.Key(0), new float[Length]), "use of the first");
        for (int run = 6; run < 9; run++) _folder.Add(run * PerRun, PerRun, Length, Maximum);
        Assert.IsLessThanOrEqualTo(Maximum, _folder.Size);
        int[] found = _folder.Find(9 * PerRun, Length);
        CollectionAssert.IsSubsetOf(Enumerable.Range(6 * PerRun, 3 * PerRun).ToArray(), found, "the new ones");
        CollectionAssert.Contains(found, 0, "was used");
        CollectionAssert.DoesNotContain(found, PerRun, "was not");
        Assert.IsEmpty(_folder.Warnings);
    }

    [TestMethod]
    public void A_run_that_embeds_more_than_fits_stops_keeping_and_says_so_once()
    {
        using (var store = _folder.Open(Maximum))
        {
            StoreFolder.Add(store, 0, 2000, Length);
            Assert.AreEqual(2000, store.Misses);
        }

        string warning = _folder.Warnings.Single();
        Assert.Contains(_folder.Path, warning);
        Assert.Contains("is full", warning);
        Assert.IsLessThanOrEqualTo(Maximum, _folder.Size);
        Assert.IsNotEmpty(_folder.Find(2000, Length));
    }

    [TestMethod]
    public void Only_one_run_cleans_up_at_a_time()
    {
        for (int run = 0; run < StoreMaintenance.SmallSegments - 1; run++) _folder.Add(run * 5, 5);
        using (FileLock.TryAcquire(Path.Combine(_folder.Path, SegmentName.StoreLock))) _folder.Add(500, 5);
        Assert.HasCount(StoreMaintenance.SmallSegments, _folder.Segments);
        _folder.Open().Dispose();
        Assert.HasCount(1, _folder.Segments);
    }
}
