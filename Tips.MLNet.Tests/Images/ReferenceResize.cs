namespace Tips.MLNet.Tests.Images;

/// <summary>
/// Pillow's resize written as plainly as possible, one channel value at a time. The fast version is compared with it.
/// </summary>
internal static class ReferenceResize
{
    private const int Channels = 4, PrecisionBits = 22;

    public static byte[] Resize(byte[] source, int width, int height, int newWidth, int newHeight, bool bicubic = false)
    {
        byte[] narrowed = new byte[height * newWidth * Channels];
        for (int y = 0; y < height; y++)
        {
            for (int x = 0; x < newWidth; x++)
            {
                for (int c = 0; c < Channels; c++)
                {
                    byte sample = Sample(i => source[(y * width + i) * Channels + c], x, width, newWidth, bicubic);
                    narrowed[(y * newWidth + x) * Channels + c] = sample;
                }
            }
        }

        byte[] result = new byte[newHeight * newWidth * Channels];
        for (int y = 0; y < newHeight; y++)
        {
            for (int x = 0; x < newWidth; x++)
            {
                for (int c = 0; c < Channels; c++)
                {
                    byte sample = Sample(i => narrowed[(i * newWidth + x) * Channels + c], y, height, newHeight, bicubic);
                    result[(y * newWidth + x) * Channels + c] = sample;
                }
            }
        }

        return result;
    }

    private static byte Sample(Func<int, byte> source, int index, int size, int newSize, bool bicubic)
    {
        if (size == newSize) return source(index);
        double scale = (double)size / newSize, widening = Math.Max(scale, 1), support = bicubic ? 2 * widening : widening;
        double center = (index + 0.5) * scale;
        int first = Math.Max(0, (int)(center - support + 0.5)), end = Math.Min(size, (int)(center + support + 0.5));
        double[] weights = new double[end - first];
        for (int i = first; i < end; i++) weights[i - first] = Kernel(Math.Abs((i - center + 0.5) / widening));
        double total = weights.Sum();
        long sum = 1L << (PrecisionBits - 1);
        for (int i = first; i < end; i++)
            sum += source(i) * (long)Math.Round(weights[i - first] / total * (1 << PrecisionBits), MidpointRounding.AwayFromZero);
        return (byte)Math.Clamp(sum >> PrecisionBits, 0, 255);

        // The bicubic one is Keys's cubic convolution, -0.5, as two polynomials.
        double Kernel(double x) => (bicubic, x) switch
        {
            (false, _) => Math.Max(0, 1 - x),
            (true, < 1) => 1.5 * x * x * x - 2.5 * x * x + 1,
            (true, < 2) => -0.5 * x * x * x + 2.5 * x * x - 4 * x + 2,
            _ => 0,
        };
    }
}
