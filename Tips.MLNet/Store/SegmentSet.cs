using System.Diagnostics;

namespace Tips.MLNet.Store;

/// <summary>The segments of a folder, and where each record is. Not thread-safe, except for reading a record that was found.</summary>
/// <param name="folder">The folder.</param>
/// <param name="writer">The writer of this process, whose segments are added by hand.</param>
/// <param name="warn">Receives what is wrong with a file.</param>
internal sealed class SegmentSet(string folder, SegmentWriter writer, Action<string> warn) : IDisposable
{
    private const int ListingAttempts = 5;

    private static readonly TimeSpan RefreshInterval = TimeSpan.FromSeconds(2);

    private readonly Dictionary<string, StoredSegment> _segments = [];
    private readonly Dictionary<StoreKey, RecordPlace> _places = [];
    private long _refreshed;
    private bool _isClosedToOthers;

    public bool Contains(in StoreKey key) => _places.ContainsKey(key);

    /// <summary>Finds a record, also in what other processes have written meanwhile.</summary>
    public bool TryFind(in StoreKey key, out RecordPlace place)
    {
        if (_places.TryGetValue(key, out place)) return true;
        if (_isClosedToOthers || Stopwatch.GetElapsedTime(_refreshed) < RefreshInterval) return false;
        try
        {
            Refresh();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or InvalidDataException)
        {
            _isClosedToOthers = true;
            warn($"What other processes write to the embedding store '{folder}' is left out: {e.Message}");
        }

        return _places.TryGetValue(key, out place);
    }

    /// <summary>Looks for new segments, and for blocks that were appended to those that are known.</summary>
    /// <exception cref="InvalidDataException">A later version of the library wrote one.</exception>
    /// <exception cref="IOException">One cannot be read.</exception>
    /// <exception cref="UnauthorizedAccessException">One may not be read.</exception>
    public void Refresh()
    {
        int attempts = 0;
        while (!TryRefresh() && ++attempts < ListingAttempts)
        {
        }

        _refreshed = Stopwatch.GetTimestamp();
    }

    /// <summary>Adds what was appended to a segment of this process.</summary>
    public void Append(StoredSegment own)
    {
        _segments.TryAdd(own.Path, own);
        own.Scan(Found, warn);
    }

    /// <summary>Forgets a record that cannot be read; the first of a segment is reported.</summary>
    public void Forget(in StoreKey key, in RecordPlace place, string failure)
    {
        _places.Remove(key);
        if (place.Segment.IsDamaged) return;
        place.Segment.IsDamaged = true;
        warn($"File '{place.Segment.Path}' of the embedding store {failure}. What it lacks is embedded again.");
    }

    /// <summary>Notes which segments were of use: the time of their last write says so.</summary>
    public void MarkUsed()
    {
        foreach (var segment in _segments.Values.Where(s => s.WasUsed))
        {
            try
            {
                File.SetLastWriteTimeUtc(segment.Path, DateTime.UtcNow);
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                // It belongs to somebody else, or is gone.
            }
        }
    }

    public void Dispose()
    {
        foreach (var segment in _segments.Values) segment.Dispose();
    }

    // False if segments went while they were listed: their records are in another one by now.
    private bool TryRefresh()
    {
        bool isComplete = true;
        foreach (string path in Directory.EnumerateFiles(folder, SegmentName.Segments).Order(StringComparer.Ordinal))
        {
            if (writer.Owns(path)) continue;
            if (!_segments.TryGetValue(path, out var segment))
            {
                segment = StoredSegment.Open(path);
                if (segment is null)
                {
                    isComplete = false;
                    continue;
                }

                _segments.Add(path, segment);
            }

            segment.Scan(Found, warn);
        }

        return isComplete;
    }

    // Of two records with one key, the later one counts: the other may be damaged.
    private void Found(StoreKey key, RecordPlace place) => _places[key] = place;
}
