using System.Buffers.Binary;
using System.Numerics;
using System.Runtime.InteropServices;

namespace Tips.OnnxExport.Downloads;

/// <summary>The CRC-32C checksum (Castagnoli polynomial, RFC 3720) that Google's storage service sends.</summary>
internal sealed class Crc32C
{
    private uint _state = uint.MaxValue;

    public void Append(ReadOnlySpan<byte> data)
    {
        uint state = _state;
        var words = MemoryMarshal.Cast<byte, ulong>(data);
        if (!BitConverter.IsLittleEndian) words = []; // byte by byte below
        foreach (ulong word in words) state = BitOperations.Crc32C(state, word);
        foreach (byte value in data[(words.Length * sizeof(ulong))..]) state = BitOperations.Crc32C(state, value);
        _state = state;
    }

    /// <summary>The checksum as the service writes it: four bytes, most significant first.</summary>
    public byte[] GetHash()
    {
        byte[] hash = new byte[sizeof(uint)];
        BinaryPrimitives.WriteUInt32BigEndian(hash, ~_state);
        return hash;
    }
}
