using System.Buffers.Binary;

namespace Tips.MLNet.Search;

/// <summary>
/// The first bytes of an index file. The file consists of, in this order: this header; the description; the table of ids and payloads;
/// zeros up to a whole page; the rows in panels (see <see cref="Panels"/>), the last one padded with zeros; the SHA-256 of everything
/// before the rows, and that of the rows. Numbers are little-endian. A file without a description has an older mark, so that older
/// versions can read it.
/// </summary>
/// <param name="Dimension">Length of a row.</param>
/// <param name="Count">Number of entries.</param>
/// <param name="DescriptionLength">Bytes of the description.</param>
/// <param name="TableLength">Bytes of the table.</param>
internal readonly record struct IndexHeader(int Dimension, int Count, int DescriptionLength, long TableLength)
{
    public const int Length = 64, HashesLength = 64;

    /// <summary>The rows begin at a multiple of this, as memory mapping requires.</summary>
    private const int PageLength = 4096;

    private const int MarkLength = 8;

    private static ReadOnlySpan<byte> Mark => "TIPSIDX2"u8;

    private static ReadOnlySpan<byte> MarkWithDescription => "TIPSIDX3"u8;

    private static ReadOnlySpan<byte> OldMark => "TIPSIDX1"u8;

    /// <summary>First byte of the rows.</summary>
    public long RowsStart => (TableStart + TableLength + PageLength - 1) / PageLength * PageLength;

    /// <summary>First byte of the table.</summary>
    public long TableStart => Length + (long)DescriptionLength;

    /// <summary>Zeros between the table and the rows.</summary>
    public int PaddingLength => (int)(RowsStart - TableStart - TableLength);

    /// <summary>Bytes of the rows.</summary>
    public long RowsLength => (long)Panels.Count(Count) * Panels.Rows * Dimension * sizeof(float);

    /// <summary>First byte of the two hashes.</summary>
    public long HashesStart => RowsStart + RowsLength;

    /// <summary>Bytes of the whole file.</summary>
    public long FileLength => HashesStart + HashesLength;

    public byte[] ToBytes()
    {
        byte[] bytes = new byte[Length];
        (DescriptionLength > 0 ? MarkWithDescription : Mark).CopyTo(bytes);
        BinaryPrimitives.WriteInt32LittleEndian(bytes.AsSpan(8), Dimension);
        BinaryPrimitives.WriteInt32LittleEndian(bytes.AsSpan(12), Panels.Rows);
        BinaryPrimitives.WriteInt32LittleEndian(bytes.AsSpan(16), Count);
        BinaryPrimitives.WriteInt32LittleEndian(bytes.AsSpan(20), DescriptionLength);
        BinaryPrimitives.WriteInt64LittleEndian(bytes.AsSpan(24), TableLength);
        return bytes;
    }

    /// <exception cref="InvalidDataException">The bytes are not those of an index.</exception>
    public static IndexHeader Parse(ReadOnlySpan<byte> bytes)
    {
        if (bytes.Length >= MarkLength && bytes[..MarkLength].SequenceEqual(OldMark))
            throw new InvalidDataException("it has the format of an older version of Tips.MLNet; build the index again");
        var mark = bytes[..Math.Min(MarkLength, bytes.Length)];
        bool isDescribed = mark.SequenceEqual(MarkWithDescription);
        if (!isDescribed && !mark.SequenceEqual(Mark)) throw new InvalidDataException("it is not an index of embeddings");
        if (bytes.Length < Length) throw new InvalidDataException("it is cut off");
        int dimension = BinaryPrimitives.ReadInt32LittleEndian(bytes[8..]), panelRows = BinaryPrimitives.ReadInt32LittleEndian(bytes[12..]);
        int count = BinaryPrimitives.ReadInt32LittleEndian(bytes[16..]);
        long tableLength = BinaryPrimitives.ReadInt64LittleEndian(bytes[24..]);
        if (dimension is < 1 or > Panels.MaximumDimension)
            throw new InvalidDataException($"its embeddings have {dimension} values, expected 1 to {Panels.MaximumDimension}");
        if (panelRows != Panels.Rows) throw new InvalidDataException($"its panels have {panelRows} rows, expected {Panels.Rows}");
        int descriptionLength = BinaryPrimitives.ReadInt32LittleEndian(bytes[20..]);
        if (count < 0) throw new InvalidDataException($"it has {count} entries");
        if (tableLength < (long)count * EntryLengths.Length || tableLength > long.MaxValue / 4)
            throw new InvalidDataException($"its table has {tableLength} bytes for {count} entries");
        if (isDescribed ? descriptionLength < 1 : descriptionLength != 0)
            throw new InvalidDataException($"its description has {descriptionLength} bytes");
        return new IndexHeader(dimension, count, descriptionLength, tableLength);
    }

    /// <param name="fileLength">Bytes from the header to the end of the file or stream.</param>
    /// <param name="exact">Whether nothing may follow the index.</param>
    /// <exception cref="InvalidDataException">The file does not have the length that its header says.</exception>
    public void CheckLength(long fileLength, bool exact = true)
    {
        if (exact ? fileLength != FileLength : fileLength < FileLength)
        {
            throw new InvalidDataException(
                $"it claims {Count} entries of {Dimension} values, which make {FileLength} bytes, but has {fileLength} bytes");
        }
    }

    /// <param name="end">Where the last entry ends in the table.</param>
    /// <param name="padding">The bytes between the table and the rows.</param>
    /// <exception cref="InvalidDataException">There is something behind the last entry.</exception>
    public void CheckTableEnd(long end, ReadOnlySpan<byte> padding)
    {
        if (end != TableLength) throw new InvalidDataException($"its table has {TableLength - end} bytes behind its last entry");
        if (padding.ContainsAnyExcept((byte)0)) throw new InvalidDataException("it has something between its ids and its rows");
    }
}
