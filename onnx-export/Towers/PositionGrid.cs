namespace Tips.OnnxExport.Towers;

/// <summary>
/// Resizes a grid of position embeddings as the reference does: bilinear with half-pixel centers, antialiased (the triangle widens with the
/// downscaling factor), to the exact size, in float32 — PyTorch's <c>interpolate(mode="bilinear", antialias=True)</c>.
/// </summary>
internal static class PositionGrid
{
    public static Weight Resize(Weight positions, (int Rows, int Columns) from, (int Rows, int Columns) to)
    {
        if (from == to) return positions;
        int width = positions.Shape[1];
        return new Weight([to.Rows * to.Columns, width], () =>
        {
            float[] resizedColumns = ResizeColumns(positions.Read(), from.Rows, from.Columns, to.Columns, width);
            // Resizing rows is resizing the columns of a grid whose cells are whole rows.
            return ResizeColumns(resizedColumns, 1, from.Rows, to.Rows, to.Columns * width);
        });
    }

    private static float[] ResizeColumns(float[] source, int rows, int columns, int newColumns, int cell)
    {
        if (columns == newColumns) return source;
        float[] result = new float[rows * newColumns * cell];
        for (int column = 0; column < newColumns; column++)
        {
            var (first, weights) = Filter(column, columns, newColumns);
            for (int row = 0; row < rows; row++)
            {
                var target = result.AsSpan((row * newColumns + column) * cell, cell);
                for (int tap = 0; tap < weights.Length; tap++)
                {
                    var from = source.AsSpan((row * columns + first + tap) * cell, cell);
                    for (int i = 0; i < target.Length; i++) target[i] += from[i] * weights[tap];
                }
            }
        }

        return result;
    }

    /// <summary>The first source index and the normalized triangle weights for one destination index.</summary>
    private static (int First, float[] Weights) Filter(int index, int size, int newSize)
    {
        float scale = (float)size / newSize;
        float support = Math.Max(scale, 1f), inverse = 1f / support;
        float center = scale * (index + 0.5f);
        int first = Math.Max((int)(center - support + 0.5f), 0);
        int end = Math.Min((int)(center + support + 0.5f), size);
        float[] weights = new float[end - first];
        float total = 0;
        for (int i = 0; i < weights.Length; i++)
            total += weights[i] = Math.Max(0f, 1f - Math.Abs((i + first - center + 0.5f) * inverse));
        for (int i = 0; i < weights.Length; i++) weights[i] /= total;
        return (first, weights);
    }
}
