namespace Tips.MLNet.Search;

/// <summary>Rows by number, searched exactly by one metric. Searching is thread-safe; adding is not. Values must be finite.</summary>
internal sealed class NeighborIndex
{
    private readonly RowStore _rows;
    private RowSet? _set;

    /// <exception cref="ArgumentOutOfRangeException"><paramref name="dimension"/> is out of range.</exception>
    public NeighborIndex(int dimension, DistanceMetric metric) => (_rows, Metric) = (new RowStore(dimension), metric);

    public int Dimension => _rows.Dimension;

    public DistanceMetric Metric { get; }

    /// <summary>Number of rows.</summary>
    public int Count => _rows.Count;

    /// <summary>The rows as they are now.</summary>
    public RowSet Rows => _set ??= _rows.Snapshot();

    /// <summary>Adds a row. For the cosine it is scaled to unit length first; a row of zeros stays as it is.</summary>
    public void Add(ReadOnlySpan<float> row) => Add(row, Metric == DistanceMetric.Cosine ? ExactSearch.InverseNorm(row) : 1);

    /// <summary>Adds a row that <see cref="CopyRow"/> returned, bit for bit.</summary>
    public void AddUnchanged(ReadOnlySpan<float> row) => Add(row, 1);

    /// <summary>Copies a row as it is kept.</summary>
    public void CopyRow(int row, Span<float> destination) => Rows.CopyRow(row, destination);

    /// <summary>Finds the nearest rows of every query, nearest first; of equally near rows the first one added comes first.</summary>
    /// <param name="queries">count × dimension values.</param>
    /// <param name="count">Number of queries.</param>
    /// <param name="k">Rows to find for each, at most <see cref="Count"/>.</param>
    /// <param name="rows">Receives count × k row numbers.</param>
    /// <param name="similarities">Receives count × k similarities, as <see cref="DistanceMetric"/> defines them.</param>
    public void Search(ReadOnlyMemory<float> queries, int count, int k, Memory<int> rows, Memory<float> similarities)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(k, Count);
        var best = ExactSearch.Run(new SearchRequest(Rows, queries, count, k, Accept: null), Metric);
        for (int q = 0; q < count; q++)
        {
            int found = best[q].Drain(rows.Span.Slice(q * k, k), similarities.Span.Slice(q * k, k));
            if (found != k) throw new InvalidOperationException($"The search found {found} rows, expected {k}.");
        }
    }

    private void Add(ReadOnlySpan<float> row, double scale)
    {
        _rows.Add(row, scale);
        _set = null;
    }
}
