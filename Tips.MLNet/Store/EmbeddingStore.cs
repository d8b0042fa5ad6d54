using System.Buffers.Binary;
using System.Runtime.InteropServices;
using Tips.MLNet.Store;

namespace Tips.MLNet;

/// <summary>
/// Keeps embeddings in a folder, so that no later run embeds a picture or a text again. Give it to
/// <see cref="TipsImageEmbeddingOptions.Store"/>, <see cref="TipsTextEmbeddingOptions.Store"/> or <see cref="TipsLoadOptions.Store"/>. A
/// cache: deleting the folder is always safe.
/// </summary>
/// <remarks>
/// <para>An embedding is known by the SHA-256 of the file's bytes (not by its name), the hashes of the model's files, and every option that
/// changes the embedding or refuses a picture. So different models and options share a folder, and nothing goes stale. A file of the same
/// path, length and times as before is not even read. (On Linux that includes the time of the last change, which programs cannot set, and
/// the number of the file; elsewhere a change that puts the time of the last write back, and keeps the length, goes unnoticed.) A file that
/// was written less than two seconds ago is read again the next time. No path is kept, only hashes.</para>
/// <para>What is returned is bit for bit what was computed when it was put there. Computed again, an embedding may differ in the last
/// digits of a <see cref="float"/>, with another processor or another version of ONNX Runtime. (Batches of 1 to 64 pictures made no
/// difference to any bit where that was measured, on a CPU in fp32, fp16 and int8.)</para>
/// <para>Several processes may use one folder at a time, on one machine. Each writes files of its own, block by block: 64
/// records, or what two seconds have brought; a process that is killed loses that block at most. Damage is found by checksums and left out.
/// What others write is found within seconds.</para>
/// <para>Memory: about 100 bytes for each embedding and each file in the folder. Thread-safe. Dispose it when no pipeline uses it any
/// longer: that writes what is left, and deletes what exceeds <see cref="EmbeddingStoreOptions.MaximumBytes"/>. Transforms throw
/// <see cref="ObjectDisposedException"/> afterwards. If the disk is full, <see cref="EmbeddingStoreOptions.Warn"/> hears of it once, and
/// nothing more is kept; what is there can still be read.</para>
/// </remarks>
/// <example>
/// <code>
/// using var store = EmbeddingStore.Open("embeddings");
/// var options = new TipsImageEmbeddingOptions { Store = store };
/// var pipeline = mlContext.Transforms.TipsImageEmbedding("Embedding", "ImagePath", model, options);
/// </code>
/// </example>
public sealed class EmbeddingStore : IDisposable
{
    /// <summary>What a kill may lose. Half of them are embeddings if each comes with a record of its file.</summary>
    private const int RecordsPerBlock = 64;

    private const int BytesPerBlock = 1 << 20;

    /// <summary>The folder is made of about so many segments, which are deleted as a whole.</summary>
    private const int SegmentsPerStore = 16;

    private const long LargestSegment = 256L << 20;

    private static readonly TimeSpan LongestPending = TimeSpan.FromSeconds(2);

    private readonly Lock _lock = new();
    private readonly EmbeddingStoreOptions _options;
    private readonly SegmentWriter _writer;
    private readonly SegmentSet _segments;
    private readonly Timer _timer;
    private readonly Dictionary<StoreKey, byte[]> _pending = [];
    private int _pendingBytes;
    private long _hits, _misses, _filesRead;
    private bool _hasStopped, _disposed;

    private EmbeddingStore(string folder, EmbeddingStoreOptions options, SegmentWriter writer)
    {
        (Folder, _options, _writer) = (folder, options, writer);
        _segments = new SegmentSet(folder, writer, Warn);
        _timer = new Timer(_ => WriteUnlessDisposed());
    }

    /// <summary>Full path of the folder.</summary>
    public string Folder { get; }

    /// <summary>Embeddings that were found since it was opened.</summary>
    public long Hits => Interlocked.Read(ref _hits);

    /// <summary>Embeddings that were not found, and were computed, since it was opened.</summary>
    public long Misses => Interlocked.Read(ref _misses);

    /// <summary>
    /// Files that were read since it was opened: new ones, changed ones, and those whose embedding by this model was not there.
    /// </summary>
    public long FilesRead => Interlocked.Read(ref _filesRead);

    /// <summary>Opens a folder.</summary>
    /// <param name="folder">The folder; it is made if it is missing. It should hold nothing else.</param>
    /// <param name="options">How to open it; the defaults if null.</param>
    /// <returns>The store, which the caller disposes.</returns>
    /// <exception cref="ArgumentException">The folder's name is empty, or an option is out of range.</exception>
    /// <exception cref="InvalidDataException">A later version of the library wrote to the folder.</exception>
    /// <exception cref="IOException">The folder cannot be made, read or written.</exception>
    public static EmbeddingStore Open(string folder, EmbeddingStoreOptions? options = null)
        => Open(folder, options, SegmentWriter.CreateFile);

    /// <summary>Writes what was not written yet, so that other processes find it, and nothing is lost if this one is killed.</summary>
    /// <exception cref="ObjectDisposedException">It was disposed.</exception>
    public void Flush()
    {
        lock (_lock)
        {
            ObjectDisposedException.ThrowIf(_disposed, this);
            WritePending();
        }
    }

    /// <summary>Writes what was not written yet, closes the files, and deletes what exceeds the limit.</summary>
    public void Dispose()
    {
        lock (_lock)
        {
            if (_disposed) return;
            WritePending();
            _segments.MarkUsed();
            Release();
        }

        Maintain();
    }

