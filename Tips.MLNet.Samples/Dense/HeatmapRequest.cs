namespace Tips.MLNet.Samples.Dense;

/// <summary>A pixel of a picture.</summary>
internal sealed record HeatmapPoint(string Picture, int X, int Y);

/// <summary>What <see cref="HeatmapSample"/> is asked to do.</summary>
internal sealed record HeatmapRequest
{
    public string? ModelFolder { get; init; }

    public string? Images { get; init; }

    public required string Output { get; init; }

    public IReadOnlyList<string> Texts { get; init; } = [];

    public IReadOnlyList<HeatmapPoint> Points { get; init; } = [];

    public IReadOnlyList<string> Templates { get; init; } = [];

    public required PatchOptions Patches { get; init; }
}
