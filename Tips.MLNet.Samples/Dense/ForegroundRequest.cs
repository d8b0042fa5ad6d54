namespace Tips.MLNet.Samples.Dense;

/// <summary>What <see cref="ForegroundSample"/> is asked to do.</summary>
internal sealed record ForegroundRequest
{
    public string? ModelFolder { get; init; }

    /// <summary>Folder to learn from; null for bundled drawings.</summary>
    public string? Images { get; init; }

    public string? Masks { get; init; }

    /// <summary>Pictures to find the foreground of; null for those learned from.</summary>
    public string? Apply { get; init; }

    public required string Output { get; init; }

    /// <summary>File of a classifier, or null.</summary>
    public string? Load { get; init; }

    public double C { get; init; }

    public int? ImageHeight { get; init; }

    /// <summary>File for the pipeline; null for none.</summary>
    public string? Pipeline { get; init; }
}
