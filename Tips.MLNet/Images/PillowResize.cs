using System.Buffers;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace Tips.MLNet.Images;

/// <summary>
/// Pillow's <c>resize(…)</c> on four interleaved 8-bit channels, byte for byte: a horizontal pass, then a vertical pass, each in fixed
/// point and rounded to 8 bits. Sums are integers, so vectorization does not change the result.
/// </summary>
internal static class PillowResize
{
    private const int BytesPerPixel = 4, Half = 1 << (ResizeFilter.PrecisionBits - 1);

    /// <summary>
    /// Kernels are compiled once, as they stand. Where the compiler went by the calls that it had seen, the code that some callers got was
    /// 3.5 times as slow as that of others, in about every second process.
    /// </summary>
    private const MethodImplOptions Kernel = MethodImplOptions.AggressiveOptimization | MethodImplOptions.NoInlining;

    /// <param name="source">height × width × 4 bytes.</param>
    /// <param name="width">Source width.</param>
    /// <param name="height">Source height.</param>
    /// <param name="destination">Receives newHeight × newWidth × 4 bytes.</param>
    /// <param name="newWidth">Width of the result.</param>
    /// <param name="newHeight">Height of the result.</param>
    /// <param name="kernel">How pixels are mixed.</param>
    public static void Resize(
        ReadOnlySpan<byte> source,
        int width,
        int height,
        Span<byte> destination,
        int newWidth,
        int newHeight,
        ResizeKernel kernel = ResizeKernel.Bilinear)
    {
        if (height == newHeight)
        {
            if (width == newWidth) source[..(height * width * BytesPerPixel)].CopyTo(destination);
            else ResizeColumns(source, width, destination, newWidth, kernel);
            return;
        }

        using var vertical = new ResizeFilter(height, newHeight, kernel);
        if (width == newWidth)
        {
            ResizeRows(source, newWidth * BytesPerPixel, destination, newHeight, vertical);
            return;
        }

        using var horizontal = new ResizeFilter(width, newWidth, kernel);
        ResizeBoth(source, width, destination, newWidth, newHeight, horizontal, vertical);
    }

    // Horizontal, then vertical. Of the intermediate rows, only those under the vertical filter are kept, at the front of a window twice as
    // high, so a tall picture needs no more memory than a square one, and the rows stay in the cache.
    private static void ResizeBoth(
        ReadOnlySpan<byte> source,
        int width,
        Span<byte> destination,
        int newWidth,
        int newHeight,
        ResizeFilter horizontal,
        ResizeFilter vertical)
    {
        int stride = width * BytesPerPixel, newStride = newWidth * BytesPerPixel;
        int windowRows = 2 * vertical.MaximumCount;
        byte[] window = ArrayPool<byte>.Shared.Rent(checked(windowRows * newStride));
        try
        {
            int windowStart = 0, done = 0; // rows [windowStart, done) are in the window
            for (int y = 0; y < newHeight; y++)
            {
                int first = vertical.First(y);
                var weights = vertical.Weights(y);
                int end = first + weights.Length;
                if (end - windowStart > windowRows)
                {
                    int kept = Math.Max(done - first, 0);
                    window.AsSpan((first - windowStart) * newStride, kept * newStride).CopyTo(window);
                    windowStart = first;
                }

                for (done = Math.Max(done, first); done < end; done++)
                    ResizeRow(source.Slice(done * stride, stride), window.AsSpan((done - windowStart) * newStride, newStride), horizontal);
                var rows = window.AsSpan((first - windowStart) * newStride, weights.Length * newStride);
                MixRows(rows, newStride, weights, destination.Slice(y * newStride, newStride));
            }
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(window);
        }
    }

    private static void ResizeColumns(ReadOnlySpan<byte> source, int width, Span<byte> destination, int newWidth, ResizeKernel kernel)
    {
        using var filter = new ResizeFilter(width, newWidth, kernel);
        int stride = width * BytesPerPixel, newStride = newWidth * BytesPerPixel;
        for (int y = 0; y * newStride < destination.Length; y++)
            ResizeRow(source.Slice(y * stride, stride), destination.Slice(y * newStride, newStride), filter);
    }

