namespace Tips.MLNet.Samples.Search;

/// <summary>What the search sample is asked to do.</summary>
/// <param name="ContactSheet">File for the contact sheet of the pictures found.</param>
internal sealed record SearchRequest(string ContactSheet)
{
    /// <summary>Model folder; null for the one that comes with the samples.</summary>
    public string? ModelFolder { get; init; }

    /// <summary>Folder or table of pictures; null for those that come with the samples.</summary>
    public string? Images { get; init; }

    /// <summary>Whether every picture has a caption, so that recall can be computed.</summary>
    public bool Captions { get; init; }

    /// <summary>What to look for; if empty, some examples.</summary>
    public IReadOnlyList<string> Queries { get; init; } = [];

    /// <summary>Number of pictures to find for each query.</summary>
    public required int Top { get; init; }

    /// <summary>Lists the pairs of pictures whose cosine is at least this; null to list none.</summary>
    public float? DuplicateThreshold { get; init; }
}
