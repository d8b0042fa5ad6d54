namespace Tips.MLNet;

/// <summary>How likely each patch of a picture is foreground. Immutable and thread-safe.</summary>
public sealed class ForegroundMap
{
    private readonly float[] _probabilities, _smoothed;

    internal ForegroundMap(int rows, int columns, float[] probabilities)
        => (Rows, Columns, _probabilities, _smoothed) = (rows, columns, probabilities, Median(probabilities, rows, columns));

    /// <summary>Rows of patches, from the top.</summary>
    public int Rows { get; }

    /// <summary>Patches of a row, from the left.</summary>
    public int Columns { get; }

    /// <summary>The probability of each patch, row by row.</summary>
    public ReadOnlySpan<float> Probabilities => _probabilities;

    /// <summary>
    /// The median of the 3 × 3 patches around each, row by row; what lies outside counts as 0, as in SciPy's <c>medfilt2d</c>.
    /// </summary>
    public ReadOnlySpan<float> Smoothed => _smoothed;

    private static float[] Median(float[] values, int rows, int columns)
    {
        float[] result = new float[values.Length];
        Span<float> around = stackalloc float[9];
        for (int i = 0; i < values.Length; i++)
        {
            var (row, column) = Math.DivRem(i, columns);
            for (int j = 0; j < around.Length; j++)
            {
                int y = row + j / 3 - 1, x = column + j % 3 - 1;
                around[j] = y >= 0 && y < rows && x >= 0 && x < columns ? values[y * columns + x] : 0;
            }

            around.Sort();
            result[i] = around[4];
        }

        return result;
    }
}
