using System.Text.Json;
using Microsoft.Win32.SafeHandles;

namespace Tips.OnnxExport.Downloads;

/// <summary>What is on disk of a download that is not complete.</summary>
/// <param name="Url">The address.</param>
/// <param name="Length">Bytes of the whole file.</param>
/// <param name="Version">The version that was begun.</param>
/// <param name="ChunkLength">Bytes of a chunk; the last may have fewer.</param>
/// <param name="Done">Bytes on disk of each chunk, from its start.</param>
internal sealed record PartialState(string Url, long Length, RemoteVersion Version, long ChunkLength, long[] Done);

/// <summary>
/// A file that is being downloaded in chunks, and a note beside it of how much of each chunk is on disk. The note is behind the data,
/// never ahead of it: data is flushed before it is noted, so that after any interruption every noted byte is there. Thread-safe.
/// </summary>
internal sealed class PartialFile : IDisposable
{
    public const string Suffix = ".part", StateSuffix = ".part.json";

    /// <summary>What may have to be fetched again after a crash: so many bytes, or what came in so long.</summary>
    private const long NoteEvery = 8 << 20, NoteAfterMilliseconds = 500;

    private readonly string _path, _statePath;
    private readonly SafeFileHandle _handle;
    private readonly PartialState _state;
    private readonly Lock _lock = new();
    private long _unnoted, _lastNote = Environment.TickCount64;

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

    /// <summary>Goes on with what is there of the same version of the file, or begins anew.</summary>
    public static PartialFile Open(string target, RemoteFile remote, long chunkLength)
    {
        if (Resumable(target, remote) is { } state) return new PartialFile(target, state, FileMode.Open);
        Delete(target);
        long length = remote.Length ?? throw new ArgumentException("The length must be known.", nameof(remote));
        var file = new PartialFile(target, new PartialState(remote.Url.AbsoluteUri, length, remote.Version, chunkLength, new long[(length + chunkLength - 1) / chunkLength]), FileMode.Create);
        try
        {
            file.Note();
            return file;
        }
        catch
        {
            file.Dispose();
            throw;
        }
    }

    /// <summary>Bytes that are on disk of this version of the file.</summary>
    public static long BytesThere(string target, RemoteFile remote) => Resumable(target, remote)?.Done.Sum() ?? 0;

    /// <summary>Bytes done and in all of an interrupted download; null if there is none.</summary>
    public static (long Done, long Length)? Peek(string target) => TryReadState(target) is { } state && File.Exists(target + Suffix) && IsPossible(state) ? (state.Done.Sum(), state.Length) : null;

    /// <summary>Deletes what cannot be taken up again, if the disk lets us; what ended the download is the better message.</summary>
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
        AtomicJson.Delete(target + StateSuffix); // first: a part without a note is begun anew
        File.Delete(target + Suffix);
    }

    /// <summary>Where the next byte of a chunk goes, and where the chunk ends.</summary>
    public (long Next, long End) Chunk(int index)
    {
        lock (_lock) return (index * _state.ChunkLength + _state.Done[index], Math.Min((index + 1) * _state.ChunkLength, _state.Length));
    }

    /// <exception cref="DownloadException">The disk does not take it.</exception>
    public void Write(int chunk, long position, ReadOnlyMemory<byte> bytes)
    {
        Guard(() => RandomAccess.Write(_handle, bytes.Span, position));
        lock (_lock)
        {
            _state.Done[chunk] += bytes.Length;
            _unnoted += bytes.Length;
            if (_unnoted >= NoteEvery || Environment.TickCount64 - _lastNote >= NoteAfterMilliseconds) Note();
        }
    }

    /// <summary>Puts on record what is on disk.</summary>
    /// <exception cref="DownloadException">The disk does not take what was written.</exception>
    public void Note()
    {
        lock (_lock)
        {
            Guard(() => RandomAccess.FlushToDisk(_handle));
            (_unnoted, _lastNote) = (0, Environment.TickCount64);
            try
            {
                AtomicJson.Write(_statePath, JsonSerializer.SerializeToUtf8Bytes(_state, DownloadJsonContext.Default.PartialState));
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                // Somebody is reading it, on a system that then does not replace it: the note before this one holds, and the next will come.
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
            throw new DownloadException($"File '{_path}' cannot be written: {e.Message}", e);
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

    // A version is known by its tag, its time or its checksums; without them nothing would tell old bytes from new.
    private static PartialState? Resumable(string target, RemoteFile remote)
        => TryReadState(target) is { } state && state.Url == remote.Url.AbsoluteUri && state.Length == remote.Length && remote.Version.IsKnown && state.Version == remote.Version
            && IsPossible(state) && HoldsWhatIsNoted(target, state) ? state : null;

    private static bool HoldsWhatIsNoted(string target, PartialState state)
    {
        var part = new FileInfo(target + Suffix);
        long noted = state.Done.Select((done, i) => done == 0 ? 0 : i * state.ChunkLength + done).DefaultIfEmpty().Max();
        return part.Exists && part.Length >= noted && part.Length <= state.Length;
    }

    // The note may be damaged, too.
    private static bool IsPossible(PartialState state)
    {
        if (state is not { Url: not null, Version: not null, Done: not null, ChunkLength: > 0, Length: >= 0 } || state.Done.Length != (state.Length + state.ChunkLength - 1) / state.ChunkLength) return false;
        return state.Done.Select((done, i) => done >= 0 && done <= Math.Min(state.ChunkLength, state.Length - i * state.ChunkLength)).All(possible => possible);
    }
}
