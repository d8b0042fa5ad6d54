namespace Tips.MLNet.Search;

/// <summary>Searches some blocks of rows for some queries, on one core.</summary>
internal sealed class SearchTask<TSimd, TMeasure>(SearchRequest request, DistanceMetric metric)
    where TSimd : struct, ISimd<TSimd>
    where TMeasure : struct, IMeasure
{
    private const int Tile = SearchKernel<TSimd, TMeasure>.TileQueries;

    public SearchRequest Request => request;

    /// <summary>
    /// The nearest rows of queries <paramref name="firstQuery"/> to <paramref name="endQuery"/> − 1 in a range of blocks.
    /// </summary>
    public TopK[] Run(int firstQuery, int endQuery, int firstBlock, int endBlock)
    {
        // A part of the rows cannot have more results than rows.
        int k = (int)Math.Min(request.K, (endBlock - firstBlock) * (long)request.Rows.RowsPerBlock);
        var best = new TopK[endQuery - firstQuery];
        for (int i = 0; i < best.Length; i++) best[i] = new TopK(k, TMeasure.Scale);
        if (best.Length == 1) RunOne(best[0], firstQuery, firstBlock, endBlock);
        else RunTiles(best, firstQuery, firstBlock, endBlock);
        return best;
    }

    private void RunOne(TopK best, int queryIndex, int firstBlock, int endBlock)
    {
        var rows = request.Rows;
        float[] query = new float[rows.Dimension];
        Scale(queryIndex, query, 1);
        Span<float> sums = stackalloc float[Panels.Rows];
        for (int block = firstBlock; block < endBlock; block++)
        {
            var panels = rows.Block(block);
            for (int start = 0, row = block * rows.RowsPerBlock; start < panels.Length; start += rows.PanelLength, row += Panels.Rows)
            {
                SearchKernel<TSimd, TMeasure>.RunOne(panels.Slice(start, rows.PanelLength), query, sums);
                Offer(best, sums, row);
            }
        }
    }

    private void RunTiles(TopK[] best, int firstQuery, int firstBlock, int endBlock)
    {
        var rows = request.Rows;
        int tiles = (best.Length + Tile - 1) / Tile, tileLength = Tile * rows.Dimension;
        float[] packed = new float[tiles * tileLength]; // the last tile is padded with zeros
        for (int q = 0; q < best.Length; q++) Scale(firstQuery + q, packed.AsSpan(q / Tile * tileLength + q % Tile), Tile);
        Span<float> sums = stackalloc float[Tile * Panels.Rows];
        for (int block = firstBlock; block < endBlock; block++)
        {
            var panels = rows.Block(block);
            for (int tile = 0; tile < tiles; tile++)
            {
                var queries = packed.AsSpan(tile * tileLength, tileLength);
                int queryCount = Math.Min(Tile, best.Length - tile * Tile);
                for (int start = 0, row = block * rows.RowsPerBlock; start < panels.Length; start += rows.PanelLength, row += Panels.Rows)
                {
                    SearchKernel<TSimd, TMeasure>.RunTile(panels.Slice(start, rows.PanelLength), queries, sums);
                    for (int q = 0; q < queryCount; q++) Offer(best[tile * Tile + q], sums.Slice(q * Panels.Rows, Panels.Rows), row);
                }
            }
        }
    }

    // Most panels have no row nearer than the worst one kept; comparing whole vectors shows it. Until there are k, any row will do, even
    // one whose distance is too large for a float (−∞).
    private void Offer(TopK best, ReadOnlySpan<float> sums, int firstRow)
    {
        if (best.IsFull && !SearchKernel<TSimd, TMeasure>.AnyGreater(sums, best.Threshold)) return;
        int rowCount = Math.Min(Panels.Rows, request.Rows.Count - firstRow);
        for (int i = 0; i < rowCount; i++)
        {
            if (best.IsFull && !(sums[i] > best.Threshold)) continue;
            if (request.Accept is null || request.Accept(firstRow + i)) best.Offer(sums[i], firstRow + i);
        }
    }

    private void Scale(int queryIndex, Span<float> destination, int stride)
    {
        int dimension = request.Rows.Dimension;
        var query = request.Queries.Span.Slice(queryIndex * dimension, dimension);
        double scale = metric == DistanceMetric.Cosine ? ExactSearch.InverseNorm(query) : 1;
        for (int i = 0; i < query.Length; i++) destination[i * stride] = (float)(query[i] * scale);
    }
}
