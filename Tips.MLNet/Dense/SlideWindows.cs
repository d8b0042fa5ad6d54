namespace Tips.MLNet.Dense;

/// <summary>The sizes and windows of TIPS's zero-shot segmentation.</summary>
internal static class SlideWindows
{
    /// <summary>The shorter side becomes <paramref name="size"/>, the longer one keeps the ratio, rounded down.</summary>
    /// <exception cref="InvalidOperationException">The longer side would be too long.</exception>
    public static (int Height, int Width) Resized(string name, int height, int width, int size)
    {
        double longer = (double)size * Math.Max(height, width) / Math.Min(height, width);
        if (longer * size * 4 > Array.MaxLength)
        {
            throw new InvalidOperationException(
                $"Picture '{name}' has {height}x{width} pixels (height x width). Its longer side would have {longer:F0} if its shorter one "
                + $"were resized to {size}: too many for one array.");
        }

        return height <= width ? (size, (int)longer) : ((int)longer, size);
    }

    /// <summary>Where windows begin, row by row; the last ones of a row and of a column are shifted inside.</summary>
    public static IEnumerable<(int Top, int Left)> Origins(int height, int width, int size, int stride)
    {
        int down = Count(height, size, stride), across = Count(width, size, stride);
        return Enumerable.Range(0, down).SelectMany(y => Enumerable.Range(0, across).Select(x
            => (Math.Min(y * stride, Math.Max(height - size, 0)), Math.Min(x * stride, Math.Max(width - size, 0)))));
    }

    private static int Count(int side, int size, int stride) => (Math.Max(side - size, 0) + stride - 1) / stride + 1;
}
