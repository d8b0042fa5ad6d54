using System.Text.Json;
using Microsoft.Win32.SafeHandles;
using Tips.OnnxExport.Files;

namespace Tips.OnnxExport.Downloads;

/// <summary>The state of an incomplete download.</summary>
/// <param name="Url">The URL.</param>
/// <param name="Length">Length of the whole file in bytes.</param>
/// <param name="Version">The version of the file when the download began.</param>
/// <param name="ChunkLength">Bytes per chunk; the last chunk may be shorter.</param>
/// <param name="Done">Bytes on disk for each chunk, from the start of the chunk.</param>
internal sealed record PartialState(string Url, long Length, RemoteVersion Version, long ChunkLength, long[] Done);

/// <summary>
/// A file that is being downloaded in chunks, with a state file beside it that says how much of each chunk is on disk. Data is flushed
/// before the state is saved, so after any interruption, every byte that the state counts is there. Thread-safe.
/// </summary>
internal sealed class PartialFile : IDisposable
{
    public const string Suffix = ".part", StateSuffix = ".part.json";

    /// <summary>How often the state is saved; at most this many bytes or this much time is lost in a crash.</summary>
    private const long SaveEveryBytes = 8 << 20, SaveEveryMilliseconds = 500;

    private readonly string _path, _statePath;
    private readonly SafeFileHandle _handle;
    private readonly PartialState _state;
    private readonly Lock _lock = new();
    private long _unsavedBytes, _lastSave = Environment.TickCount64;

    private PartialFile(string target, PartialState state, FileMode mode)
    {
        (_path, _statePath, _state) = (target + Suffix, target + StateSuffix, state);
        _handle = File.OpenHandle(_path, mode, FileAccess.ReadWrite, FileShare.Read);
    }

    public int ChunkCount => _state.Done.Length;

    public long BytesDone
    {
        get
        {
            lock (_lock) return _state.Done.Sum();
        }
    }

    /// <summary>Resumes a download of the same version of the file, or begins a new one.</summary>
    public static PartialFile Open(string target, RemoteFile remote, long chunkLength)
    {
        if (FindResumable(target, remote) is { } state) return new PartialFile(target, state, FileMode.Open);
        Delete(target);
        long length = remote.Length ?? throw new ArgumentException("The length must be known.", nameof(remote));
        long[] done = new long[(length + chunkLength - 1) / chunkLength];
        var newState = new PartialState(remote.Url.AbsoluteUri, length, remote.Version, chunkLength, done);
        var file = new PartialFile(target, newState, FileMode.Create);
        try
        {
            file.SaveState();
            return file;
        }
        catch
        {
            file.Dispose();
            throw;
        }
    }

    /// <summary>Number of bytes on disk that belong to this version of the file.</summary>
    public static long BytesOnDisk(string target, RemoteFile remote) => FindResumable(target, remote)?.Done.Sum() ?? 0;

    /// <summary>Bytes done and total bytes of an interrupted download; null if there is none.</summary>
    public static (long Done, long Length)? ReadProgress(string target)
        => TryReadState(target) is { } state && File.Exists(target + Suffix) && IsConsistent(state)
            ? (state.Done.Sum(), state.Length)
            : null;

    /// <summary>Deletes a download that cannot be resumed. Ignores disk errors: the failure before them makes the better message.</summary>
    public static void TryDelete(string target)
    {
        try
        {
            Delete(target);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // The next run deletes it.
        }
    }

    public static void Delete(string target)
    {
        AtomicJson.Delete(target + StateSuffix); // first: a part without a state starts over
        File.Delete(target + Suffix);
    }

    /// <summary>Where the next byte of a chunk goes, and where the chunk ends.</summary>
    public (long Next, long End) Chunk(int index)
    {
        lock (_lock) return (index * _state.ChunkLength + _state.Done[index], Math.Min((index + 1) * _state.ChunkLength, _state.Length));
    }

    /// <exception cref="DownloadException">The disk cannot be written.</exception>
    public void Write(int chunk, long position, ReadOnlyMemory<byte> bytes)
    {
        Guard(() => RandomAccess.Write(_handle, bytes.Span, position));
        lock (_lock)
        {
            _state.Done[chunk] += bytes.Length;
            _unsavedBytes += bytes.Length;
            if (_unsavedBytes >= SaveEveryBytes || Environment.TickCount64 - _lastSave >= SaveEveryMilliseconds) SaveState();
        }
    }

    /// <summary>Flushes the data and then saves the state.</summary>
    /// <exception cref="DownloadException">The disk cannot be written.</exception>
    public void SaveState()
    {
        lock (_lock)
        {
            Guard(() => RandomAccess.FlushToDisk(_handle));
            (_unsavedBytes, _lastSave) = (0, Environment.TickCount64);
            try
            {
                AtomicJson.Write(_statePath, JsonSerializer.SerializeToUtf8Bytes(_state, DownloadJsonContext.Default.PartialState));
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                // On some systems, a file that is being read cannot be replaced. The old state is still valid, and the next save will come.
            }
        }
    }

    public void Dispose() => _handle.Dispose();

    private void Guard(Action write)
    {
        try
        {
            write();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw DownloadException.Unwritable($"File '{_path}'", e);
        }
    }

    private static PartialState? TryReadState(string target)
    {
        try
        {
            return JsonSerializer.Deserialize(AtomicJson.Read(target + StateSuffix), DownloadJsonContext.Default.PartialState);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or JsonException)
        {
            return null;
        }
    }

    // Without a tag, a time or a checksum, bytes of an old version could not be distinguished from bytes of a new one.
    private static PartialState? FindResumable(string target, RemoteFile remote)
    {
        if (!remote.Version.IsKnown || TryReadState(target) is not { } state) return null;
        bool isSameFile = state.Url == remote.Url.AbsoluteUri && state.Length == remote.Length && state.Version == remote.Version;
        return isSameFile && IsConsistent(state) && HasSavedBytes(target, state) ? state : null;
    }

    private static bool HasSavedBytes(string target, PartialState state)
    {
        string part = target + Suffix;
        long length = LinkedFile.LengthOf(part);
        long saved = state.Done.Select((done, i) => done == 0 ? 0 : i * state.ChunkLength + done).DefaultIfEmpty().Max();
        return File.Exists(part) && length >= saved && length <= state.Length;
    }

    // The state file may be damaged, too.
    private static bool IsConsistent(PartialState state)
    {
        if (state is not { Url: not null, Version: not null, Done: not null, ChunkLength: > 0, Length: >= 0 }) return false;
        if (state.Done.Length != (state.Length + state.ChunkLength - 1) / state.ChunkLength) return false;
        return !state.Done.Where((done, i) => done < 0 || done > Math.Min(state.ChunkLength, state.Length - i * state.ChunkLength)).Any();
    }
}
