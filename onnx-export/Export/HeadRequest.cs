namespace Tips.OnnxExport.Export;

/// <summary>What <see cref="HeadInstaller"/> is asked to do.</summary>
/// <param name="Model">A model folder.</param>
/// <param name="Heads">The heads that it gets.</param>
internal sealed record HeadRequest(string Model, IReadOnlyList<HeadSource> Heads)
{
    /// <summary>What their files do not tell.</summary>
    public HeadSettings Settings { get; init; } = new();

    /// <summary>Whether to replace heads for the same tasks.</summary>
    public bool Overwrite { get; init; }
}
