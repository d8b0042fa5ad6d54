namespace Tips.MLNet.Samples.Index;

/// <summary>What <c>index</c> is asked to do.</summary>
/// <param name="Images">Folder or table of pictures.</param>
/// <param name="IndexFile">The index, which may exist.</param>
internal sealed record IndexRequest(string Images, string IndexFile)
{
    /// <summary>Model folder; null for the one that comes with the program.</summary>
    public string? ModelFolder { get; init; }

    /// <summary>Whether the captions of the pictures go into the index, too.</summary>
    public bool Captions { get; init; }
}
