namespace Tips.OnnxExport.Towers;

/// <summary>Reorders the values of tensors.</summary>
internal static class Matrices
{
    /// <summary>Side of the square tiles: two of them stay in the first-level cache.</summary>
    private const int Tile = 32;

    public static float[] Transpose(float[] source, int rows, int columns)
    {
        float[] result = new float[source.Length];
        for (int rowTile = 0; rowTile < rows; rowTile += Tile)
        {
            int rowEnd = Math.Min(rowTile + Tile, rows);
            for (int columnTile = 0; columnTile < columns; columnTile += Tile)
            {
                int columnEnd = Math.Min(columnTile + Tile, columns);
                for (int row = rowTile; row < rowEnd; row++)
                {
                    for (int column = columnTile; column < columnEnd; column++) result[column * rows + row] = source[row * columns + column];
                }
            }
        }

        return result;
    }

    /// <summary>Exchanges dimensions: dimension i of the result is dimension <c>axes[i]</c> of the source.</summary>
    public static float[] Permute(float[] source, IReadOnlyList<int> shape, IReadOnlyList<int> axes)
    {
        int rank = shape.Count;
        int[] strides = new int[rank], size = new int[rank], step = new int[rank], index = new int[rank];
        for (int d = rank - 1, stride = 1; d >= 0; stride *= shape[d], d--) strides[d] = stride;
        for (int d = 0; d < rank; d++) (size[d], step[d]) = (shape[axes[d]], strides[axes[d]]);
        float[] result = new float[source.Length];
        // Walks the result in order and steps through the source.
        for (int to = 0, from = 0; to < result.Length; to++)
        {
            result[to] = source[from];
            for (int d = rank - 1; d >= 0; d--)
            {
                from += step[d];
                if (++index[d] < size[d]) break;
                from -= step[d] * size[d];
                index[d] = 0;
            }
        }

        return result;
    }
}
