using System.Buffers.Binary;
using SkiaSharp;

namespace Tips.MLNet.Images;

/// <summary>The EXIF orientation of a PNG, in its chunk <c>eXIf</c>, which SkiaSharp 2 does not read.</summary>
internal static class PngOrientation
{
    private const int OrientationTag = 0x0112, ShortType = 3;

    /// <summary>The orientation; as stored if there is none, or none that is known.</summary>
    public static SKEncodedOrigin Of(ReadOnlySpan<byte> png)
    {
        const int signature = 8, beforeData = 8, checksum = 4;
        long position = signature;
        while (position + beforeData <= png.Length)
        {
            var chunk = png[(int)position..];
            uint length = BinaryPrimitives.ReadUInt32BigEndian(chunk);
            if (length > chunk.Length - beforeData || chunk[4..].StartsWith("IEND"u8)) break;
            if (chunk[4..].StartsWith("eXIf"u8)) return OfExif(chunk.Slice(beforeData, (int)length));
            position += beforeData + length + checksum;
        }

        return SKEncodedOrigin.TopLeft;
    }

    // EXIF is a TIFF file: a byte order, the place of its directory, and entries of 12 bytes there.
    private static SKEncodedOrigin OfExif(ReadOnlySpan<byte> exif)
    {
        const int header = 8, entryLength = 12;
        bool isLittle = exif.StartsWith("II*\0"u8);
        if (exif.Length < header || (!isLittle && !exif.StartsWith("MM\0*"u8))) return SKEncodedOrigin.TopLeft;
        uint directory = isLittle ? BinaryPrimitives.ReadUInt32LittleEndian(exif[4..]) : BinaryPrimitives.ReadUInt32BigEndian(exif[4..]);
        if (directory > exif.Length - 2) return SKEncodedOrigin.TopLeft;
        int count = Short(exif[(int)directory..], isLittle);
        for (int i = 0; i < count; i++)
        {
            long start = directory + 2 + (long)i * entryLength;
            if (start + entryLength > exif.Length) break;
            var entry = exif.Slice((int)start, entryLength);
            if (Short(entry, isLittle) != OrientationTag || Short(entry[2..], isLittle) != ShortType) continue;
            int value = Short(entry[8..], isLittle);
            return value is >= (int)SKEncodedOrigin.TopLeft and <= (int)SKEncodedOrigin.LeftBottom
                ? (SKEncodedOrigin)value
                : SKEncodedOrigin.TopLeft;
        }

        return SKEncodedOrigin.TopLeft;
    }

    private static int Short(ReadOnlySpan<byte> bytes, bool isLittle)
        => isLittle ? BinaryPrimitives.ReadUInt16LittleEndian(bytes) : BinaryPrimitives.ReadUInt16BigEndian(bytes);
}
