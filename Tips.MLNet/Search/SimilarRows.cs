using System.Runtime.Intrinsics;

namespace Tips.MLNet.Search;

/// <summary>Finds the pairs of rows at least as similar as a threshold, by comparing every row with every other, on all cores.</summary>
internal static class SimilarRows
{
    private const int QueriesPerTask = 96;

    /// <param name="rows">The rows.</param>
    /// <param name="threshold">Least dot product; of rows of unit length, the least cosine.</param>
    /// <param name="maximumCount">Maximum number of pairs to keep: the most similar ones.</param>
    /// <param name="cancellationToken">Stops the search.</param>
    /// <returns>Pairs, the lower row first, the most similar pair first.</returns>
    public static IReadOnlyList<(int First, int Second, float Similarity)> Find(
        RowSet rows, float threshold, int maximumCount, CancellationToken cancellationToken)
    {
        var pairs = new BestPairs(maximumCount);
        Collect(rows, threshold, pairs, cancellationToken);
        return pairs.ToSorted();
    }

    /// <summary>Hands every pair to a collector, in no particular order, the lower row first.</summary>
    /// <param name="rows">The rows.</param>
    /// <param name="threshold">Least dot product.</param>
    /// <param name="pairs">Receives the pairs.</param>
    /// <param name="cancellationToken">Stops the search.</param>
    public static void Collect<TPairs>(RowSet rows, float threshold, TPairs pairs, CancellationToken cancellationToken)
        where TPairs : IPairCollector<TPairs>
    {
        int tasks = (rows.Count + QueriesPerTask - 1) / QueriesPerTask;
        Parallel.For(0, tasks, new ParallelOptions { CancellationToken = cancellationToken }, task =>
        {
            int first = task * QueriesPerTask, count = Math.Min(QueriesPerTask, rows.Count - first);
            if (Vector512.IsHardwareAccelerated) Run<Simd512, TPairs>(rows, first, count, threshold, pairs);
            else Run<Simd256, TPairs>(rows, first, count, threshold, pairs);
        });
    }

    // Rows as queries against the rows after them.
    private static void Run<TSimd, TPairs>(RowSet rows, int first, int count, float threshold, TPairs pairs)
        where TSimd : struct, ISimd<TSimd>
        where TPairs : IPairCollector<TPairs>
    {
        const int tile = SearchKernel<TSimd, DotProduct>.TileQueries;
        int tileLength = tile * rows.Dimension;
        float[] packed = new float[(count + tile - 1) / tile * tileLength], row = new float[rows.Dimension];
        for (int q = 0; q < count; q++)
        {
            rows.CopyRow(first + q, row);
            for (int i = 0; i < row.Length; i++) packed[q / tile * tileLength + q % tile + i * tile] = row[i];
        }

        var found = pairs.CreatePart();
        Span<float> sums = stackalloc float[tile * Panels.Rows];
        for (int panelRow = first / Panels.Rows * Panels.Rows; panelRow < rows.Count; panelRow += Panels.Rows)
        {
            int start = panelRow % rows.RowsPerBlock / Panels.Rows * rows.PanelLength;
            var panel = rows.Block(panelRow / rows.RowsPerBlock).Slice(start, rows.PanelLength);
            int rowCount = Math.Min(Panels.Rows, rows.Count - panelRow);
            for (int t = 0; t * tile < count; t++)
            {
                SearchKernel<TSimd, DotProduct>.RunTile(panel, packed.AsSpan(t * tileLength, tileLength), sums);
                for (int q = t * tile; q < Math.Min((t + 1) * tile, count); q++)
                {
                    var similarities = sums.Slice((q - t * tile) * Panels.Rows, rowCount);
                    for (int i = 0; i < rowCount; i++)
                    {
                        float similarity = similarities[i] * DotProduct.Scale;
                        if (panelRow + i > first + q && similarity >= threshold) found.Add(first + q, panelRow + i, similarity);
                    }
                }
            }
        }

        pairs.Merge(found);
    }
}
