namespace Tips.MLNet.Images;

/// <summary>
/// The taps of Pillow's bilinear filter along one axis: a triangle whose support grows with the downscaling factor. The weights are
/// normalized in double precision and then rounded to <see cref="PrecisionBits"/>-bit fixed point. Immutable.
/// </summary>
internal sealed class ResizeFilter
{
    /// <summary>Fraction bits of a weight. Eight bits of pixel and two of headroom fill the rest of a 32-bit sum.</summary>
    public const int PrecisionBits = 32 - 8 - 2;

    private readonly int[] _first, _weights;
    private readonly int[] _count;
    private readonly int _stride;

    public ResizeFilter(int size, int newSize)
    {
        double scale = (double)size / newSize;
        double support = Math.Max(scale, 1.0);
        _stride = (int)Math.Ceiling(support) * 2 + 1;
        _first = new int[newSize];
        _count = new int[newSize];
        _weights = new int[checked(newSize * _stride)];
        double[] triangle = new double[_stride];
        for (int i = 0; i < newSize; i++)
        {
            double center = (i + 0.5) * scale;
            int first = Math.Max((int)(center - support + 0.5), 0);
            int count = Math.Min((int)(center + support + 0.5), size) - first;
            double total = 0;
            for (int tap = 0; tap < count; tap++)
            {
                triangle[tap] = Math.Max(0.0, 1.0 - Math.Abs((tap + first - center + 0.5) * (1.0 / support)));
                total += triangle[tap];
            }

            for (int tap = 0; tap < count; tap++)
                _weights[i * _stride + tap] = (int)(0.5 + triangle[tap] / total * (1 << PrecisionBits));
            _first[i] = first;
            _count[i] = count;
        }
    }

    /// <summary>The most taps of any destination index.</summary>
    public int MaximumCount => _count.Max();

    /// <summary>First source index of destination index <paramref name="index"/>.</summary>
    public int First(int index) => _first[index];

    /// <summary>Fixed-point weights of the source indices starting at <see cref="First"/>.</summary>
    public ReadOnlySpan<int> Weights(int index) => _weights.AsSpan(index * _stride, _count[index]);
}
