namespace Tips.MLNet.Search;

/// <summary>What to search for.</summary>
/// <param name="Rows">The rows to search.</param>
/// <param name="Queries">count × dimension values.</param>
/// <param name="Count">Number of queries.</param>
/// <param name="K">Rows to find for each.</param>
/// <param name="Accept">
/// Whether a row may be an answer; null accepts all. Called only for rows that would otherwise be kept, from several threads at once.
/// </param>
internal readonly record struct SearchRequest(RowSet Rows, ReadOnlyMemory<float> Queries, int Count, int K, Func<int, bool>? Accept);
