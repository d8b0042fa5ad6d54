namespace Tips.OnnxExport.Towers;

/// <summary>
/// Positions as sinusoids of geometrically spaced wavelengths (Vaswani et al., 2017), all sines before all cosines, in float32 as the
/// reference computes them.
/// </summary>
internal static class Sinusoids
{
    private const double LongestWavelength = 10_000;

    /// <returns>length × width values.</returns>
    public static float[] Table(int length, int width)
    {
        int half = width / 2;
        float step = (float)(Math.Log(LongestWavelength) / Math.Max(half - 1, 1));
        float[] table = new float[length * width];
        for (int position = 0; position < length; position++)
        {
            for (int j = 0; j < half; j++)
            {
                float angle = position * MathF.Exp(j * -step);
                table[position * width + j] = MathF.Sin(angle);
                table[position * width + half + j] = MathF.Cos(angle);
            }
        }

        return table;
    }
}
