using System.Numerics.Tensors;
using System.Runtime.Intrinsics;

namespace Tips.MLNet.Search;

/// <summary>
/// Exact nearest neighbours over vectors in memory: every query is compared with every row, in blocks that stay in the cache, on all
/// cores. Rows are kept in panels (a few rows side by side, dimension by dimension), the order the kernel reads them in.
/// </summary>
/// <remarks>Searching is thread-safe; adding is not. Values must be finite.</remarks>
internal sealed class NeighborIndex
{
    /// <summary>Bytes of rows that all queries of a task meet before the next ones: half of a common second-level cache.</summary>
    private const int BlockBytes = 512 << 10;

    /// <summary>Longest vector: one panel of them must fit into an array.</summary>
    public const int MaximumDimension = 1 << 24;

    private const int QueriesPerTask = 96;

    private readonly List<float[]> _blocks = [];
    private readonly int _panelRows, _panelsPerBlock;

    public NeighborIndex(int dimension, DistanceMetric metric)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(dimension);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(dimension, MaximumDimension);
        Dimension = dimension;
        Metric = metric;
        _panelRows = Vector512.IsHardwareAccelerated ? SearchKernel<Simd512, DotProduct>.PanelRows : SearchKernel<Simd256, DotProduct>.PanelRows;
        _panelsPerBlock = Math.Max(1, (int)(BlockBytes / ((long)sizeof(float) * dimension * _panelRows)));
    }

    public int Dimension { get; }

    public DistanceMetric Metric { get; }

    /// <summary>Number of rows.</summary>
    public int Count { get; private set; }

    private int RowsPerBlock => _panelsPerBlock * _panelRows;

    /// <summary>
    /// How far rounding may take the cosine of equal vectors from 1: it grows with the root of the number of products (at most 5e-8 times it,
    /// measured from 384 to 1,536 dimensions).
    /// </summary>
    public static float CosineRounding(int dimension) => 1e-7f * MathF.Sqrt(dimension);

    /// <summary>Adds a row. For the cosine it is scaled to unit length first; a row of zeros stays one.</summary>
    public void Add(ReadOnlySpan<float> row) => Append(row, Metric == DistanceMetric.Cosine ? InverseNorm(row) : 1);

    /// <summary>Adds a row that <see cref="CopyRow"/> gave, bit for bit.</summary>
    public void AddAsKept(ReadOnlySpan<float> row) => Append(row, 1);

    /// <summary>Copies a row as it is kept.</summary>
    public void CopyRow(int row, Span<float> destination)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual((uint)row, (uint)Count, nameof(row));
        var (block, start) = Locate(row);
        for (int i = 0; i < Dimension; i++) destination[i] = block[start + i * _panelRows];
    }

    /// <summary>Removes a row; the last one takes its place.</summary>
    public void RemoveBySwap(int row)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual((uint)row, (uint)Count, nameof(row));
        var (lastBlock, lastStart) = Locate(Count - 1);
        var (block, start) = Locate(row);
        for (int i = 0; i < Dimension; i++)
        {
            block[start + i * _panelRows] = lastBlock[lastStart + i * _panelRows];
            lastBlock[lastStart + i * _panelRows] = 0f;
        }

        Count--;
        if (Count % RowsPerBlock == 0) _blocks.RemoveAt(_blocks.Count - 1);
    }

    /// <summary>Finds the pairs of rows that are at least so similar.</summary>
    /// <param name="threshold">Least similarity, as <see cref="DistanceMetric"/> defines it.</param>
    /// <param name="most">Pairs to keep at most: the most similar.</param>
    /// <returns>Pairs, the lower row first, the most similar pair first.</returns>
    public IReadOnlyList<(int First, int Second, float Similarity)> PairsAbove(float threshold, int most)
    {
        var pairs = new BestPairs(most);
        Parallel.For(0, (Count + QueriesPerTask - 1) / QueriesPerTask, task =>
        {
            int first = task * QueriesPerTask, count = Math.Min(QueriesPerTask, Count - first);
            if (Vector512.IsHardwareAccelerated) PairsWith<Simd512>(first, count, threshold, pairs);
            else PairsWith<Simd256>(first, count, threshold, pairs);
        });
        return pairs.ToSorted();
    }

    /// <summary>Finds the nearest rows of every query, nearest first; of equally near rows the first one added comes first.</summary>
    /// <param name="queries">count × dimension values.</param>
    /// <param name="count">Number of queries.</param>
    /// <param name="k">Rows to find for each, at most <see cref="Count"/>.</param>
    /// <param name="rows">Receives count × k row numbers.</param>
    /// <param name="similarities">Receives count × k similarities, as <see cref="DistanceMetric"/> defines them.</param>
    public void Search(ReadOnlyMemory<float> queries, int count, int k, Memory<int> rows, Memory<float> similarities)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(queries.Length, (long)count * Dimension, nameof(queries));
        ArgumentOutOfRangeException.ThrowIfGreaterThan(k, Count);
        int tasks = (count + QueriesPerTask - 1) / QueriesPerTask;
        if (tasks < Environment.ProcessorCount) tasks = Math.Min(Environment.ProcessorCount, (count + TileQueries - 1) / TileQueries);
        if (tasks <= 1)
        {
            SearchRange(0, count);
            return;
        }

        int perTask = (count + tasks - 1) / tasks;
        Parallel.For(0, tasks, task => SearchRange(Math.Min(task * perTask, count), Math.Min((task + 1) * perTask, count)));

        void SearchRange(int start, int end)
        {
            if (start == end) return;
            int n = end - start;
            var part = new SearchRequest(queries.Slice(start * Dimension, n * Dimension), n, k, rows.Slice(start * k, n * k), similarities.Slice(start * k, n * k));
            if (Vector512.IsHardwareAccelerated) SearchWith<Simd512>(part);
            else SearchWith<Simd256>(part);
        }
    }

    private static int TileQueries => SearchKernel<Simd256, DotProduct>.Queries;

    // In double: the squares of large or tiny values, and the factors that undo them, would leave the range of a float.
    private static double InverseNorm(ReadOnlySpan<float> vector)
    {
        double sum = 0;
        foreach (float value in vector) sum += (double)value * value;
        return sum > 0 ? 1 / Math.Sqrt(sum) : 0;
    }

    private void Append(ReadOnlySpan<float> row, double scale)
    {
        if (row.Length != Dimension) throw new ArgumentException($"The row has {row.Length} values, expected {Dimension}.", nameof(row));
        if (Count % RowsPerBlock == 0) _blocks.Add(new float[RowsPerBlock * Dimension]);
        var (block, start) = Locate(Count);
        for (int i = 0; i < row.Length; i++) block[start + i * _panelRows] = (float)(row[i] * scale);
        Count = checked(Count + 1);
    }

    private (float[] Block, int Start) Locate(int row)
    {
        int inBlock = row % RowsPerBlock;
        return (_blocks[row / RowsPerBlock], inBlock / _panelRows * _panelRows * Dimension + inBlock % _panelRows);
    }

    private void SearchWith<TSimd>(SearchRequest request)
        where TSimd : struct, ISimd<TSimd>
    {
        if (Metric == DistanceMetric.Cosine) SearchWith<TSimd, DotProduct>(request);
        else SearchWith<TSimd, NegativeSquaredDistance>(request);
    }

    private void SearchWith<TSimd, TMeasure>(SearchRequest request)
        where TSimd : struct, ISimd<TSimd>
        where TMeasure : struct, IMeasure
    {
        const int tile = SearchKernel<TSimd, TMeasure>.Queries;
        int tiles = (request.Count + tile - 1) / tile;
        float[] packed = Pack(request, tile, tiles);
        var best = new TopK[request.Count];
        for (int i = 0; i < best.Length; i++) best[i] = new TopK(request.K);

        int panelLength = _panelRows * Dimension;
        Span<float> sums = stackalloc float[tile * SearchKernel<TSimd, TMeasure>.PanelRows];
        for (int block = 0, first = 0; block < _blocks.Count; block++)
        {
            int panels = Math.Min(_panelsPerBlock, (Count - first + _panelRows - 1) / _panelRows);
            for (int t = 0; t < tiles; t++)
            {
                var queries = packed.AsSpan(t * tile * Dimension, tile * Dimension);
                int queryCount = Math.Min(tile, request.Count - t * tile);
                for (int panel = 0; panel < panels; panel++)
                {
                    SearchKernel<TSimd, TMeasure>.Run(_blocks[block].AsSpan(panel * panelLength, panelLength), queries, sums);
                    int firstRow = first + panel * _panelRows, rowCount = Math.Min(_panelRows, Count - firstRow);
                    for (int q = 0; q < queryCount; q++) Offer<TSimd>(best[t * tile + q], sums.Slice(q * _panelRows, _panelRows), firstRow, rowCount);
                }
            }

            first += panels * _panelRows;
        }

        for (int q = 0; q < best.Length; q++)
        {
            var similarities = request.Similarities.Span.Slice(q * request.K, request.K);
            int found = best[q].Drain(request.Rows.Span.Slice(q * request.K, request.K), similarities);
            if (found != request.K) throw new InvalidOperationException($"The search found {found} rows, expected {request.K}.");
            TensorPrimitives.Multiply(similarities, TMeasure.Scale, similarities);
        }
    }

    private void PairsWith<TSimd>(int first, int count, float threshold, BestPairs pairs)
        where TSimd : struct, ISimd<TSimd>
    {
        if (Metric == DistanceMetric.Cosine) PairsWith<TSimd, DotProduct>(first, count, threshold, pairs);
        else PairsWith<TSimd, NegativeSquaredDistance>(first, count, threshold, pairs);
    }

    // Rows as queries against the rows behind them.
    private void PairsWith<TSimd, TMeasure>(int first, int count, float threshold, BestPairs pairs)
        where TSimd : struct, ISimd<TSimd>
        where TMeasure : struct, IMeasure
    {
        const int tile = SearchKernel<TSimd, TMeasure>.Queries;
        float[] packed = new float[(count + tile - 1) / tile * tile * Dimension], row = new float[Dimension];
        for (int q = 0; q < count; q++)
        {
            CopyRow(first + q, row);
            int start = q / tile * tile * Dimension + q % tile;
            for (int i = 0; i < row.Length; i++) packed[start + i * tile] = row[i];
        }

        var found = pairs.Part();
        int panelLength = _panelRows * Dimension;
        Span<float> sums = stackalloc float[tile * SearchKernel<TSimd, TMeasure>.PanelRows];
        for (int panelRow = first / _panelRows * _panelRows; panelRow < Count; panelRow += _panelRows)
        {
            var (block, start) = Locate(panelRow);
            for (int t = 0; t * tile < count; t++)
            {
                SearchKernel<TSimd, TMeasure>.Run(block.AsSpan(start, panelLength), packed.AsSpan(t * tile * Dimension, tile * Dimension), sums);
                for (int q = t * tile; q < Math.Min((t + 1) * tile, count); q++)
                {
                    for (int i = 0; i < Math.Min(_panelRows, Count - panelRow); i++)
                    {
                        float similarity = sums[(q - t * tile) * _panelRows + i] * TMeasure.Scale;
                        if (panelRow + i > first + q && similarity >= threshold) found.Add(first + q, panelRow + i, similarity);
                    }
                }
            }
        }

        pairs.Merge(found);
    }

    // Most panels have no row nearer than the worst one kept; two comparisons of whole vectors tell. Until there are k, any row will do,
    // even one whose distance is beyond float32 (−∞).
    private static void Offer<TSimd>(TopK best, ReadOnlySpan<float> sums, int firstRow, int rowCount)
        where TSimd : struct, ISimd<TSimd>
    {
        var threshold = TSimd.Broadcast(best.Threshold);
        if (best.IsFull && !TSimd.AnyGreater(TSimd.Load(in sums[0]), threshold) && !TSimd.AnyGreater(TSimd.Load(in sums[TSimd.Width]), threshold)) return;
        for (int i = 0; i < rowCount; i++)
        {
            if (!best.IsFull || sums[i] > best.Threshold) best.Offer(sums[i], firstRow + i);
        }
    }

    // Tiles of queries, dimension by dimension; the last tile is filled up with zeros.
    private float[] Pack(SearchRequest request, int tile, int tiles)
    {
        float[] packed = new float[tiles * tile * Dimension];
        for (int q = 0; q < request.Count; q++)
        {
            var query = request.Queries.Span.Slice(q * Dimension, Dimension);
            double scale = Metric == DistanceMetric.Cosine ? InverseNorm(query) : 1;
            int start = q / tile * tile * Dimension + q % tile;
            for (int i = 0; i < query.Length; i++) packed[start + i * tile] = (float)(query[i] * scale);
        }

        return packed;
    }

    private readonly record struct SearchRequest(ReadOnlyMemory<float> Queries, int Count, int K, Memory<int> Rows, Memory<float> Similarities);
}
