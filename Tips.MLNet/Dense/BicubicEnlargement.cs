namespace Tips.MLNet.Dense;

/// <summary>
/// Bicubic resizing of float32 planes with half-pixel centers, a = −0.75 and no antialias, as PyTorch's <c>interpolate(mode="bicubic",
/// align_corners=False)</c> does it.
/// </summary>
internal static class BicubicEnlargement
{
    private const int Taps = 4;

    /// <param name="source">planes × height × width values.</param>
    /// <param name="size">Height and width.</param>
    /// <param name="newSize">New height and width.</param>
    /// <param name="cancellationToken">Stops it.</param>
    /// <returns>planes × new height × new width values.</returns>
    public static float[] Resize(
        float[] source, (int Height, int Width) size, (int Height, int Width) newSize, CancellationToken cancellationToken = default)
    {
        int planes = source.Length / (size.Height * size.Width);
        var (rowAt, rowWeights) = Axis(size.Height, newSize.Height);
        var (columnAt, columnWeights) = Axis(size.Width, newSize.Width);
        float[] result = new float[planes * newSize.Height * newSize.Width];
        var options = new ParallelOptions { CancellationToken = cancellationToken };
        Parallel.For(0, planes * newSize.Height, options, line =>
        {
            var (plane, y) = Math.DivRem(line, newSize.Height);
            for (int x = 0; x < newSize.Width; x++)
            {
                float sum = 0;
                for (int i = 0; i < Taps; i++)
                {
                    int start = (plane * size.Height + rowAt[y * Taps + i]) * size.Width;
                    float across = 0;
                    for (int j = 0; j < Taps; j++) across += source[start + columnAt[x * Taps + j]] * columnWeights[x * Taps + j];
                    sum += across * rowWeights[y * Taps + i];
                }

                result[line * newSize.Width + x] = sum;
            }
        });
        return result;
    }

    private static (int[] At, float[] Weights) Axis(int size, int newSize)
    {
        int[] at = new int[newSize * Taps];
        float[] weights = new float[newSize * Taps];
        float scale = (float)size / newSize;
        for (int i = 0; i < newSize; i++)
        {
            float center = scale * (i + 0.5f) - 0.5f;
            int first = (int)MathF.Floor(center);
            float t = center - first;
            for (int tap = 0; tap < Taps; tap++)
            {
                at[i * Taps + tap] = Math.Clamp(first - 1 + tap, 0, size - 1);
                weights[i * Taps + tap] = Kernel(Math.Abs(t + 1 - tap));
            }
        }

        return (at, weights);
    }

    private static float Kernel(float x)
    {
        const float a = -0.75f;
        return x <= 1 ? ((a + 2) * x - (a + 3)) * x * x + 1 : ((a * x - 5 * a) * x + 8 * a) * x - 4 * a;
    }
}
