using Tips.MLNet.Search;

namespace Tips.MLNet.Quality;

/// <summary>Searches for the neighbors of some rows, and of those that need it, again among more.</summary>
internal static class RowSearch
{
    private const int RowsAtOnce = 1024, MostResultsAtOnce = 1 << 24;

    /// <summary>Looks at the rows that were found for a query: row numbers, nearest first, and their cosines.</summary>
    /// <returns>False to be asked again with more rows; what is returned does not matter if these are all.</returns>
    public delegate bool Visitor(int query, ReadOnlySpan<int> found, ReadOnlySpan<float> cosines);

    /// <param name="index">The rows to search.</param>
    /// <param name="queries">The queries, one after another, as long as the rows.</param>
    /// <param name="depth">Rows to find at first.</param>
    /// <param name="visit">Called on this thread.</param>
    /// <param name="cancellationToken">Stops the search.</param>
    public static void Run(
        NeighborIndex index, ReadOnlyMemory<float> queries, int depth, Visitor visit, CancellationToken cancellationToken)
    {
        int[] pending = [.. Enumerable.Range(0, queries.Length / index.Dimension)];
        for (depth = Math.Min(index.Count, depth); pending.Length > 0; depth = (int)Math.Min(index.Count, 4L * depth))
        {
            var unfinished = new List<int>();
            foreach (int[] chunk in pending.Chunk(Math.Clamp(MostResultsAtOnce / depth, 1, RowsAtOnce)))
            {
                cancellationToken.ThrowIfCancellationRequested();
                var (found, cosines) = Search(index, queries.Span, chunk, depth);
                for (int i = 0; i < chunk.Length; i++)
                {
                    bool isDone = visit(chunk[i], found.AsSpan(i * depth, depth), cosines.AsSpan(i * depth, depth));
                    if (!isDone && depth < index.Count) unfinished.Add(chunk[i]);
                }
            }

            pending = [.. unfinished];
        }
    }

    private static (int[] Found, float[] Cosines) Search(NeighborIndex index, ReadOnlySpan<float> queries, int[] chunk, int depth)
    {
        float[] chosen = new float[chunk.Length * index.Dimension];
        for (int i = 0; i < chunk.Length; i++)
            queries.Slice(chunk[i] * index.Dimension, index.Dimension).CopyTo(chosen.AsSpan(i * index.Dimension));
        int[] found = new int[chunk.Length * depth];
        float[] cosines = new float[found.Length];
        index.Search(chosen, chunk.Length, depth, found, cosines);
        foreach (ref float cosine in cosines.AsSpan()) cosine = Math.Clamp(cosine, -1f, 1f);
        return (found, cosines);
    }
}
