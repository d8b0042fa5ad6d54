using Tips.OnnxExport.Checkpoints;

namespace Tips.OnnxExport.Towers;

/// <summary>
/// A tensor of a tower. Its shape is known; its values are computed on every <see cref="Read"/> and not kept, so a tower of any size needs
/// memory for only one tensor at a time. Values are in C order.
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
        if (values.Length != Count)
            throw new InvalidOperationException($"A weight of shape {TensorInfo.FormatShape(Shape)} has {values.Length} values.");
        return values;
    }

    public Weight Reshape(params int[] newShape) => new(newShape, Read);

    /// <summary>Rows [<paramref name="start"/>, start + count) of the first dimension.</summary>
    public Weight Rows(int start, int count)
    {
        int rowLength = Count / Shape[0];
        return new Weight([count, .. Shape.Skip(1)], () => Read().AsSpan(start * rowLength, count * rowLength).ToArray());
    }

    /// <summary>The matrix with rows and columns swapped. Transposing twice gives the original back, without computing anything.</summary>
    public Weight Transpose()
    {
        int rows = Shape[0], columns = Shape[1];
        return _transposed ?? new Weight([columns, rows], () => Matrices.Transpose(Read(), rows, columns)) { _transposed = this };
    }

    /// <summary>Reorders dimensions: dimension i of the result is dimension <c>axes[i]</c> of this.</summary>
    public Weight Permute(params int[] axes) => new([.. axes.Select(a => Shape[a])], () => TensorData.Permute(Read(), Shape, axes));

    /// <summary>Turns each kernel, the last two dimensions, by 180 degrees: both axes are reversed.</summary>
    public Weight ReverseKernels()
    {
        int size = Shape[Shape.Count - 2] * Shape[Shape.Count - 1];
        return new Weight([.. Shape], () =>
        {
            float[] values = (float[])Read().Clone();
            for (int start = 0; start < values.Length; start += size) values.AsSpan(start, size).Reverse();
            return values;
        });
    }

    /// <summary>Multiplies every value by <paramref name="factor"/>.</summary>
    public Weight Scale(float factor) => new([.. Shape], () => Array.ConvertAll(Read(), v => v * factor));

    /// <summary>Multiplies row i (element i of a vector) by <c>factors[i]</c>.</summary>
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
