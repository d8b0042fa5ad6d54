using Tips.MLNet.Files;

namespace Tips.MLNet.Store;

/// <summary>Appends blocks to segments that no other writer touches. Not thread-safe.</summary>
internal sealed class SegmentWriter : IDisposable
{
    private const int LockAttempts = 5;

    private readonly string _folder, _id;
    private readonly FileLock _lock;
    private readonly Func<string, Stream> _create;
    private readonly long _segmentBytes;
    private Stream? _stream;
    private StoredSegment? _segment;
    private long _length;
    private int _segments;

    private SegmentWriter(string folder, string id, FileLock ownLock, Func<string, Stream> create, long segmentBytes)
        => (_folder, _id, _lock, _create, _segmentBytes) = (folder, id, ownLock, create, segmentBytes);

    /// <summary>Bytes in all of its segments.</summary>
    public long Written { get; private set; }

    /// <summary>Takes an id. Files are made by the first write.</summary>
    /// <param name="folder">The folder.</param>
    /// <param name="create">Makes a file.</param>
    /// <param name="segmentBytes">Another segment is begun when one has reached this.</param>
    /// <exception cref="IOException">Nothing can be written there.</exception>
    /// <exception cref="UnauthorizedAccessException">Nothing may be written there.</exception>
    public static SegmentWriter Create(string folder, Func<string, Stream> create, long segmentBytes)
    {
        for (int attempt = 0; attempt < LockAttempts; attempt++)
        {
            // Whoever clears away locks of the dead may have it for a moment.
            string id = SegmentName.NewId();
            if (FileLock.TryAcquire(SegmentName.Lock(folder, id)) is { } ownLock)
                return new SegmentWriter(folder, id, ownLock, create, segmentBytes);
        }

        throw new IOException("no lock can be taken there");
    }

    public static Stream CreateFile(string path)
        => new FileStream(path, FileMode.CreateNew, FileAccess.Write, FileShare.ReadWrite | FileShare.Delete, bufferSize: 0);

    /// <summary>Whether a segment is one of its own.</summary>
    public bool Owns(string path) => Path.GetFileName(path).StartsWith(_id, StringComparison.Ordinal);

    /// <summary>Writes records as one block, at once.</summary>
    /// <returns>The segment, which the caller disposes; the same one may be returned again.</returns>
    /// <exception cref="IOException">They cannot be written; there is nothing of them then.</exception>
    /// <exception cref="UnauthorizedAccessException">They may not be written.</exception>
    public StoredSegment Write(IReadOnlyCollection<KeyValuePair<StoreKey, byte[]>> records)
    {
        byte[] block = SegmentFormat.Block(records);
        if (_length >= _segmentBytes) Close();
        if (_stream is null)
        {
            string path = SegmentName.Segment(_folder, _id, _segments++);
            _stream = _create(path);
            Append(SegmentFormat.Header());
            _segment = StoredSegment.Open(path) ?? throw new IOException($"File '{path}' is gone.");
        }

        Append(block);
        return _segment!;
    }

    public void Dispose()
    {
        Close();
        _lock.Dispose();
    }

    private void Append(byte[] bytes)
    {
        try
        {
            _stream!.Write(bytes);
            _stream.Flush();
        }
        catch
        {
            CutOff();
            throw;
        }

        _length += bytes.Length;
        Written += bytes.Length;
    }

    // Readers would take no notice of half a block, but it takes room where there is none.
    private void CutOff()
    {
        try
        {
            _stream!.SetLength(_length);
        }
        catch (Exception e) when (e is IOException or NotSupportedException)
        {
        }
    }

    private void Close()
    {
        _stream?.Dispose();
        (_stream, _length) = (null, 0);
    }
}
