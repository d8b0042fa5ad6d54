using System.Numerics.Tensors;

namespace Tips.MLNet.Dense;

/// <summary>Scores of every class at every point of a grid: rows × columns × classes.</summary>
internal sealed class ScoreMap(int rows, int columns, int classes)
{
    /// <summary>All scores, the classes of a point next to each other.</summary>
    public float[] Values { get; } = new float[checked(rows * columns * classes)];

    public int Rows => rows;

    public int Columns => columns;

    public int Classes => classes;

    /// <summary>The scores of a point.</summary>
    public Span<float> this[int row, int column] => Values.AsSpan((row * columns + column) * classes, classes);

    /// <summary>Enlarges the scores bilinearly, row by row, on all cores.</summary>
    /// <param name="height">The new rows.</param>
    /// <param name="width">The new columns.</param>
    /// <param name="use">
    /// Receives the row, the column and the scores of each new point, which are overwritten after it. Several rows come at a time.
    /// </param>
    public void Enlarge(int height, int width, PointAction use)
    {
        AxisTaps down = new(rows, height), across = new(columns, width);
        Parallel.For(0, height, () => (Row: new float[columns * classes], Point: new float[classes]), (y, _, buffers) =>
        {
            MixRow(down[y], buffers.Row);
            for (int x = 0; x < width; x++)
            {
                MixPoint(across[x], buffers.Row, buffers.Point);
                use(y, x, buffers.Point);
            }

            return buffers;
        }, _ => { });
    }

    /// <summary>The best class of each pixel of a picture; of equal ones the first.</summary>
    public ClassMap ToClasses(int height, int width, IReadOnlyList<string> labels)
    {
        byte[] best = new byte[checked(height * width)];
        AxisTaps down = new(rows, height), across = new(columns, width);
        Parallel.For(0, height, () => (Row: new float[columns * classes], Point: new float[classes], Best: new byte[columns]), (y, _, b) =>
        {
            MixRow(down[y], b.Row);
            for (int x = 0; x < columns; x++) b.Best[x] = BestOf(b.Row.AsSpan(x * classes, classes));
            for (int x = 0; x < width; x++)
            {
                var taps = across[x];
                // What is best at both ends is best between them.
                bool isSure = b.Best[taps.Low] == b.Best[taps.High];
                if (!isSure) MixPoint(taps, b.Row, b.Point);
                best[y * width + x] = isSure ? b.Best[taps.Low] : BestOf(b.Point);
            }

            return b;
        }, _ => { });
        return new ClassMap(height, width, best, labels);
    }

    private static byte BestOf(ReadOnlySpan<float> scores) => (byte)TensorPrimitives.IndexOfMax(scores);

    private void MixRow((int Low, int High, float Weight) taps, float[] row)
    {
        int length = columns * classes;
        Mix(Values.AsSpan(taps.Low * length, length), Values.AsSpan(taps.High * length, length), taps.Weight, row);
    }

    private void MixPoint((int Low, int High, float Weight) taps, ReadOnlySpan<float> row, float[] point)
        => Mix(row.Slice(taps.Low * classes, classes), row.Slice(taps.High * classes, classes), taps.Weight, point);

    private static void Mix(ReadOnlySpan<float> first, ReadOnlySpan<float> second, float weight, Span<float> result)
    {
        TensorPrimitives.Multiply(first, 1 - weight, result);
        TensorPrimitives.MultiplyAdd(second, weight, result, result);
    }

    /// <summary>Uses the scores of one point.</summary>
    public delegate void PointAction(int row, int column, Span<float> scores);
}
