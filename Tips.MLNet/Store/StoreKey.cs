using System.Buffers.Binary;
using System.Security.Cryptography;

namespace Tips.MLNet.Store;

/// <summary>A SHA-256, under which the store keeps something.</summary>
internal readonly record struct StoreKey(ulong A, ulong B, ulong C, ulong D)
{
    public const int Length = SHA256.HashSizeInBytes;

    public static StoreKey Read(ReadOnlySpan<byte> bytes) => new(
        BinaryPrimitives.ReadUInt64LittleEndian(bytes),
        BinaryPrimitives.ReadUInt64LittleEndian(bytes[8..]),
        BinaryPrimitives.ReadUInt64LittleEndian(bytes[16..]),
        BinaryPrimitives.ReadUInt64LittleEndian(bytes[24..]));

    /// <summary>The hash of a content.</summary>
    public static StoreKey Of(ReadOnlySpan<byte> content)
    {
        Span<byte> hash = stackalloc byte[Length];
        SHA256.HashData(content, hash);
        return Read(hash);
    }

    /// <summary>The hash of this key and another.</summary>
    public StoreKey With(in StoreKey other)
    {
        Span<byte> both = stackalloc byte[2 * Length];
        Write(both);
        other.Write(both[Length..]);
        return Of(both);
    }

    public void Write(Span<byte> bytes)
    {
        BinaryPrimitives.WriteUInt64LittleEndian(bytes, A);
        BinaryPrimitives.WriteUInt64LittleEndian(bytes[8..], B);
        BinaryPrimitives.WriteUInt64LittleEndian(bytes[16..], C);
        BinaryPrimitives.WriteUInt64LittleEndian(bytes[24..], D);
    }

    public override int GetHashCode() => (int)A;
}
