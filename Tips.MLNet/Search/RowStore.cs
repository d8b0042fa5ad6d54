namespace Tips.MLNet.Search;

/// <summary>Rows that can be added, replaced and removed. Callers must synchronize access; sets taken from it never change.</summary>
internal sealed class RowStore
{
    private readonly BlockArray<float> _blocks;
    private readonly int _rowsPerBlock;

    /// <param name="dimension">Length of a row.</param>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="dimension"/> is out of range.</exception>
    public RowStore(int dimension)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(dimension);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(dimension, Panels.MaximumDimension);
        Dimension = dimension;
        _rowsPerBlock = Panels.PerBlock(dimension) * Panels.Rows;
        _blocks = new BlockArray<float>(_rowsPerBlock * dimension);
    }

    public int Dimension { get; }

    /// <summary>Number of rows.</summary>
    public int Count { get; private set; }

    /// <summary>Adds a row, each value times <paramref name="scale"/>.</summary>
    public void Add(ReadOnlySpan<float> row, double scale)
    {
        CheckLength(row);
        Write(_blocks.ForAppend(Count / _rowsPerBlock), Count, row, scale);
        Count = checked(Count + 1);
    }

    /// <summary>Takes all memory that changing a row needs, so that the change itself cannot fail halfway.</summary>
    /// <param name="index">The row.</param>
    /// <param name="inUse">Whether a set taken earlier may still be in use.</param>
    public void PrepareChange(int index, bool inUse) => _blocks.ForChange(index / _rowsPerBlock, inUse);

    /// <summary>Replaces a row.</summary>
    /// <param name="index">The row.</param>
    /// <param name="row">Its new values.</param>
    /// <param name="scale">Factor of each value.</param>
    /// <param name="inUse">Whether a set taken earlier may still be in use.</param>
    public void Replace(int index, ReadOnlySpan<float> row, double scale, bool inUse)
    {
        CheckLength(row);
        Write(_blocks.ForChange(index / _rowsPerBlock, inUse), index, row, scale);
    }

    /// <summary>Removes a row; the last one takes its place.</summary>
    public void RemoveBySwap(int index, bool inUse)
    {
        int last = Count - 1;
        // The next row added goes where the last one was, so that block must not be one that a reader holds.
        PrepareChange(last, inUse);
        PrepareChange(index, inUse);
        Span<float> from = Row(_blocks.Peek(last / _rowsPerBlock), last), to = Row(_blocks.Peek(index / _rowsPerBlock), index);
        for (int i = 0; i < from.Length; i += Panels.Rows) to[i] = from[i];
        Count = last;
        if (Count % _rowsPerBlock == 0) _blocks.Trim(Count / _rowsPerBlock, inUse);
    }

    /// <summary>Copies a row as it is kept.</summary>
    public void CopyRow(int index, Span<float> destination)
    {
        var values = Row(_blocks.Peek(index / _rowsPerBlock), index);
        for (int i = 0; i < destination.Length; i++) destination[i] = values[i * Panels.Rows];
    }

    /// <summary>Takes the rows as they are now.</summary>
    public RowSet Snapshot() => new(Dimension, Count, _blocks.TakeSnapshot());

    private void CheckLength(ReadOnlySpan<float> row)
    {
        if (row.Length != Dimension) throw new ArgumentException($"The row has {row.Length} values, expected {Dimension}.", nameof(row));
    }

    // A row's values are Panels.Rows apart.
    private Span<float> Row(float[] block, int index)
    {
        int inBlock = index % _rowsPerBlock, start = inBlock / Panels.Rows * Panels.Rows * Dimension + inBlock % Panels.Rows;
        return block.AsSpan(start, (Dimension - 1) * Panels.Rows + 1);
    }

    private void Write(float[] block, int index, ReadOnlySpan<float> row, double scale)
    {
        var values = Row(block, index);
        for (int i = 0; i < row.Length; i++) values[i * Panels.Rows] = (float)(row[i] * scale);
    }
}