    // Resizes one row. The four channels of a pixel are the lanes; two sums run side by side to hide the latency of the multiplication.
    [MethodImpl(Kernel)]
    private static void ResizeRow(ReadOnlySpan<byte> source, Span<byte> destination, ResizeFilter filter)
    {
        var pixels = MemoryMarshal.Cast<byte, uint>(source);
        var result = MemoryMarshal.Cast<byte, uint>(destination);
        for (int x = 0; x < result.Length; x++)
        {
            var weights = filter.Weights(x);
            var taps = pixels.Slice(filter.First(x), weights.Length);
            var even = Vector128.Create(Half);
            var odd = Vector128<int>.Zero;
            int tap = 0;
            for (; tap + 1 < weights.Length; tap += 2)
            {
                even += Widen(taps[tap]) * weights[tap];
                odd += Widen(taps[tap + 1]) * weights[tap + 1];
            }

            if (tap < weights.Length) even += Widen(taps[tap]) * weights[tap];
            result[x] = Narrow((even + odd) >> ResizeFilter.PrecisionBits);
        }
    }

    // The vertical pass. It treats rows as byte strings: every byte of a row has the same weights.
    private static void ResizeRows(ReadOnlySpan<byte> source, int stride, Span<byte> destination, int newHeight, ResizeFilter filter)
    {
        for (int y = 0; y < newHeight; y++)
            MixRows(source.Slice(filter.First(y) * stride), stride, filter.Weights(y), destination.Slice(y * stride, stride));
    }

    [MethodImpl(Kernel)]
    private static void MixRows(ReadOnlySpan<byte> rows, int stride, ReadOnlySpan<int> weights, Span<byte> destination)
    {
        int x = 0;
        for (; x + Vector256<byte>.Count <= stride; x += Vector256<byte>.Count)
        {
            Vector256<int> a = Vector256.Create(Half), b = a, c = a, d = a;
            for (int tap = 0; tap < weights.Length; tap++)
            {
                var (low, high) = Vector256.Widen(Vector256.Create(rows.Slice(tap * stride + x, Vector256<byte>.Count)));
                var (first, second) = Vector256.Widen(low);
                var (third, fourth) = Vector256.Widen(high);
                a += first.AsInt32() * weights[tap];
                b += second.AsInt32() * weights[tap];
                c += third.AsInt32() * weights[tap];
                d += fourth.AsInt32() * weights[tap];
            }

            var left = Vector256.Narrow(Shift(a), Shift(b));
            var right = Vector256.Narrow(Shift(c), Shift(d));
            Vector256.Narrow(left, right).CopyTo(destination.Slice(x, Vector256<byte>.Count));
        }

        for (; x < stride; x++)
        {
            int sum = Half;
            for (int tap = 0; tap < weights.Length; tap++) sum += rows[tap * stride + x] * weights[tap];
            destination[x] = (byte)Math.Clamp(sum >> ResizeFilter.PrecisionBits, 0, byte.MaxValue);
        }
    }

    private static Vector256<uint> Shift(Vector256<int> sum)
        => Vector256.Clamp(sum >> ResizeFilter.PrecisionBits, Vector256<int>.Zero, Vector256.Create((int)byte.MaxValue)).AsUInt32();

    private static Vector128<int> Widen(uint pixel)
        => Vector128.WidenLower(Vector128.WidenLower(Vector128.CreateScalarUnsafe(pixel).AsByte())).AsInt32();

    private static uint Narrow(Vector128<int> channels)
    {
        var words = Vector128.Clamp(channels, Vector128<int>.Zero, Vector128.Create((int)byte.MaxValue)).AsUInt32();
        var halves = Vector128.Narrow(words, words);
        return Vector128.Narrow(halves, halves).AsUInt32().ToScalar();
    }
}
