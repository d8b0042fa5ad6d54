using System.Buffers.Binary;
using System.IO.Hashing;

namespace Tips.MLNet.Store;

/// <summary>
/// A segment is a file of the store that one writer appended to: a header, then blocks. A block has a header of its own, a table of its
/// records (key, length and checksum of each), and their bytes. The table can be read and checked without the bytes; these are checked
/// when a record is read. Numbers are little-endian, checksums are XXH3.
/// </summary>
internal static class SegmentFormat
{
    public const int Version = 1, HeaderLength = 16;

    private static ReadOnlySpan<byte> Mark => "TIPSEMBS"u8;

    public static byte[] Header()
    {
        byte[] bytes = new byte[HeaderLength];
        Mark.CopyTo(bytes);
        BinaryPrimitives.WriteInt32LittleEndian(bytes.AsSpan(Mark.Length), Version);
        return bytes;
    }

    /// <returns>The version; null if the bytes are not the header of a segment.</returns>
    public static int? ReadVersion(ReadOnlySpan<byte> header)
        => header.StartsWith(Mark) ? BinaryPrimitives.ReadInt32LittleEndian(header[Mark.Length..]) : null;

    /// <summary>Lays out records as one block.</summary>
    public static byte[] Block(IReadOnlyCollection<KeyValuePair<StoreKey, byte[]>> records)
    {
        var header = new BlockHeader(records.Count, records.Sum(r => r.Value.Length));
        byte[] block = new byte[header.BlockLength];
        var table = block.AsSpan(BlockHeader.Length, header.TableLength);
        int entry = 0, start = BlockHeader.Length + header.TableLength;
        foreach (var (key, bytes) in records)
        {
            new TableEntry(key, bytes.Length, XxHash3.HashToUInt64(bytes)).Write(table[entry..]);
            bytes.CopyTo(block, start);
            entry += TableEntry.Size;
            start += bytes.Length;
        }

        header.Write(block, XxHash3.HashToUInt64(table));
        return block;
    }
}

/// <summary>The first bytes of a block.</summary>
/// <param name="Count">Number of records.</param>
/// <param name="DataLength">Bytes of all records.</param>
internal readonly record struct BlockHeader(int Count, int DataLength)
{
    public const int Length = 32;

    private const uint Mark = 0x4B434C42; // "BLCK"

    private const int MaximumCount = 1 << 20, TableHashAt = 16, OwnHashAt = 24;

    public int TableLength => Count * TableEntry.Size;

    public long BlockLength => (long)Length + TableLength + DataLength;

    /// <returns>The header and the checksum of the table; null if the bytes are damaged, or not a header.</returns>
    public static (BlockHeader Header, ulong TableHash)? Read(ReadOnlySpan<byte> bytes)
    {
        if (BinaryPrimitives.ReadUInt32LittleEndian(bytes) != Mark) return null;
        if (BinaryPrimitives.ReadUInt64LittleEndian(bytes[OwnHashAt..]) != XxHash3.HashToUInt64(bytes[..OwnHashAt])) return null;
        int count = BinaryPrimitives.ReadInt32LittleEndian(bytes[4..]), length = BinaryPrimitives.ReadInt32LittleEndian(bytes[8..]);
        if (count is < 1 or > MaximumCount || length < 0) return null;
        return (new BlockHeader(count, length), BinaryPrimitives.ReadUInt64LittleEndian(bytes[TableHashAt..]));
    }

    public void Write(Span<byte> bytes, ulong tableHash)
    {
        BinaryPrimitives.WriteUInt32LittleEndian(bytes, Mark);
        BinaryPrimitives.WriteInt32LittleEndian(bytes[4..], Count);
        BinaryPrimitives.WriteInt32LittleEndian(bytes[8..], DataLength);
        BinaryPrimitives.WriteUInt64LittleEndian(bytes[TableHashAt..], tableHash);
        BinaryPrimitives.WriteUInt64LittleEndian(bytes[OwnHashAt..], XxHash3.HashToUInt64(bytes[..OwnHashAt]));
    }
}

/// <summary>What the table of a block says of a record.</summary>
internal readonly record struct TableEntry(StoreKey Key, int DataLength, ulong Hash)
{
    public const int Size = StoreKey.Length + sizeof(int) + sizeof(ulong);

    public static TableEntry Read(ReadOnlySpan<byte> bytes) => new(
        StoreKey.Read(bytes),
        BinaryPrimitives.ReadInt32LittleEndian(bytes[StoreKey.Length..]),
        BinaryPrimitives.ReadUInt64LittleEndian(bytes[(StoreKey.Length + sizeof(int))..]));

    public void Write(Span<byte> bytes)
    {
        Key.Write(bytes);
        BinaryPrimitives.WriteInt32LittleEndian(bytes[StoreKey.Length..], DataLength);
        BinaryPrimitives.WriteUInt64LittleEndian(bytes[(StoreKey.Length + sizeof(int))..], Hash);
    }
}
