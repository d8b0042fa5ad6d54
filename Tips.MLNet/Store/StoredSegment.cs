using System.IO.Hashing;
using Microsoft.Win32.SafeHandles;
using Tips.MLNet.Files;

namespace Tips.MLNet.Store;

/// <summary>Where a record is.</summary>
internal readonly record struct RecordPlace(StoredSegment Segment, long Start, int Length, ulong Hash);

/// <summary>
/// Reads a segment, which may grow at the same time, and may be deleted: what was opened stays readable. Records may be read from several
/// threads at once.
/// </summary>
internal sealed class StoredSegment : IDisposable
{
    private readonly SafeFileHandle _handle;
    private long _position; // what comes before is known
    private long _suspect = -1; // where something seemed to be damaged
    private bool _ended;

    private StoredSegment(string path, SafeFileHandle handle) => (Path, _handle) = (path, handle);

    public string Path { get; }

    /// <summary>Whether a record was read since it was opened.</summary>
    public bool WasUsed { get; set; }

    /// <summary>Whether damage was found, which is reported once.</summary>
    public bool IsDamaged { get; set; }

    /// <returns>The segment; null if it is gone.</returns>
    /// <exception cref="IOException">It cannot be opened.</exception>
    public static StoredSegment? Open(string path)
    {
        try
        {
            var handle = File.OpenHandle(
                path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete, FileOptions.RandomAccess);
            return new StoredSegment(path, handle);
        }
        catch (FileNotFoundException)
        {
            return null;
        }
    }

    /// <summary>Whether its writer still lives.</summary>
    public static bool IsBeingWritten(string path)
    {
        using var writerLock = FileLock.TryAcquire(SegmentName.LockOf(path));
        return writerLock is null;
    }

    /// <summary>
    /// Reads the tables of the blocks that were appended since the last time. A block that is not complete, because it is being written or
    /// its writer was killed, is left for the next time.
    /// </summary>
    /// <param name="found">Receives the records.</param>
    /// <param name="warn">Receives what is wrong with the file.</param>
    /// <exception cref="InvalidDataException">A later version of the library wrote it.</exception>
    /// <exception cref="IOException">It cannot be read.</exception>
    public void Scan(Action<StoreKey, RecordPlace> found, Action<string> warn)
    {
        if (_ended) return;
        long length = RandomAccess.GetLength(_handle);
        if (_position == 0 && !PassHeader(length, warn)) return;
        byte[] header = new byte[BlockHeader.Length];
        while (length - _position >= header.Length)
        {
            Read(header, _position);
            if (BlockHeader.Read(header) is not var (block, tableHash))
            {
                if (IsBeingWritten(Path)) return;
                if (IsFirstSuspicion()) continue;
                _ended = true;
                Damaged($"at byte {_position}; what follows there is left out", warn);
                return;
            }

            if (length - _position < block.BlockLength) return;
            byte[] table = new byte[block.TableLength];
            Read(table, _position + header.Length);
            if (XxHash3.HashToUInt64(table) == tableHash) Add(table, block, found);
            else if (IsBeingWritten(Path)) return;
            else if (IsFirstSuspicion()) continue;
            else Damaged($"at byte {_position}; {block.Count} record(s) are left out", warn);
            _position += block.BlockLength;
        }
    }

    /// <summary>Reads a record.</summary>
    /// <returns>False if it is damaged.</returns>
    public bool TryRead(in RecordPlace place, Span<byte> destination)
    {
        int done = 0;
        while (done < place.Length)
        {
            int count = RandomAccess.Read(_handle, destination[done..place.Length], place.Start + done);
            if (count == 0) return false;
            done += count;
        }

        WasUsed = true;
        return XxHash3.HashToUInt64(destination[..place.Length]) == place.Hash;
    }

    public void Dispose() => _handle.Dispose();

    private bool PassHeader(long length, Action<string> warn)
    {
        if (length < SegmentFormat.HeaderLength) return false;
        byte[] header = new byte[SegmentFormat.HeaderLength];
        Read(header, 0);
        int? version = SegmentFormat.ReadVersion(header);
        if (version is > SegmentFormat.Version)
        {
            throw new InvalidDataException(
                $"File '{Path}' of an embedding store has format {version}, expected {SegmentFormat.Version}: a later version of "
                + "Tips.MLNet wrote it. Give another folder, or delete this one.");
        }

        if (version == SegmentFormat.Version)
        {
            _position = header.Length;
            return true;
        }

        if (!IsBeingWritten(Path))
        {
            if (IsFirstSuspicion()) return PassHeader(length, warn);
            _ended = true;
            Damaged("at its beginning, or is no part of an embedding store; it is left out", warn);
        }

        return false;
    }

    // Its writer may have finished between the reading and the question whether there is one. So what seems damaged is read again.
    private bool IsFirstSuspicion()
    {
        bool isFirst = _suspect != _position;
        _suspect = _position;
        return isFirst;
    }

    private void Add(ReadOnlySpan<byte> table, BlockHeader block, Action<StoreKey, RecordPlace> found)
    {
        long start = _position + BlockHeader.Length + block.TableLength, end = _position + block.BlockLength;
        for (; table.Length > 0; table = table[TableEntry.Size..])
        {
            var entry = TableEntry.Read(table);
            if (entry.DataLength < 0 || entry.DataLength > end - start) return; // made by hand: its checksums are right
            found(entry.Key, new RecordPlace(this, start, entry.DataLength, entry.Hash));
            start += entry.DataLength;
        }
    }

    private void Damaged(string where, Action<string> warn)
    {
        IsDamaged = true;
        warn($"File '{Path}' of the embedding store is damaged {where}.");
    }

    private void Read(Span<byte> destination, long start)
    {
        while (destination.Length > 0)
        {
            int count = RandomAccess.Read(_handle, destination, start);
            if (count == 0) throw new IOException($"File '{Path}' became shorter while it was read.");
            destination = destination[count..];
            start += count;
        }
    }
}
