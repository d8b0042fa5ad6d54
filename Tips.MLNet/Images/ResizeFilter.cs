using System.Buffers;

namespace Tips.MLNet.Images;

/// <summary>
/// The taps of Pillow's filters along one axis: a kernel whose support grows with the downscaling factor. The weights are normalized in
/// double precision and then rounded to <see cref="PrecisionBits"/>-bit fixed point. Its tables are of a pool, to which disposing returns
/// them.
/// </summary>
internal readonly struct ResizeFilter : IDisposable
{
    /// <summary>Fraction bits of a weight. Eight bits of pixel and two of headroom fill the rest of a 32-bit sum.</summary>
    public const int PrecisionBits = 32 - 8 - 2;

    private readonly int[] _first, _weights;
    private readonly int[] _count;
    private readonly int _stride;

    public ResizeFilter(int size, int newSize, ResizeKernel kernel = ResizeKernel.Bilinear)
    {
        double scale = (double)size / newSize;
        double widening = Math.Max(scale, 1.0);
        double support = widening * (kernel == ResizeKernel.Bicubic ? 2 : 1);
        _stride = (int)Math.Ceiling(support) * 2 + 1;
        _first = ArrayPool<int>.Shared.Rent(newSize);
        _count = ArrayPool<int>.Shared.Rent(newSize);
        _weights = ArrayPool<int>.Shared.Rent(checked(newSize * _stride));
        double[] heights = ArrayPool<double>.Shared.Rent(_stride);
        for (int i = 0; i < newSize; i++)
        {
            double center = (i + 0.5) * scale;
            int first = Math.Max((int)(center - support + 0.5), 0);
            int count = Math.Min((int)(center + support + 0.5), size) - first;
            double total = 0;
            for (int tap = 0; tap < count; tap++)
            {
                heights[tap] = Height(kernel, Math.Abs((tap + first - center + 0.5) * (1.0 / widening)));
                total += heights[tap];
            }

            for (int tap = 0; tap < count; tap++)
            {
                double weight = heights[tap] / total * (1 << PrecisionBits);
                _weights[i * _stride + tap] = (int)(weight + (weight < 0 ? -0.5 : 0.5));
            }

            _first[i] = first;
            _count[i] = count;
            MaximumCount = Math.Max(MaximumCount, count);
        }

        ArrayPool<double>.Shared.Return(heights);
    }

    /// <summary>The most taps of any destination index.</summary>
    public int MaximumCount { get; }

    /// <summary>First source index of destination index <paramref name="index"/>.</summary>
    public int First(int index) => _first[index];

    /// <summary>Fixed-point weights of the source indices starting at <see cref="First"/>.</summary>
    public ReadOnlySpan<int> Weights(int index) => _weights.AsSpan(index * _stride, _count[index]);

    public void Dispose()
    {
        foreach (int[] table in (ReadOnlySpan<int[]>)[_first, _count, _weights]) ArrayPool<int>.Shared.Return(table);
    }

    private static double Height(ResizeKernel kernel, double x)
    {
        if (kernel == ResizeKernel.Bilinear) return Math.Max(0.0, 1.0 - x);
        const double a = -0.5;
        if (x < 1) return ((a + 2) * x - (a + 3)) * x * x + 1;
        return x < 2 ? (((x - 5) * x + 8) * x - 4) * a : 0;
    }
}
