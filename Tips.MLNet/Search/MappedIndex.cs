using System.IO.MemoryMappedFiles;
using System.Runtime.InteropServices;
using System.Security.Cryptography;

namespace Tips.MLNet.Search;

/// <summary>An index file whose rows are mapped into memory. Whoever reads <see cref="State"/> must keep it from being disposed.</summary>
internal sealed unsafe class MappedIndex : IDisposable
{
    private readonly MemoryMappedFile _file;
    private readonly MemoryMappedViewAccessor _view;
    private readonly string _path;
    private readonly byte[] _rowsHash;

    private MappedIndex(string path, FileStream stream, IndexHeader header, List<IndexEntry> entries, byte[] rowsHash)
    {
        (_path, _rowsHash) = (path, rowsHash);
        _file = MemoryMappedFile.CreateFromFile(stream, null, 0, MemoryMappedFileAccess.Read, HandleInheritability.None, leaveOpen: false);
        _view = _file.CreateViewAccessor(0, 0, MemoryMappedFileAccess.Read);
        byte* start = null;
        _view.SafeMemoryMappedViewHandle.AcquirePointer(ref start);
        var rows = new RowSet(header.Dimension, header.Count, (float*)(start + _view.PointerOffset + header.RowsStart));
        State = new IndexState(rows, [.. entries.Chunk(IndexState.EntriesPerBlock)]);
        Numbers = new Dictionary<string, int>(entries.Count, StringComparer.Ordinal);
        for (int i = 0; i < entries.Count; i++)
        {
            if (!Numbers.TryAdd(entries[i].Id, i)) throw new InvalidDataException($"it has the id '{entries[i].Id}' twice");
        }
    }

    public IndexState State { get; }

    /// <summary>The number of each id.</summary>
    public Dictionary<string, int> Numbers { get; }

    /// <exception cref="FileNotFoundException">There is no such file.</exception>
    /// <exception cref="InvalidDataException">The file is not an index, or its header or ids are damaged.</exception>
    public static MappedIndex Open(string path)
    {
        if (!BitConverter.IsLittleEndian)
            throw new PlatformNotSupportedException("Index files can be mapped on little-endian machines only.");
        var stream = IndexFile.OpenRead(path);
        try
        {
            using var reader = new IndexReader(stream, CancellationToken.None);
            var header = reader.ReadHeader();
            header.CheckLength(stream.Length);
            var entries = reader.ReadTable(header);
            byte[] hash = reader.TakeHash(), expected = new byte[IndexHeader.HashesLength];
            stream.Position = stream.Length - IndexHeader.HashesLength;
            stream.ReadExactly(expected);
            IndexReader.CheckHash(hash, expected.AsSpan(0, SHA256.HashSizeInBytes), "header and ids");
            return new MappedIndex(path, stream, header, entries, expected[SHA256.HashSizeInBytes..]);
        }
        catch (Exception e) when (IndexReader.IsDamage(e))
        {
            stream.Dispose();
            throw new InvalidDataException($"Index '{path}' cannot be read: {e.Message}.", e);
        }
        catch
        {
            stream.Dispose();
            throw;
        }
    }

    /// <exception cref="InvalidDataException">The rows are damaged.</exception>
    public void Verify(CancellationToken cancellationToken)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        for (int block = 0; block < State.Rows.BlockCount; block++)
        {
            cancellationToken.ThrowIfCancellationRequested();
            hash.AppendData(MemoryMarshal.AsBytes(State.Rows.Block(block)));
        }

        try
        {
            IndexReader.CheckHash(hash.GetHashAndReset(), _rowsHash, "rows");
        }
        catch (InvalidDataException e)
        {
            throw new InvalidDataException($"Index '{_path}' is damaged: {e.Message}.", e);
        }
    }

    public void Dispose()
    {
        _view.SafeMemoryMappedViewHandle.ReleasePointer();
        _view.Dispose();
        _file.Dispose();
    }
}