    /// <summary>The same with another way to make files.</summary>
    internal static EmbeddingStore Open(string folder, EmbeddingStoreOptions? options, Func<string, Stream> createFile)
    {
        ArgumentException.ThrowIfNullOrEmpty(folder);
        options ??= new EmbeddingStoreOptions();
        options.Validate();
        folder = Path.TrimEndingDirectorySeparator(Path.GetFullPath(folder));
        EmbeddingStore? store = null;
        try
        {
            Directory.CreateDirectory(folder);
            store = new EmbeddingStore(folder, options, SegmentWriter.Create(folder, createFile, SegmentBytes(options)));
            store.Maintain();
            store._segments.Refresh();
            return store;
        }
        catch (Exception e)
        {
            store?.Release();
            if (!IsFileError(e)) throw;
            throw new IOException($"The embedding store '{folder}' cannot be opened: {e.Message}", e);
        }
    }

    /// <summary>Finds an embedding.</summary>
    /// <param name="key">Its key.</param>
    /// <param name="vector">Receives it.</param>
    internal bool TryGet(in StoreKey key, Span<float> vector)
    {
        if (!TryRead(key, MemoryMarshal.AsBytes(vector))) return false;
        ToLittleEndian(vector);
        Interlocked.Increment(ref _hits);
        return true;
    }

    /// <summary>Keeps an embedding that was not found and has been computed.</summary>
    internal void Add(in StoreKey key, ReadOnlySpan<float> vector)
    {
        Interlocked.Increment(ref _misses);
        byte[] bytes = MemoryMarshal.AsBytes(vector).ToArray();
        ToLittleEndian(MemoryMarshal.Cast<byte, float>(bytes.AsSpan()));
        Keep(key, bytes);
    }

    /// <summary>Finds the hash of a file's content.</summary>
    internal bool TryGetFile(in FileStamp stamp, out StoreKey content)
    {
        Span<byte> bytes = stackalloc byte[StoreKey.Length];
        bool found = TryRead(stamp.Key(), bytes);
        content = found ? StoreKey.Read(bytes) : default;
        return found;
    }

    /// <summary>
    /// Keeps the hash of a file's content. The stamp must be settled, and have been the same before and after the file was read.
    /// </summary>
    internal void AddFile(in FileStamp stamp, in StoreKey content)
    {
        byte[] bytes = new byte[StoreKey.Length];
        content.Write(bytes);
        Keep(stamp.Key(), bytes);
    }

    /// <summary>Counts a file that had to be read.</summary>
    internal void CountFileRead() => Interlocked.Increment(ref _filesRead);

    private static long SegmentBytes(EmbeddingStoreOptions options) => Math.Min(options.MaximumBytes / SegmentsPerStore, LargestSegment);

    private static bool IsFileError(Exception e) => e is IOException or UnauthorizedAccessException;

    private static void ToLittleEndian(Span<float> values)
    {
        if (BitConverter.IsLittleEndian) return;
        var bits = MemoryMarshal.Cast<float, uint>(values);
        BinaryPrimitives.ReverseEndianness(bits, bits);
    }

    private bool TryRead(in StoreKey key, Span<byte> destination)
    {
        RecordPlace place;
        lock (_lock)
        {
            ObjectDisposedException.ThrowIf(_disposed, this);
            if (_pending.TryGetValue(key, out byte[]? pending))
            {
                pending.CopyTo(destination);
                return true;
            }

            if (!_segments.TryFind(key, out place)) return false;
        }

        string failure = "is damaged";
        try
        {
            // Outside the lock: threads read records beside each other.
            if (place.Length == destination.Length && place.Segment.TryRead(place, destination)) return true;
        }
        catch (Exception e) when (IsFileError(e))
        {
            failure = $"cannot be read: {e.Message}";
        }

        lock (_lock) _segments.Forget(key, place, failure);
        return false;
    }

    private void Keep(in StoreKey key, byte[] bytes)
    {
        lock (_lock)
        {
            ObjectDisposedException.ThrowIf(_disposed, this);
            if (_hasStopped || _segments.Contains(key) || !_pending.TryAdd(key, bytes)) return;
            _pendingBytes += bytes.Length;
            if (_pending.Count >= RecordsPerBlock || _pendingBytes >= Math.Min(BytesPerBlock, SegmentBytes(_options))) WritePending();
            else if (_pending.Count == 1) _timer.Change(LongestPending, Timeout.InfiniteTimeSpan);
        }
    }

    private void WriteUnlessDisposed()
    {
        lock (_lock)
        {
            if (!_disposed) WritePending();
        }
    }

    private void WritePending()
    {
        if (_pending.Count == 0) return;
        try
        {
            _segments.Append(_writer.Write(_pending));
            if (_writer.Written >= _options.MaximumBytes)
                Stop($"is full: this run alone has put {_writer.Written:N0} bytes there, of at most {_options.MaximumBytes:N0}");
        }
        catch (Exception e) when (IsFileError(e))
        {
            Stop($"cannot be written: {e.Message}");
        }

        _pending.Clear();
        _pendingBytes = 0;
    }

    private void Stop(string reason)
    {
        _hasStopped = true;
        Warn($"The embedding store '{Folder}' {reason}. The run goes on, and keeps nothing more there.");
    }

    private void Maintain()
    {
        try
        {
            StoreMaintenance.Run(Folder, _options.MaximumBytes, SegmentBytes(_options));
        }
        catch (Exception e) when (IsFileError(e) || e is InvalidDataException)
        {
            Warn($"The embedding store '{Folder}' cannot be made smaller: {e.Message}");
        }
    }

    private void Release()
    {
        _disposed = true;
        _timer.Dispose();
        _segments.Dispose();
        _writer.Dispose();
    }

    private void Warn(string message) => _options.Warn?.Invoke(message);
}
