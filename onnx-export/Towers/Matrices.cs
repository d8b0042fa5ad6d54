namespace Tips.OnnxExport.Towers;

/// <summary>Plain matrix helpers.</summary>
internal static class Matrices
{
    /// <summary>Side of the square tiles: two of them fit in the L1 cache.</summary>
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
                    for (int column = columnTile; column < columnEnd; column++)
                        result[column * rows + row] = source[row * columns + column];
                }
            }
        }

        return result;
    }
}
