using System.Security.Cryptography;

namespace Tips.MLNet.Search;

/// <summary>An index file that is mapped into memory. It must not be disposed while its state is in use.</summary>
internal sealed unsafe class MappedIndex : IIndexContent, IDisposable
{
    /// <summary>Bytes hashed between checks of the cancellation token.</summary>
    private const int HashedAtOnce = 1 << 24;

    private readonly MappedFile _file;
    private readonly string _path;
    private readonly IndexHeader _header;
    private readonly MappedEntries _entries;
    private readonly IndexState _state;

    private MappedIndex(MappedFile file, string path, IndexHeader header)
    {
        (_file, _path, _header) = (file, path, header);
        CheckHash(0, header.RowsStart, header.HashesStart, "header and ids", CancellationToken.None);
        Description = IndexEntry.StrictUtf8.GetString(Bytes(IndexHeader.Length, header.DescriptionLength));
        _entries = new MappedEntries(file.Start + header.TableStart, header);
        _state = new IndexState(new RowSet(header.Dimension, header.Count, (float*)(file.Start + header.RowsStart)), _entries);
    }

    public int Dimension => _header.Dimension;

    public int Count => _state.Count;

    public string Description { get; }

    /// <exception cref="FileNotFoundException">There is no such file.</exception>
    /// <exception cref="InvalidDataException">The file is not an index, or its header or ids are damaged.</exception>
    public static MappedIndex Open(string path)
    {
        if (!BitConverter.IsLittleEndian)
            throw new PlatformNotSupportedException("Index files can be mapped on little-endian machines only.");
        var stream = IndexFile.OpenRead(path);
        MappedFile? file = null;
        try
        {
            var header = IndexHeader.Parse(IndexReader.ReadHeader(stream));
            header.CheckLength(stream.Length);
            file = new MappedFile(stream);
            return new MappedIndex(file, path, header);
        }
        catch (Exception e)
        {
            file?.Dispose();
            stream.Dispose();
            if (IndexReader.IsDamage(e)) throw new InvalidDataException($"Index '{path}' cannot be read: {e.Message}.", e);
            throw;
        }
    }

    public IndexState TakeState() => _state;

    public void CopyRow(int number, Span<float> destination) => _state.Rows.CopyRow(number, destination);

    public bool TryFind(string id, out int number) => _entries.TryFind(id, out number);

    /// <exception cref="InvalidDataException">The rows are damaged.</exception>
    public void Verify(CancellationToken cancellationToken)
    {
        try
        {
            CheckHash(_header.RowsStart, _header.RowsLength, _header.HashesStart + SHA256.HashSizeInBytes, "rows", cancellationToken);
        }
        catch (InvalidDataException e)
        {
            throw new InvalidDataException($"Index '{_path}' is damaged: {e.Message}.", e);
        }
    }

    public void Dispose() => _file.Dispose();

    private void CheckHash(long start, long length, long expected, string part, CancellationToken cancellationToken)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        for (long done = 0; done < length; done += HashedAtOnce)
        {
            cancellationToken.ThrowIfCancellationRequested();
            hash.AppendData(Bytes(start + done, (int)Math.Min(HashedAtOnce, length - done)));
        }

        IndexReader.CheckHash(hash.GetHashAndReset(), Bytes(expected, SHA256.HashSizeInBytes), part);
    }

    private ReadOnlySpan<byte> Bytes(long start, int length) => new(_file.Start + start, length);
}
