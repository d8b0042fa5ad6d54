using System.Runtime.InteropServices;
using SkiaSharp;

namespace Tips.MLNet.Images;

/// <summary>Turns pixels the way an EXIF orientation says.</summary>
internal static class Orientation
{
    /// <summary>A transposition reads columns; in squares of this side they stay in the cache.</summary>
    private const int TileSide = 32;

    /// <summary>Whether rows become columns.</summary>
    public static bool SwapsSides(SKEncodedOrigin origin) => origin >= SKEncodedOrigin.LeftTop;

    /// <summary>Mirrors in place; the orientation does not swap sides.</summary>
    public static void Mirror(Span<byte> pixels, int width, int height, SKEncodedOrigin origin)
    {
        var words = MemoryMarshal.Cast<byte, uint>(pixels);
        switch (origin)
        {
            case SKEncodedOrigin.TopRight:
                for (int y = 0; y < height; y++) words.Slice(y * width, width).Reverse();
                break;
            case SKEncodedOrigin.BottomRight:
                words.Reverse();
                break;
            case SKEncodedOrigin.BottomLeft:
                words.Reverse();
                for (int y = 0; y < height; y++) words.Slice(y * width, width).Reverse();
                break;
        }
    }

    /// <summary>Writes the picture with its sides swapped.</summary>
    /// <param name="source">height × width pixels as stored.</param>
    /// <param name="width">Width as stored.</param>
    /// <param name="height">Height as stored.</param>
    /// <param name="origin">An orientation that swaps sides.</param>
    /// <param name="destination">Receives width × height pixels.</param>
    public static void Transpose(ReadOnlySpan<byte> source, int width, int height, SKEncodedOrigin origin, Span<byte> destination)
    {
        var from = MemoryMarshal.Cast<byte, uint>(source);
        var to = MemoryMarshal.Cast<byte, uint>(destination);
        bool fromBottom = origin is SKEncodedOrigin.RightTop or SKEncodedOrigin.RightBottom; // the stored left column is seen from below
        bool fromRight = origin is SKEncodedOrigin.RightBottom or SKEncodedOrigin.LeftBottom;
        for (int top = 0; top < width; top += TileSide)
        {
            for (int left = 0; left < height; left += TileSide)
            {
                for (int y = top; y < Math.Min(top + TileSide, width); y++)
                {
                    int sourceX = fromRight ? width - 1 - y : y;
                    for (int x = left; x < Math.Min(left + TileSide, height); x++)
                    {
                        int sourceY = fromBottom ? height - 1 - x : x;
                        to[y * height + x] = from[sourceY * width + sourceX];
                    }
                }
            }
        }
    }
}
