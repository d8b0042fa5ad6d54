using System.Drawing;
using System.Numerics;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using Microsoft.ML.Data;

namespace Tips.MLNet.Images;

/// <summary>Operations on pixels with four 8-bit channels, alpha last.</summary>
internal static class PixelOperations
{
    private const uint AlphaMask = 0xFF000000; // the fourth byte in memory; .NET runs on little-endian machines

    public static bool IsOpaque(ReadOnlySpan<byte> pixels)
    {
        var words = MemoryMarshal.Cast<byte, uint>(pixels);
        int i = 0;
        for (; i + Vector<uint>.Count <= words.Length; i += Vector<uint>.Count)
        {
            if ((new Vector<uint>(words[i..]) & new Vector<uint>(AlphaMask)) != new Vector<uint>(AlphaMask)) return false;
        }

        for (; i < words.Length; i++)
        {
            if (words[i] < AlphaMask) return false;
        }

        return true;
    }

    /// <summary>
    /// Composites premultiplied pixels over a color: <c>c + background · (255 − alpha) / 255</c>, rounded. The result is opaque.
    /// </summary>
    public static void Composite(ReadOnlySpan<byte> pixels, Span<byte> destination, MLPixelFormat format, Color background)
    {
        bool bgr = format == MLPixelFormat.Bgra32;
        int first = bgr ? background.B : background.R;
        int second = background.G;
        int third = bgr ? background.R : background.B;
        for (int i = 0; i < pixels.Length; i += 4)
        {
            int clear = byte.MaxValue - pixels[i + 3];
            destination[i] = Over(pixels[i], first, clear);
            destination[i + 1] = Over(pixels[i + 1], second, clear);
            destination[i + 2] = Over(pixels[i + 2], third, clear);
            destination[i + 3] = byte.MaxValue;
        }

        // A color above its alpha is not a valid premultiplied pixel, hence the limit.
        static byte Over(int color, int background, int clear) => (byte)Math.Min(color + (background * clear + 127) / 255, byte.MaxValue);
    }

    /// <summary>
    /// Lays pixels whose colors are not premultiplied over a color, in place: <c>(c · alpha + background · (255 − alpha)) / 255</c>,
    /// rounded, as Pillow does. The result is opaque.
    /// </summary>
    /// <param name="pixels">Blue, green, red, alpha.</param>
    /// <param name="background">The color below.</param>
    public static void Flatten(Span<byte> pixels, Color background)
    {
        for (int i = 0; i < pixels.Length; i += 4)
        {
            int alpha = pixels[i + 3];
            if (alpha == byte.MaxValue) continue;
            pixels[i] = Over(pixels[i], background.B, alpha);
            pixels[i + 1] = Over(pixels[i + 1], background.G, alpha);
            pixels[i + 2] = Over(pixels[i + 2], background.R, alpha);
            pixels[i + 3] = byte.MaxValue;
        }

        static byte Over(int color, int background, int alpha)
            => (byte)((color * alpha + background * (byte.MaxValue - alpha) + byte.MaxValue / 2) / byte.MaxValue);
    }

    /// <summary>Turns RGBA into BGRA, or back.</summary>
    public static void SwapRedAndBlue(Span<byte> pixels)
    {
        for (int i = 0; i < pixels.Length; i += 4) (pixels[i], pixels[i + 2]) = (pixels[i + 2], pixels[i]);
    }

    /// <summary>Splits pixels into red, green and blue planes of value / 255. The IEEE division makes it equal to the reference.</summary>
    public static void ToPlanes(ReadOnlySpan<byte> pixels, MLPixelFormat format, Span<float> planes)
    {
        int count = pixels.Length / 4;
        ToPlanes(pixels, format, planes[..count], planes.Slice(count, count), planes.Slice(2 * count, count));
    }

    /// <summary>Splits pixels into values / 255 of each color.</summary>
    public static void ToPlanes(
        ReadOnlySpan<byte> pixels, MLPixelFormat format, Span<float> red, Span<float> green, Span<float> blue)
    {
        var words = MemoryMarshal.Cast<byte, uint>(pixels);
        int count = words.Length;
        bool bgr = format == MLPixelFormat.Bgra32;
        Span<float> first = bgr ? blue : red, second = green, third = bgr ? red : blue;
        int i = 0;
        for (; i + Vector256<uint>.Count <= count; i += Vector256<uint>.Count)
        {
            var word = Vector256.Create(words.Slice(i, Vector256<uint>.Count));
            Channel(word).CopyTo(first[i..]);
            Channel(word >>> 8).CopyTo(second[i..]);
            Channel(word >>> 16).CopyTo(third[i..]);
        }

        for (; i < count; i++)
        {
            first[i] = (words[i] & 0xFF) / 255f;
            second[i] = ((words[i] >> 8) & 0xFF) / 255f;
            third[i] = ((words[i] >> 16) & 0xFF) / 255f;
        }

        static Vector256<float> Channel(Vector256<uint> word)
            => Vector256.ConvertToSingle((word & Vector256.Create(0xFFu)).AsInt32()) / 255f;
    }
}
