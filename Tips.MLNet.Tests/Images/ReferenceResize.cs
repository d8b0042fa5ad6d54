namespace Tips.MLNet.Tests.Images;

/// <summary>
/// Pillow's bilinear resize written as plainly as possible, one channel value at a time. The fast version is compared with it.
/// </summary>
internal static class ReferenceResize
{
    private const int Channels = 4, PrecisionBits = 22;

    public static byte[] Resize(byte[] source, int width, int height, int newWidth, int newHeight)
    {
        byte[] narrowed = new byte[height * newWidth * Channels];
        for (int y = 0; y < height; y++)
        {
            for (int x = 0; x < newWidth; x++)
            {
                for (int c = 0; c < Channels; c++)
                    narrowed[(y * newWidth + x) * Channels + c] = Sample(i => source[(y * width + i) * Channels + c], x, width, newWidth);
            }
        }

        byte[] result = new byte[newHeight * newWidth * Channels];
        for (int y = 0; y < newHeight; y++)
        {
            for (int x = 0; x < newWidth; x++)
            {
                for (int c = 0; c < Channels; c++)
                {
                    byte sample = Sample(i => narrowed[(i * newWidth + x) * Channels + c], y, height, newHeight);
                    result[(y * newWidth + x) * Channels + c] = sample;
                }
            }
        }

        return result;
    }

    private static byte Sample(Func<int, byte> source, int index, int size, int newSize)
    {
        if (size == newSize) return source(index);
        double scale = (double)size / newSize, support = Math.Max(scale, 1), center = (index + 0.5) * scale;
        int first = Math.Max(0, (int)(center - support + 0.5)), end = Math.Min(size, (int)(center + support + 0.5));
        double[] weights = new double[end - first];
        for (int i = first; i < end; i++) weights[i - first] = Math.Max(0, 1 - Math.Abs((i - center + 0.5) / support));
        double total = weights.Sum();
        long sum = 1L << (PrecisionBits - 1);
        for (int i = first; i < end; i++) sum += source(i) * (long)Math.Floor(0.5 + weights[i - first] / total * (1 << PrecisionBits));
        return (byte)Math.Clamp(sum >> PrecisionBits, 0, 255);
    }
}
