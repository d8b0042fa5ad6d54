using System.Buffers;
using System.Numerics.Tensors;

namespace Tips.MLNet.Dense;

/// <summary>
/// Scores of every class at every point of a grid: rows × columns × classes, zeros at first. Their memory is pooled, because there may be
/// hundreds of megabytes for each picture, and fresh memory is slow. Disposing gives it back; nobody may use it then.
/// </summary>
internal sealed class ScoreMap : IScoreRows, IDisposable
{
    private readonly int _rows, _columns, _classes;
    private float[] _values;

    public ScoreMap(int rows, int columns, int classes)
    {
        (_rows, _columns, _classes) = (rows, columns, classes);
        _values = ArrayPool<float>.Shared.Rent(checked(rows * columns * classes));
        Memory.Span.Clear();
    }

    /// <summary>All scores, the classes of a point next to each other.</summary>
    public Memory<float> Memory => _values.AsMemory(0, _rows * _columns * _classes);

    public int Rows => _rows;

    public int Columns => _columns;

    public int Classes => _classes;

    /// <summary>Enlarges the scores bilinearly, row by row, on all cores.</summary>
    /// <param name="height">The new rows.</param>
    /// <param name="width">The new columns.</param>
    /// <param name="use">
    /// Receives the row, the column and the scores of each new point, which are overwritten after it. Several rows come at a time.
    /// </param>
    /// <param name="cancellationToken">Stops it.</param>
    public void Enlarge(int height, int width, PointAction use, CancellationToken cancellationToken = default)
    {
        AxisTaps down = new(_rows, height), across = new(_columns, width);
        var options = new ParallelOptions { CancellationToken = cancellationToken };
        Parallel.For(0, height, options, () => (Row: new float[_columns * _classes], Point: new float[_classes]), (y, _, buffers) =>
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

    public void CopyRow(int row, Span<float> destination)
        => Memory.Span.Slice(row * _columns * _classes, _columns * _classes).CopyTo(destination);

    /// <summary>What lies between two scores.</summary>
    public static void Mix(ReadOnlySpan<float> first, ReadOnlySpan<float> second, float weight, Span<float> result)
    {
        TensorPrimitives.Multiply(first, 1 - weight, result);
        TensorPrimitives.MultiplyAdd(second, weight, result, result);
    }

    public void Dispose()
    {
        if (_values.Length > 0) ArrayPool<float>.Shared.Return(_values);
        _values = [];
    }

    private void MixRow((int Low, int High, float Weight) taps, float[] row)
    {
        int length = _columns * _classes;
        Mix(Memory.Span.Slice(taps.Low * length, length), Memory.Span.Slice(taps.High * length, length), taps.Weight, row);
    }

    private void MixPoint((int Low, int High, float Weight) taps, ReadOnlySpan<float> row, float[] point)
        => Mix(row.Slice(taps.Low * _classes, _classes), row.Slice(taps.High * _classes, _classes), taps.Weight, point);

    /// <summary>Uses the scores of one point.</summary>
    public delegate void PointAction(int row, int column, Span<float> scores);
}
