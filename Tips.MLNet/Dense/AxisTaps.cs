namespace Tips.MLNet.Dense;

/// <summary>
/// Where the values of a bilinear enlargement along one axis come from: half-pixel centers, no antialias, in float32, as PyTorch's
/// <c>interpolate(mode="bilinear", align_corners=False)</c> computes them. Immutable.
/// </summary>
internal sealed class AxisTaps
{
    private readonly int[] _low;
    private readonly float[] _weight;
    private readonly int _last;

    public AxisTaps(int size, int newSize)
    {
        (_low, _weight, _last) = (new int[newSize], new float[newSize], size - 1);
        float scale = (float)size / newSize;
        for (int i = 0; i < newSize; i++)
        {
            float source = size == newSize ? i : Math.Max(scale * (i + 0.5f) - 0.5f, 0f);
            _low[i] = Math.Min((int)source, _last);
            _weight[i] = Math.Clamp(source - _low[i], 0f, 1f);
        }
    }

    /// <summary>Number of results.</summary>
    public int Count => _low.Length;

    /// <summary>The two sources of a result, and how much the second counts.</summary>
    public (int Low, int High, float Weight) this[int index]
        => (_low[index], Math.Min(_low[index] + 1, _last), _weight[index]);
}
