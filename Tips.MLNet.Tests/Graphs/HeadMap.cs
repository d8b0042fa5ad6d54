namespace Tips.MLNet.Tests.Graphs;

/// <summary>A map in double precision: channels × height × width.</summary>
internal sealed record HeadMap(int Channels, int Height, int Width, double[] Values)
{
    private const double CubicFactor = -0.75;

    public HeadMap(int channels, int height, int width)
        : this(channels, height, width, new double[channels * height * width])
    {
    }

    public static HeadMap Of(int channels, int height, int width, float[] values)
        => new(channels, height, width, Array.ConvertAll(values, v => (double)v));

    public ref double this[int channel, int row, int column] => ref Values[(channel * Height + row) * Width + column];

    public float[] ToFloats() => Array.ConvertAll(Values, v => (float)v);

    public HeadMap Select(Func<double, double> function) => this with { Values = Array.ConvertAll(Values, v => function(v)) };

    public HeadMap Plus(HeadMap other) => this with { Values = [.. Values.Zip(other.Values, (a, b) => a + b)] };

    /// <summary>Every pixel as a vector of length 1.</summary>
    public HeadMap Normalized()
    {
        var result = new HeadMap(Channels, Height, Width);
        int pixels = Height * Width;
        for (int pixel = 0; pixel < pixels; pixel++)
        {
            double squares = 0;
            for (int i = pixel; i < Values.Length; i += pixels) squares += Values[i] * Values[i];
            double length = Math.Max(Math.Sqrt(squares), 1e-12);
            for (int i = pixel; i < Values.Length; i += pixels) result.Values[i] = Values[i] / length;
        }

        return result;
    }

    /// <summary>The channel with the largest value at each pixel; the first of equals.</summary>
    public int[] ArgMax()
    {
        int pixels = Height * Width;
        int[] best = new int[pixels];
        for (int i = pixels; i < Values.Length; i++)
        {
            if (Values[i] > Values[best[i % pixels] * pixels + i % pixels]) best[i % pixels] = i / pixels;
        }

        return best;
    }

    /// <summary>Rows and columns 0, step, 2 · step, ….</summary>
    public HeadMap Every(int step)
    {
        var result = new HeadMap(Channels, (Height + step - 1) / step, (Width + step - 1) / step);
        for (int channel = 0; channel < Channels; channel++)
        {
            for (int row = 0; row < result.Height; row++)
            {
                for (int column = 0; column < result.Width; column++)
                    result[channel, row, column] = this[channel, row * step, column * step];
            }
        }

        return result;
    }

    /// <summary>Bilinear interpolation without antialiasing.</summary>
    public HeadMap Bilinear(int height, int width, bool alignCorners = false) => Resize(height, width, (index, from, to) =>
    {
        double at = alignCorners ? (double)index * (from - 1) / Math.Max(to - 1, 1) : Math.Max((index + 0.5) * from / to - 0.5, 0);
        int first = (int)at;
        return [(first, 1 - (at - first)), (first + 1, at - first)];
    });

    /// <summary>Bicubic interpolation (a = −0.75) without antialiasing.</summary>
    public HeadMap Bicubic(int height, int width) => Resize(height, width, (index, from, to) =>
    {
        double at = (index + 0.5) * from / to - 0.5;
        int first = (int)Math.Floor(at) - 1;
        return [.. Enumerable.Range(first, 4).Select(i => (i, Cubic(Math.Abs(at - i))))];
    });

    private static double Cubic(double x) => x <= 1
        ? ((CubicFactor + 2) * x - (CubicFactor + 3)) * x * x + 1
        : ((CubicFactor * x - 5 * CubicFactor) * x + 8 * CubicFactor) * x - 4 * CubicFactor;

    // Outside the map, the outermost pixel repeats.
    private HeadMap Resize(int height, int width, Func<int, int, int, (int Index, double Weight)[]> taps)
    {
        var rows = new HeadMap(Channels, height, Width);
        var result = new HeadMap(Channels, height, width);
        for (int row = 0; row < height; row++)
        {
            foreach (var (index, weight) in taps(row, Height, height))
            {
                int source = Math.Clamp(index, 0, Height - 1);
                for (int channel = 0; channel < Channels; channel++)
                {
                    for (int column = 0; column < Width; column++) rows[channel, row, column] += weight * this[channel, source, column];
                }
            }
        }

        for (int column = 0; column < width; column++)
        {
            foreach (var (index, weight) in taps(column, Width, width))
            {
                int source = Math.Clamp(index, 0, Width - 1);
                for (int row = 0; row < Channels * height; row++)
                    result.Values[row * width + column] += weight * rows.Values[row * Width + source];
            }
        }

        return result;
    }
}
