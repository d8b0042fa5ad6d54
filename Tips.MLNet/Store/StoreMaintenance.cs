using Tips.MLNet.Files;

namespace Tips.MLNet.Store;

/// <summary>
/// Keeps the folder of a store small: merges small segments, and deletes those that were not used for the longest time. One process at a
/// time does so. Segments of living writers are left alone; whoever has another one open can go on reading it.
/// </summary>
internal static class StoreMaintenance
{
    /// <summary>So many small segments are merged.</summary>
    public const int SmallSegments = 16;

    private const int RecordsPerBlock = 512, BytesPerBlock = 1 << 20;

    /// <summary>Does what is needed, unless another process does.</summary>
    /// <param name="folder">The folder.</param>
    /// <param name="maximumBytes">Most bytes of all segments.</param>
    /// <param name="segmentBytes">About the most bytes of one.</param>
    public static void Run(string folder, long maximumBytes, long segmentBytes)
    {
        var segments = Segments(folder);
        if (segments.Sum(s => s.Length) <= maximumBytes && segments.Count(s => s.Length < segmentBytes / 2) < SmallSegments) return;
        using var storeLock = FileLock.TryAcquire(Path.Combine(folder, SegmentName.StoreLock));
        if (storeLock is null) return;
        foreach (string partial in Directory.EnumerateFiles(folder, SegmentName.Partials)) File.Delete(partial);
        ClearLocks(folder);
        FileInfo[] dead = [.. Segments(folder).Where(s => !StoredSegment.IsBeingWritten(s.FullName))];
        dead = DeleteOldest(dead, Segments(folder).Sum(s => s.Length) - maximumBytes);
        FileInfo[] small = [.. dead.Where(s => s.Length < segmentBytes / 2)];
        if (small.Length < SmallSegments) return;
        foreach (var group in Group(small, segmentBytes)) Merge(folder, group);
    }

    private static FileInfo[] Segments(string folder)
        =>
    [
        .. new DirectoryInfo(folder).EnumerateFiles(SegmentName.Segments).Where(s => s.Exists).OrderBy(s => s.Name, StringComparer.Ordinal),
    ];

    // Those of processes that were killed.
    private static void ClearLocks(string folder)
    {
        foreach (string path in Directory.EnumerateFiles(folder, SegmentName.Locks))
        {
            if (Path.GetFileName(path) != SegmentName.StoreLock) FileLock.TryAcquire(path)?.Dispose();
        }
    }

    // Returns what remains.
    private static FileInfo[] DeleteOldest(FileInfo[] segments, long excess)
    {
        var remaining = segments.ToList();
        foreach (var segment in segments.OrderBy(s => s.LastWriteTimeUtc))
        {
            if (excess <= 0) break;
            excess -= segment.Length;
            segment.Delete();
            remaining.Remove(segment);
        }

        return [.. remaining];
    }

    private static IEnumerable<FileInfo[]> Group(FileInfo[] segments, long segmentBytes)
    {
        List<FileInfo> group = [];
        foreach (var segment in segments)
        {
            if (group.Sum(s => s.Length) + segment.Length > segmentBytes)
            {
                if (group.Count > 1) yield return [.. group];
                group.Clear();
            }

            group.Add(segment);
        }

        if (group.Count > 1) yield return [.. group];
    }

    // The new segment is there before the others go, so that whoever opens the store meanwhile finds every record.
    private static void Merge(string folder, FileInfo[] sources)
    {
        string id = SegmentName.NewId(), partial = SegmentName.Partial(folder, id);
        try
        {
            using (var output = SegmentWriter.CreateFile(partial)) CopyRecords(sources, output);
            File.SetLastWriteTimeUtc(partial, sources.Max(s => s.LastWriteTimeUtc));
            File.Move(partial, SegmentName.Segment(folder, id));
        }
        finally
        {
            File.Delete(partial);
        }

        foreach (var source in sources) source.Delete();
    }

    private static void CopyRecords(FileInfo[] sources, Stream output)
    {
        HashSet<StoreKey> copied = [];
        Dictionary<StoreKey, byte[]> block = [];
        int bytes = 0;
        output.Write(SegmentFormat.Header());
        foreach (var source in sources)
        {
            using var segment = StoredSegment.Open(source.FullName);
            if (segment is null) continue;
            segment.Scan(Copy, _ => { });

            void Copy(StoreKey key, RecordPlace place)
            {
                if (copied.Contains(key)) return;
                byte[] record = new byte[place.Length];
                if (!segment.TryRead(place, record)) return; // damaged; another segment may have it
                copied.Add(key);
                block.Add(key, record);
                bytes += record.Length;
                if (block.Count >= RecordsPerBlock || bytes >= BytesPerBlock) Flush();
            }
        }

        Flush();

        void Flush()
        {
            if (block.Count > 0) output.Write(SegmentFormat.Block(block));
            block.Clear();
            bytes = 0;
        }
    }
}
