namespace Tips.MLNet.Transforms;

/// <summary>What a saved pipeline says about a zero-shot classifier.</summary>
internal sealed record ZeroShotState
{
    public required string Embedding { get; init; }

    public required int Dimension { get; init; }

    public required IReadOnlyList<string> Labels { get; init; }

    public required float Temperature { get; init; }

    /// <summary>Column of true labels; null if there is none.</summary>
    public string? Label { get; init; }
}
