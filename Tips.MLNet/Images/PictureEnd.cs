using System.Buffers.Binary;

namespace Tips.MLNet.Images;

/// <summary>
/// Whether a file has its end. Decoders stop once they have the pixels of the first frame, so they do not notice that later frames, or the
/// marks that end a file, are missing.
/// </summary>
internal static class PictureEnd
{
    /// <summary>Whether the end of the file is known to be missing, by the lengths that PNG, WebP, GIF and icons state.</summary>
    public static bool IsMissing(ReadOnlySpan<byte> bytes, FileKind kind)
    {
        if (kind == FileKind.Png) return IsPngCut(bytes);
        if (kind == FileKind.WebP) return BinaryPrimitives.ReadUInt32LittleEndian(bytes[4..]) > bytes.Length - 8;
        if (kind == FileKind.Icon) return IsIconCut(bytes);
        return kind == FileKind.Gif && IsGifCut(bytes);
    }

    /// <summary>Whether a JPEG that cannot be decoded lacks its end, rather than being damaged inside.</summary>
    public static bool LacksEndOfImage(ReadOnlySpan<byte> bytes, FileKind kind)
        => kind == FileKind.Jpeg && !bytes.TrimEnd((byte)0).EndsWith((ReadOnlySpan<byte>)[0xFF, 0xD9]);

    private static bool IsPngCut(ReadOnlySpan<byte> bytes)
    {
        const int signature = 8, beforeData = 8, checksum = 4;
        long position = signature;
        while (position + beforeData + checksum <= bytes.Length)
        {
            var chunk = bytes[(int)position..];
            if (chunk[4..].StartsWith("IEND"u8)) return false;
            position += beforeData + BinaryPrimitives.ReadUInt32BigEndian(chunk) + checksum;
        }

        return true;
    }

    // Decoders take the largest picture that is whole.
    private static bool IsIconCut(ReadOnlySpan<byte> bytes)
    {
        const int header = 6, entryLength = 16;
        int count = BinaryPrimitives.ReadUInt16LittleEndian(bytes[4..]);
        if (bytes.Length < header + count * entryLength) return true;
        for (int i = 0; i < count; i++)
        {
            var entry = bytes.Slice(header + i * entryLength, entryLength);
            long size = BinaryPrimitives.ReadUInt32LittleEndian(entry[8..]), offset = BinaryPrimitives.ReadUInt32LittleEndian(entry[12..]);
            if (offset + size > bytes.Length) return true;
        }

        return false;
    }

    private static bool IsGifCut(ReadOnlySpan<byte> bytes)
    {
        const int screen = 13, image = 10; // with the byte that introduces it
        const byte trailer = 0x3B, introducesImage = 0x2C, introducesExtension = 0x21;
        if (bytes.Length < screen) return true;
        int position = screen + TableLength(bytes[10]);
        while (position < bytes.Length)
        {
            switch (bytes[position])
            {
                case trailer:
                    return false;
                case introducesImage when position + image < bytes.Length:
                    position += image + TableLength(bytes[position + 9]) + 1; // then the code size
                    break;
                case introducesExtension:
                    position += 2;
                    break;
                case introducesImage:
                    return true;
                default:
                    return false; // not a structure that is known; the decoder judges
            }

            while (position < bytes.Length && bytes[position] != 0) position += 1 + bytes[position];
            position++;
        }

        return true;

        static int TableLength(byte flags) => (flags & 0x80) == 0 ? 0 : 3 << ((flags & 7) + 1);
    }
}
