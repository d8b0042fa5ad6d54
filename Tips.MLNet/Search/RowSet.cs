namespace Tips.MLNet.Search;

/// <summary>Rows that do not change: a state of an index, or a file mapped into memory. Thread-safe.</summary>
internal sealed unsafe class RowSet
{
    private readonly float[][]? _blocks;
    private readonly float* _mapped;

    private RowSet(int dimension, int count)
    {
        (Dimension, Count) = (dimension, count);
        PanelsPerBlock = Panels.PerBlock(dimension);
        PanelLength = Panels.Rows * dimension;
    }

    /// <param name="dimension">Length of a row.</param>
    /// <param name="count">Number of rows.</param>
    /// <param name="blocks">Their blocks.</param>
    public RowSet(int dimension, int count, float[][] blocks)
        : this(dimension, count) => _blocks = blocks;

    /// <param name="dimension">Length of a row.</param>
    /// <param name="count">Number of rows.</param>
    /// <param name="mapped">Their panels, one after another; must outlive the set.</param>
    public RowSet(int dimension, int count, float* mapped)
        : this(dimension, count) => _mapped = mapped;

    public int Dimension { get; }

    public int Count { get; }

    public int PanelsPerBlock { get; }

    /// <summary>Floats of a panel.</summary>
    public int PanelLength { get; }

    public int RowsPerBlock => PanelsPerBlock * Panels.Rows;

    public int BlockCount => (int)(((long)Count + RowsPerBlock - 1) / RowsPerBlock);

    /// <summary>The panels of a block that hold rows.</summary>
    public ReadOnlySpan<float> Block(int block)
    {
        int panels = Math.Min(PanelsPerBlock, Panels.Count(Count) - block * PanelsPerBlock);
        return _blocks is not null
            ? _blocks[block].AsSpan(0, panels * PanelLength)
            : new ReadOnlySpan<float>(_mapped + (long)block * PanelsPerBlock * PanelLength, panels * PanelLength);
    }

    /// <summary>Copies a row as it is kept.</summary>
    public void CopyRow(int row, Span<float> destination)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual((uint)row, (uint)Count, nameof(row));
        int inBlock = row % RowsPerBlock;
        var panel = Block(row / RowsPerBlock).Slice(inBlock / Panels.Rows * PanelLength, PanelLength);
        for (int i = 0; i < Dimension; i++) destination[i] = panel[i * Panels.Rows + inBlock % Panels.Rows];
    }
}
