namespace Tips.MLNet.Search;

/// <summary>
/// How rows are kept, in memory and on disk alike: 32 rows side by side make a panel, dimension by dimension, which is the order that the
/// kernels read them in; as many panels as fit into half of a common second-level cache make a block. The same on every machine.
/// </summary>
internal static class Panels
{
    /// <summary>Rows of a panel: two vectors of 512 bits.</summary>
    public const int Rows = 32;

    /// <summary>Longest vector: the bytes of one panel must be countable in an <see cref="int"/>.</summary>
    public const int MaximumDimension = (1 << 24) - 1;

    /// <summary>Bytes of rows that all queries of a task are compared with before the next ones.</summary>
    private const int BlockBytes = 512 << 10;

    /// <summary>Panels of a block.</summary>
    public static int PerBlock(int dimension) => Math.Max(1, (int)(BlockBytes / ((long)sizeof(float) * dimension * Rows)));

    /// <summary>Number of panels needed for a number of rows.</summary>
    public static int Count(int rows) => (int)(((long)rows + Rows - 1) / Rows);
}
