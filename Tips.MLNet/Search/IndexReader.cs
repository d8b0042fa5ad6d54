using System.Numerics.Tensors;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Text;

namespace Tips.MLNet.Search;

/// <summary>
/// Reads an index in one pass; see <see cref="IndexHeader"/> for the layout. No length that the file claims costs memory before its bytes
/// have been read.
/// </summary>
internal sealed class IndexReader : IDisposable
{
    /// <summary>Bytes read at once; also the first buffer for a string that claims to be longer, until its bytes have been read.</summary>
    private const int ChunkLength = 1 << 20;

    private readonly Stream _stream;
    private readonly CancellationToken _cancellationToken;
    private readonly IncrementalHash _hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);

    public IndexReader(Stream stream, CancellationToken cancellationToken) => (_stream, _cancellationToken) = (stream, cancellationToken);

    /// <summary>Takes an entry and its row.</summary>
    public delegate void EntryReader<TIndex>(TIndex index, IndexEntry entry, ReadOnlySpan<float> row);

    /// <summary>Whether an exception says that a file is damaged.</summary>
    public static bool IsDamage(Exception e) => e is InvalidDataException or EndOfStreamException or DecoderFallbackException;

    /// <summary>Reads the bytes of the header; fewer where the stream ends.</summary>
    public static byte[] ReadHeader(Stream stream)
    {
        byte[] bytes = new byte[IndexHeader.Length];
        return bytes[..stream.ReadAtLeast(bytes, bytes.Length, throwOnEndOfStream: false)];
    }

    /// <summary>Reads a whole index and checks it.</summary>
    /// <param name="stream">The index.</param>
    /// <param name="create">Creates an empty index of the given dimension and description.</param>
    /// <param name="add">Adds an entry.</param>
    /// <param name="wholeStream">Whether nothing may follow the index; only a seekable stream shows that.</param>
    /// <param name="cancellationToken">Stops the reading.</param>
    public static TIndex Read<TIndex>(
        Stream stream, Func<int, string, TIndex> create, EntryReader<TIndex> add, bool wholeStream, CancellationToken cancellationToken)
    {
        using var reader = new IndexReader(stream, cancellationToken);
        byte[] headerBytes = ReadHeader(stream);
        reader._hash.AppendData(headerBytes);
        var header = IndexHeader.Parse(headerBytes);
        if (stream.CanSeek) header.CheckLength(stream.Length - stream.Position + IndexHeader.Length, wholeStream);
        byte[] buffer = new byte[256];
        string description = reader.ReadText(header.DescriptionLength, ref buffer);
        var entries = reader.ReadTable(header, buffer);
        byte[] tableHash = reader._hash.GetHashAndReset();
        var index = create(header.Dimension, description);
        reader.ReadRows(header, (number, row) => add(index, entries[number], row));
        byte[] rowsHash = reader._hash.GetHashAndReset(), expected = new byte[IndexHeader.HashesLength];
        stream.ReadExactly(expected);
        CheckHash(tableHash, expected.AsSpan(0, SHA256.HashSizeInBytes), "header and ids");
        CheckHash(rowsHash, expected.AsSpan(SHA256.HashSizeInBytes), "rows");
        return index;
    }

    /// <exception cref="InvalidDataException">The hash is different.</exception>
    public static void CheckHash(ReadOnlySpan<byte> found, ReadOnlySpan<byte> expected, string part)
    {
        if (!found.SequenceEqual(expected))
            throw new InvalidDataException(
                $"the SHA-256 of its {part} is {Convert.ToHexStringLower(found)}, expected {Convert.ToHexStringLower(expected)}");
    }

    /// <summary>Reads ids and payloads, and the zeros behind them.</summary>
    private List<IndexEntry> ReadTable(IndexHeader header, byte[] buffer)
    {
        var entries = new List<IndexEntry>();
        long position = 0;
        byte[] start = new byte[EntryLengths.Length];
        for (int i = 0; i < header.Count; i++)
        {
            if (i % 4096 == 0) _cancellationToken.ThrowIfCancellationRequested();
            ReadExactly(start);
            var lengths = EntryLengths.Read(start);
            position += EntryLengths.Length;
            lengths.Check(i, header.TableLength - position);
            position += lengths.Texts;
            string id = ReadText(lengths.Id, ref buffer);
            entries.Add(new IndexEntry(id, lengths.Payload < 0 ? null : ReadText(lengths.Payload, ref buffer)));
        }

        byte[] padding = new byte[header.PaddingLength];
        ReadExactly(padding);
        header.CheckTableEnd(position, padding);
        return entries;
    }

    public void Dispose() => _hash.Dispose();

    private void ReadRows(IndexHeader header, Action<int, float[]> add)
    {
        int panelLength = Panels.Rows * header.Dimension;
        float[] panel = [], row = new float[header.Dimension];
        for (int first = 0; first < header.Count; first += Panels.Rows)
        {
            _cancellationToken.ThrowIfCancellationRequested();
            if (panel.Length == 0) panel = new float[panelLength];
            ReadExactly(MemoryMarshal.AsBytes(panel.AsSpan()));
            int rows = Math.Min(Panels.Rows, header.Count - first);
            for (int inPanel = 0; inPanel < rows; inPanel++)
            {
                for (int i = 0; i < row.Length; i++) row[i] = panel[i * Panels.Rows + inPanel];
                CheckRow(row, first + inPanel);
                add(first + inPanel, row);
            }
        }
    }

    private static void CheckRow(float[] row, int number)
    {
        if (!TensorPrimitives.IsFiniteAll<float>(row))
            throw new InvalidDataException($"the embedding of entry {number} has a value that is not finite");
        double norm = TensorPrimitives.Norm<float>(row);
        if (norm > 0 && Math.Abs(norm - 1) > 1e-3)
            throw new InvalidDataException(
                FormattableString.Invariant($"the embedding of entry {number} has the length {norm}, expected 1 or 0"));
    }

    private string ReadText(int length, ref byte[] buffer)
    {
        int done = 0;
        while (done < length)
        {
            int chunk = Math.Min(length - done, ChunkLength);
            if (buffer.Length < done + chunk) Array.Resize(ref buffer, Math.Max(done + chunk, 2 * Math.Min(buffer.Length, length)));
            ReadExactly(buffer.AsSpan(done, chunk));
            done += chunk;
        }

        return IndexEntry.StrictUtf8.GetString(buffer, 0, length);
    }

    private void ReadExactly(Span<byte> bytes)
    {
        _stream.ReadExactly(bytes);
        _hash.AppendData(bytes);
    }
}
