namespace Tips.MLNet.Samples.Dense;

/// <summary>What <see cref="SegmentSample"/> is asked to do.</summary>
internal sealed record SegmentRequest
{
    public string? ModelFolder { get; init; }

    public string? Images { get; init; }

    public required string Output { get; init; }

    /// <summary>File of classes; null for what is in the bundled collages.</summary>
    public string? Labels { get; init; }

    /// <summary>Whether to use the model's head for segmentation instead of names of classes.</summary>
    public bool Head { get; init; }

    public IReadOnlyList<string> Templates { get; init; } = [];

    public SegmentationMode Mode { get; init; }

    /// <summary>What the shorter side is resized to; null for the model's own size.</summary>
    public int? ImageSize { get; init; }

    /// <summary>Whether patches are those of the value path; null decides by the model.</summary>
    public bool? ValuePath { get; init; }

    /// <summary>Folder of true classes, or null.</summary>
    public string? Truth { get; init; }

    public IReadOnlyCollection<byte> Ignore { get; init; } = [];

    public int LabelOffset { get; init; }
}
