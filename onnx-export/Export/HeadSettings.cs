namespace Tips.OnnxExport.Export;

/// <summary>
/// What the files of heads do not tell. Where it is not given, a configuration beside them decides, or else it is as published.
/// </summary>
internal sealed record HeadSettings
{
    /// <summary>Depths of the first and the last bin in meters.</summary>
    public (float Minimum, float Maximum)? DepthRange { get; init; }

    /// <summary>Whether ReLU follows the last convolution of the head for depth. The published code has none.</summary>
    public bool? ReluAfterProject { get; init; }

    /// <summary>A file with the names of the classes, one a line.</summary>
    public string? ClassNames { get; init; }
}
