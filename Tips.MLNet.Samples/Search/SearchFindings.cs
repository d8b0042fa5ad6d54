namespace Tips.MLNet.Samples.Search;

/// <summary>What <c>search</c> found, for --json.</summary>
internal sealed record SearchFindings
{
    public required string Model { get; init; }

    /// <summary>How many pictures were searched.</summary>
    public required int Pictures { get; init; }

    public required IReadOnlyList<QueryResult> Queries { get; init; }

    /// <summary>Pictures that are nearly the same; null if nobody asked.</summary>
    public required IReadOnlyList<SimilarPictures>? Duplicates { get; init; }

    /// <summary>How often a picture and its text find each other; null if there are no such texts.</summary>
    public required RecallResult? Recall { get; init; }

    /// <summary>Null if nothing could be shown on it.</summary>
    public required string? ContactSheet { get; init; }
}

/// <summary>What one query found, the most similar first.</summary>
internal sealed record QueryResult(string Query, IReadOnlyList<Hit> Hits);

/// <summary>A picture, its cosine, and what an index or a table says about it.</summary>
internal sealed record Hit(string Path, float Similarity, string? Label, string? Text);

/// <summary>Two pictures and their cosine.</summary>
internal sealed record SimilarPictures(string First, string Second, float Similarity);

/// <summary>Recall at several cutoffs, in both directions.</summary>
/// <param name="Texts">What the texts are: name or caption.</param>
/// <param name="Cutoffs">How many of the nearest count.</param>
/// <param name="TextToImage">Share of the texts that find their picture, for each cutoff.</param>
/// <param name="ImageToText">Share of the pictures that find their text, for each cutoff.</param>
internal sealed record RecallResult(
    string Texts, IReadOnlyList<int> Cutoffs, IReadOnlyList<double> TextToImage, IReadOnlyList<double> ImageToText);
