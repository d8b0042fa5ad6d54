namespace Tips.MLNet.Transforms;

/// <summary>What a saved pipeline says about a text embedding.</summary>
internal sealed record TextEmbeddingState
{
    public required string Output { get; init; }

    public required string Input { get; init; }

    public required bool Normalize { get; init; }

    public required int BatchSize { get; init; }

    public required ModelStorage Storage { get; init; }

    public required SavedModelState Model { get; init; }
}
