using System.Runtime.InteropServices;
using SkiaSharp;

namespace Tips.MLNet.Samples.Common;

/// <summary>Reads maps of classes: PNG files of one byte for each pixel.</summary>
internal static class GrayPng
{
    // Where the header of a PNG has them.
    private const int BitDepthAt = 24, ColorTypeAt = 25, HeaderLength = 26;

    private const int Gray = 0, Palette = 3;

    public static byte[] Read(string file, out int height, out int width)
    {
        if (!File.Exists(file)) throw new SampleException($"There is no file '{file}'.");
        byte[] bytes = File.ReadAllBytes(file);
        bool isPng = bytes.Length > HeaderLength && bytes.AsSpan().StartsWith((ReadOnlySpan<byte>)[0x89, (byte)'P', (byte)'N', (byte)'G']);
        if (!isPng) throw new SampleException($"File '{file}' is not a PNG.");
        if (bytes[ColorTypeAt] != Gray || bytes[BitDepthAt] != 8)
        {
            string kind = bytes[ColorTypeAt] switch { Gray => "gray", Palette => "colors of a palette", _ => "colors" };
            throw new SampleException($"File '{file}' has {kind} of {bytes[BitDepthAt]} bits, expected gray of 8 bits: one class a pixel.");
        }

        using var codec = SKCodec.Create(new MemoryStream(bytes)) ?? throw new SampleException($"File '{file}' is damaged.");
        (height, width) = (codec.Info.Height, codec.Info.Width);
        using var bitmap = new SKBitmap(width, height, SKColorType.Gray8, SKAlphaType.Opaque);
        var result = codec.GetPixels(new SKImageInfo(width, height, SKColorType.Gray8, SKAlphaType.Opaque), bitmap.GetPixels());
        if (result != SKCodecResult.Success) throw new SampleException($"File '{file}' is damaged ({result}).");
        byte[] values = new byte[height * width];
        var pixels = MemoryMarshal.AsBytes(bitmap.GetPixelSpan());
        for (int y = 0; y < height; y++) pixels.Slice(y * bitmap.RowBytes, width).CopyTo(values.AsSpan(y * width));
        return values;
    }
}
