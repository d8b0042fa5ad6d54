using System.Buffers.Binary;
using System.IO.Compression;
using System.IO.Hashing;
using Tips.MLNet.Samples.Common;

namespace Tips.MLNet.Samples.Drawing;

/// <summary>Writes PNG files of one 16-bit number for each pixel, which SkiaSharp cannot.</summary>
internal static class Png16
{
    private const byte BitDepth = 16, Gray = 0;

    private static ReadOnlySpan<byte> Signature => [0x89, (byte)'P', (byte)'N', (byte)'G', (byte)'\r', (byte)'\n', 0x1A, (byte)'\n'];

    /// <param name="values">height × width numbers of two bytes, in the machine's order.</param>
    /// <param name="height">Height in pixels.</param>
    /// <param name="width">Width in pixels.</param>
    /// <param name="file">The file.</param>
    public static void Save(ReadOnlySpan<byte> values, int height, int width, string file)
    {
        byte[] header = new byte[13];
        BinaryPrimitives.WriteInt32BigEndian(header, width);
        BinaryPrimitives.WriteInt32BigEndian(header.AsSpan(4), height);
        (header[8], header[9]) = (BitDepth, Gray);
        byte[] data = Compress(values, height, width);
        OutputFile.Write(file, partial =>
        {
            using var stream = new FileStream(partial, FileMode.CreateNew, FileAccess.Write);
            stream.Write(Signature);
            WriteChunk(stream, "IHDR"u8, header);
            WriteChunk(stream, "IDAT"u8, data);
            WriteChunk(stream, "IEND"u8, []);
        });
    }

    private static byte[] Compress(ReadOnlySpan<byte> values, int height, int width)
    {
        using var compressed = new MemoryStream();
        using (var deflate = new ZLibStream(compressed, CompressionLevel.Optimal, leaveOpen: true))
        {
            byte[] row = new byte[1 + 2 * width]; // the first byte says that the row is not filtered
            for (int y = 0; y < height; y++)
            {
                for (int x = 0; x < width; x++)
                {
                    ushort value = BitConverter.ToUInt16(values[(2 * (y * width + x))..]);
                    BinaryPrimitives.WriteUInt16BigEndian(row.AsSpan(1 + 2 * x), value);
                }

                deflate.Write(row);
            }
        }

        return compressed.ToArray();
    }

    private static void WriteChunk(FileStream stream, ReadOnlySpan<byte> type, ReadOnlySpan<byte> data)
    {
        Span<byte> number = stackalloc byte[4];
        BinaryPrimitives.WriteInt32BigEndian(number, data.Length);
        stream.Write(number);
        stream.Write(type);
        stream.Write(data);
        var checksum = new Crc32();
        checksum.Append(type);
        checksum.Append(data);
        BinaryPrimitives.WriteUInt32BigEndian(number, checksum.GetCurrentHashAsUInt32());
        stream.Write(number);
    }
}
