using Tips.OnnxExport.Checkpoints;

namespace Tips.OnnxExport.Towers;

/// <summary>
/// A tensor of a tower: its shape is known, its values are computed when they are asked for and then belong to the caller's stack frame
/// only. So a tower of any size costs the memory of one tensor at a time. Values are in C order.
/// </summary>
internal sealed class Weight(int[] shape, Func<float[]> read)
{
    private Weight? _transposed;

    public IReadOnlyList<int> Shape { get; } = shape;

    public int Count => Shape.Aggregate(1, (a, b) => checked(a * b));

    /// <summary>The values; the caller must not change them.</summary>
    public float[] Read()
    {
        float[] values = read();
        if (values.Length != Count) throw new InvalidOperationException($"A weight of shape [{string.Join(", ", Shape)}] has {values.Length} values.");
        return values;
    }

    public Weight Reshape(params int[] newShape) => new(newShape, Read);

    /// <summary>Rows [<paramref name="start"/>, start + count) of the first dimension.</summary>
    public Weight Rows(int start, int count)
    {
        int rowLength = Count / Shape[0];
        return new Weight([count, .. Shape.Skip(1)], () => Read().AsSpan(start * rowLength, count * rowLength).ToArray());
    }

    /// <summary>A matrix with rows and columns exchanged; of a transposed one, the matrix it was, so that nothing is done twice.</summary>
    public Weight Transpose()
    {
        int rows = Shape[0], columns = Shape[1];
        return _transposed ?? new Weight([columns, rows], () => Matrices.Transpose(Read(), rows, columns)) { _transposed = this };
    }

    /// <summary>The dimensions in another order: dimension i of the result is dimension <c>axes[i]</c> of this.</summary>
    public Weight Permute(params int[] axes) => new([.. axes.Select(a => Shape[a])], () => TensorData.Permute(Read(), Shape, axes));

    /// <summary>Every value times <paramref name="factor"/>.</summary>
    public Weight Scale(float factor) => new([.. Shape], () => Array.ConvertAll(Read(), v => v * factor));

    /// <summary>Row i (element i of a vector) times <c>factors[i]</c>.</summary>
    public Weight ScaleRows(Weight factors) => new([.. Shape], () =>
    {
        float[] values = (float[])Read().Clone(), scale = factors.Read();
        int rowLength = values.Length / scale.Length;
        for (int row = 0; row < scale.Length; row++)
        {
            foreach (ref float value in values.AsSpan(row * rowLength, rowLength)) value *= scale[row];
        }

        return values;
    });
}
