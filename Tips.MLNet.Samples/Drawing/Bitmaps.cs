using System.Runtime.InteropServices;
using Microsoft.ML.Data;
using SkiaSharp;
using Tips.MLNet.Samples.Common;

namespace Tips.MLNet.Samples.Drawing;

/// <summary>Makes bitmaps and writes them as PNG.</summary>
internal static class Bitmaps
{
    private const int LargestShown = 1600;

    /// <summary>A decoded picture on white.</summary>
    public static SKBitmap From(MLImage image)
    {
        var type = image.PixelFormat == MLPixelFormat.Rgba32 ? SKColorType.Rgba8888 : SKColorType.Bgra8888;
        using var source = new SKBitmap(image.Width, image.Height, type, SKAlphaType.Premul);
        Marshal.Copy(image.Pixels.ToArray(), 0, source.GetPixels(), source.ByteCount);
        var bitmap = Create(image.Height, image.Width);
        using var canvas = new SKCanvas(bitmap);
        canvas.Clear(SKColors.White);
        canvas.DrawBitmap(source, 0, 0);
        return bitmap;
    }

    /// <summary>An opaque bitmap, whose pixels are not set.</summary>
    public static SKBitmap Create(int height, int width) => new(width, height, SKColorType.Bgra8888, SKAlphaType.Opaque);

    /// <summary>A bitmap of one color for each point, row by row.</summary>
    public static SKBitmap Paint(int height, int width, Func<int, SKColor> colorAt)
    {
        int[] pixels = new int[height * width];
        for (int i = 0; i < pixels.Length; i++) pixels[i] = (int)(uint)colorAt(i).WithAlpha(byte.MaxValue);
        var bitmap = Create(height, width);
        Marshal.Copy(pixels, 0, bitmap.GetPixels(), pixels.Length);
        return bitmap;
    }

    /// <summary>The same picture in another size: smoothed, or with every pixel a rectangle.</summary>
    public static SKBitmap Resize(SKBitmap bitmap, int height, int width, bool smooth)
    {
        var resized = Create(height, width);
        using var canvas = new SKCanvas(resized);
        using var paint = new SKPaint { FilterQuality = smooth ? SKFilterQuality.High : SKFilterQuality.None, IsAntialias = false };
        canvas.DrawBitmap(bitmap, SKRect.Create(width, height), paint);
        return resized;
    }

    /// <summary>A picture in the size in which it is shown: small ones are enlarged, large ones reduced.</summary>
    public static SKBitmap ForShow(SKBitmap bitmap, int leastShortSide)
    {
        int longest = Math.Max(bitmap.Width, bitmap.Height);
        if (longest > LargestShown)
        {
            int Shown(int side) => Math.Max(1, (int)((long)side * LargestShown / longest));
            return Resize(bitmap, Shown(bitmap.Height), Shown(bitmap.Width), smooth: true);
        }

        int scale = Math.Max(1, (int)Math.Ceiling((double)leastShortSide / Math.Min(bitmap.Width, bitmap.Height)));
        while (scale > 1 && (long)longest * scale > LargestShown) scale--; // a strip
        return Resize(bitmap, bitmap.Height * scale, bitmap.Width * scale, smooth: true);
    }

    /// <summary>Two pictures of one height side by side.</summary>
    public static SKBitmap Beside(SKBitmap left, SKBitmap right, int gap = 8)
    {
        var both = Create(Math.Max(left.Height, right.Height), left.Width + gap + right.Width);
        using var canvas = new SKCanvas(both);
        canvas.Clear(SKColors.White);
        canvas.DrawBitmap(left, 0, 0);
        canvas.DrawBitmap(right, left.Width + gap, 0);
        return both;
    }

    /// <summary>Writes a PNG; an older file is replaced only when the new one is complete.</summary>
    public static void Save(SKBitmap bitmap, string file) => OutputFile.Write(file, partial =>
    {
        // In memory first: an exception in a stream that Skia writes to would end the process.
        using var png = bitmap.Encode(SKEncodedImageFormat.Png, 100) ?? throw new SampleException($"'{file}' cannot be encoded.");
        using var stream = new FileStream(partial, FileMode.CreateNew, FileAccess.Write);
        stream.Write(png.AsSpan());
    });

    /// <summary>Writes a PNG of one byte for each pixel.</summary>
    public static void SaveGray(ReadOnlySpan<byte> values, int height, int width, string file)
    {
        using var bitmap = new SKBitmap(width, height, SKColorType.Gray8, SKAlphaType.Opaque);
        byte[] row = new byte[width];
        for (int y = 0; y < height; y++)
        {
            values.Slice(y * width, width).CopyTo(row);
            Marshal.Copy(row, 0, bitmap.GetPixels() + y * bitmap.RowBytes, width);
        }

        Save(bitmap, file);
    }
}
