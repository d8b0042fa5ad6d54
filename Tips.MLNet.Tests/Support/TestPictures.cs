using System.Buffers.Binary;
using System.IO.Compression;
using System.IO.Hashing;
using Microsoft.ML.Data;
using Tips.MLNet.Tests.Formula;

namespace Tips.MLNet.Tests.Support;

/// <summary>Pictures made in memory.</summary>
internal static class TestPictures
{
    /// <summary>Opaque BGRA pixels of random bytes.</summary>
    public static byte[] RandomPixels(string name, int height, int width)
        => Opaque(FormulaValues.Picture(name, height, width, seed: 7));

    public static MLImage Random(string name, int height = 40, int width = 50)
        => MLImage.CreateFromPixels(width, height, MLPixelFormat.Bgra32, RandomPixels(name, height, width));

    /// <summary>A PNG of under a hundred bytes that claims to have this size.</summary>
    public static byte[] ClaimPng(int width, int height)
    {
        byte[] size = new byte[8];
        BinaryPrimitives.WriteInt32BigEndian(size, width);
        BinaryPrimitives.WriteInt32BigEndian(size.AsSpan(4), height);
        using var empty = new MemoryStream();
        using (var deflate = new ZLibStream(empty, CompressionLevel.Fastest, leaveOpen: true)) deflate.WriteByte(0);
        byte[] header = Chunk("IHDR"u8, [.. size, 8, 2, 0, 0, 0]);
        return [0x89, .. "PNG\r\n\u001a\n"u8, .. header, .. Chunk("IDAT"u8, empty.ToArray()), .. Chunk("IEND"u8, [])];

        static byte[] Chunk(ReadOnlySpan<byte> type, byte[] data)
        {
            byte[] length = new byte[4], checksum = new byte[4], body = [.. type, .. data];
            BinaryPrimitives.WriteInt32BigEndian(length, data.Length);
            BinaryPrimitives.WriteUInt32BigEndian(checksum, Crc32.HashToUInt32(body));
            return [.. length, .. body, .. checksum];
        }
    }

    /// <summary>An icon of PNGs.</summary>
    public static byte[] Icon(params (int Width, int Height, byte[] Png)[] pictures)
    {
        using var icon = new MemoryStream();
        using var writer = new BinaryWriter(icon);
        writer.Write((ushort)0);
        writer.Write((ushort)1);
        writer.Write((ushort)pictures.Length);
        int offset = 6 + 16 * pictures.Length;
        foreach (var (width, height, png) in pictures)
        {
            writer.Write([(byte)width, (byte)height, 0, 0, 1, 0, 32, 0]);
            writer.Write(png.Length);
            writer.Write(offset);
            offset += png.Length;
        }

        foreach (var (_, _, png) in pictures) writer.Write(png);
        return icon.ToArray();
    }

    /// <summary>A PNG with an EXIF orientation.</summary>
    public static byte[] WithOrientation(byte[] png, byte orientation, bool littleEndian)
    {
        const int endLength = 12;
        byte[] exif = littleEndian
            ? [.. "II*\0"u8, 8, 0, 0, 0, 1, 0, 0x12, 1, 3, 0, 1, 0, 0, 0, orientation, 0, 0, 0]
            : [.. "MM\0*"u8, 0, 0, 0, 8, 0, 1, 1, 0x12, 0, 3, 0, 0, 0, 1, 0, orientation, 0, 0];
        byte[] length = new byte[4], checksum = new byte[4], body = [.. "eXIf"u8, .. exif];
        BinaryPrimitives.WriteInt32BigEndian(length, exif.Length);
        BinaryPrimitives.WriteUInt32BigEndian(checksum, Crc32.HashToUInt32(body));
        return [.. png[..^endLength], .. length, .. body, .. checksum, .. png[^endLength..]];
    }

    /// <summary>A mask whose left half is foreground.</summary>
    public static void WriteLeftHalfMask(string file, int height, int width)
    {
        byte[] pixels = new byte[height * width * 4];
        for (int i = 0; i < height * width; i++)
            pixels.AsSpan(4 * i, 4).Fill(i % width < width / 2 ? byte.MaxValue : (byte)0);
        for (int i = 3; i < pixels.Length; i += 4) pixels[i] = byte.MaxValue;
        using var image = MLImage.CreateFromPixels(width, height, MLPixelFormat.Bgra32, pixels);
        image.Save(file);
    }

    /// <summary>A picture of noise, another one for each seed.</summary>
    public static void WriteNoise(string file, int height, int width, int seed)
    {
        byte[] pixels = new byte[height * width * 4];
        new Random(seed).NextBytes(pixels);
        for (int i = 3; i < pixels.Length; i += 4) pixels[i] = byte.MaxValue;
        using var image = MLImage.CreateFromPixels(width, height, MLPixelFormat.Bgra32, pixels);
        image.Save(file);
    }

    /// <summary>A formula picture.</summary>
    public static MLImage Formula(int height, int width, ulong seed)
        => MLImage.CreateFromPixels(width, height, MLPixelFormat.Rgba32, Opaque(FormulaValues.Picture("image", height, width, seed)));

    /// <summary>The options for a picture in the size it has, padded if need be.</summary>
    public static PatchOptions Unresized(PatchOptions options) => new()
    {
        Layer = options.Layer,
        FinalNorm = options.FinalNorm,
        ValuePath = options.ValuePath,
        Input = PatchInput.AsIs(pad: true),
    };

    /// <summary>The input tensor of a formula picture that already has the size of the input.</summary>
    public static float[] FormulaInput(int height, int width, ulong seed)
    {
        byte[] rgb = FormulaValues.Picture("image", height, width, seed);
        float[] planes = new float[rgb.Length];
        int count = height * width;
        for (int i = 0; i < rgb.Length; i++) planes[i % 3 * count + i / 3] = rgb[i] / 255f;
        return planes;
    }

    private static byte[] Opaque(byte[] rgb)
    {
        byte[] pixels = new byte[rgb.Length / 3 * 4];
        for (int i = 0; i < rgb.Length / 3; i++)
        {
            rgb.AsSpan(i * 3, 3).CopyTo(pixels.AsSpan(i * 4));
            pixels[i * 4 + 3] = 255;
        }

        return pixels;
    }
}
