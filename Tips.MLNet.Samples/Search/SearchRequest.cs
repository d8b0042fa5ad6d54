namespace Tips.MLNet.Samples.Search;

/// <summary>What <c>search</c> is asked to do.</summary>
/// <param name="ContactSheet">File for the contact sheet of the pictures found.</param>
internal sealed record SearchRequest(string ContactSheet)
{
    /// <summary>An index that <c>index</c> made; null to make one in memory, for this search only.</summary>
    public string? IndexFile { get; init; }

    /// <summary>Model folder; null for that of the index, or the one that comes with the program.</summary>
    public string? ModelFolder { get; init; }

    /// <summary>
    /// Folder or table of pictures; null for those that come with the program. With a stored index: where its pictures are now.
    /// </summary>
    public string? Images { get; init; }

    /// <summary>Whether every picture has a caption, so that recall can be computed.</summary>
    public bool Captions { get; init; }

    /// <summary>What to look for.</summary>
    public IReadOnlyList<string> Queries { get; init; } = [];

    /// <summary>A picture to look for; with texts, both at once.</summary>
    public string? QueryImage { get; init; }

    /// <summary>How much the text counts beside the picture, from 0 to 1.</summary>
    public float TextWeight { get; init; }

    /// <summary>Conditions that what is found must meet.</summary>
    public IReadOnlyList<string> Filters { get; init; } = [];

    /// <summary>Whether captions are searched, and their pictures shown, instead of pictures.</summary>
    public bool ByCaption { get; init; }

    /// <summary>Number of pictures to find for each query.</summary>
    public required int Top { get; init; }

    /// <summary>Lists the pairs of pictures whose cosine is at least this; null to list none.</summary>
    public float? DuplicateThreshold { get; init; }
}
