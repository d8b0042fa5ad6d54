namespace Tips.MLNet.Quality;

/// <summary>
/// The nearest neighbors of every row among the others, where a group of duplicates counts once, by its nearest member, and a row's own
/// group does not count at all.
/// </summary>
internal static class Neighborhoods
{
    /// <summary>Receives the neighborhood of a row: rows of different groups, nearest first, and their cosines.</summary>
    public delegate void Visitor(int row, ReadOnlySpan<int> neighbors, ReadOnlySpan<float> cosines);

    /// <param name="embeddings">The embeddings, one after another, checked.</param>
    /// <param name="dimension">Length of an embedding.</param>
    /// <param name="duplicates">The groups; null if there are none.</param>
    /// <param name="k">Neighbors to find; fewer if there are not so many groups.</param>
    /// <param name="visit">Called once for every row, on this thread, in no particular order.</param>
    /// <param name="cancellationToken">Stops the search.</param>
    public static void Visit(
        ReadOnlyMemory<float> embeddings,
        int dimension,
        DuplicateGroups? duplicates,
        int k,
        Visitor visit,
        CancellationToken cancellationToken)
    {
        int count = embeddings.Length / dimension;
        int[] groups = duplicates?.FirstRows() ?? [.. Enumerable.Range(0, count)];
        k = Math.Min(k, count - 1 - (duplicates?.ExcessCount ?? 0));
        int[] neighbors = new int[k];
        float[] near = new float[k];
        var seen = new HashSet<int>();
        // Most rows have k groups among their k + 1 nearest rows.
        RowSearch.Run(EmbeddingRows.Index(embeddings, dimension), embeddings, k + 1, Select, cancellationToken);

        bool Select(int row, ReadOnlySpan<int> found, ReadOnlySpan<float> cosines)
        {
            seen.Clear();
            seen.Add(groups[row]);
            int kept = 0;
            for (int i = 0; i < found.Length && kept < k; i++)
            {
                if (!seen.Add(groups[found[i]])) continue;
                (neighbors[kept], near[kept]) = (found[i], cosines[i]);
                kept++;
            }

            if (kept == k) visit(row, neighbors, near);
            return kept == k;
        }
    }
}
