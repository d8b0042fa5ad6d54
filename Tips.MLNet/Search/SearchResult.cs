namespace Tips.MLNet;

/// <summary>An entry that was found.</summary>
/// <param name="Id">Its id.</param>
/// <param name="Similarity">Cosine with the query, −1 to 1.</param>
/// <param name="Payload">What was stored with it.</param>
public readonly record struct SearchResult(string Id, float Similarity, string? Payload);

/// <summary>Two entries that are alike.</summary>
/// <param name="First">Id of the one that comes first in the index.</param>
/// <param name="Second">Id of the other.</param>
/// <param name="Similarity">Their cosine, −1 to 1.</param>
public readonly record struct SimilarPair(string First, string Second, float Similarity);
