namespace Tips.OnnxExport.Towers;

/// <summary>
/// Position embeddings made of sinusoids with geometrically spaced wavelengths (Vaswani et al., 2017). All sines come before all cosines;
/// computed in float32, as in the reference.
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
