namespace Tips.MLNet.Encoders;

/// <summary>How a picture goes through the model: its size, the zeros around it, and the windows of it that are run.</summary>
internal sealed record PatchLayout
{
    /// <summary>What the picture's height is resized to.</summary>
    public required int Height { get; init; }

    /// <summary>What the picture's width is resized to.</summary>
    public required int Width { get; init; }

    /// <summary>Height of a window.</summary>
    public required int WindowHeight { get; init; }

    /// <summary>Width of a window.</summary>
    public required int WindowWidth { get; init; }

    /// <summary>Pixels from one row of windows to the next.</summary>
    public int StrideDown { get; init; }

    /// <summary>Pixels from one window of a row to the next.</summary>
    public int StrideAcross { get; init; }

    /// <summary>Rows of zeros above the picture.</summary>
    public int Top { get; init; }

    /// <summary>Columns of zeros to its left.</summary>
    public int Left { get; init; }

    /// <summary>Height with the zeros around it.</summary>
    public int PaddedHeight => IsWhole ? WindowHeight : Height;

    /// <summary>Width with the zeros around it.</summary>
    public int PaddedWidth => IsWhole ? WindowWidth : Width;

    /// <summary>Whether there is one window, which is the whole picture.</summary>
    public bool IsWhole => StrideDown == 0;

    /// <summary>The whole picture at once.</summary>
    public static PatchLayout Whole(int height, int width)
        => new() { Height = height, Width = width, WindowHeight = height, WindowWidth = width };

    /// <summary>Where windows begin, row by row.</summary>
    public IEnumerable<(int Top, int Left)> Origins()
    {
        if (IsWhole) return [(0, 0)];
        int[] tops = Starts(Height, WindowHeight, StrideDown), lefts = Starts(Width, WindowWidth, StrideAcross);
        return tops.SelectMany(top => lefts.Select(left => (top, left)));
    }

    private static int[] Starts(int side, int window, int stride)
    {
        int count = (side - window + stride - 1) / stride + 1;
        return [.. Enumerable.Range(0, count).Select(i => Math.Min(i * stride, side - window))];
    }
}
