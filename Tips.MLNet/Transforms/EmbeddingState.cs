namespace Tips.MLNet.Transforms;

/// <summary>What a saved pipeline says about an embedding.</summary>
internal abstract record EmbeddingState
{
    public required string Output { get; init; }

    public required string Input { get; init; }

    public required long CacheBytes { get; init; }

    /// <summary>How the pipeline was asked to keep the model, so that saving it again does the same.</summary>
    public required ModelStorage Storage { get; init; }

    public required SavedModelState Model { get; init; }
}

/// <summary>What a saved pipeline says about a text embedding.</summary>
internal sealed record TextEmbeddingState : EmbeddingState
{
    public required bool Normalize { get; init; }

    public required int BatchSize { get; init; }

    public TipsTextEmbeddingOptions ToOptions()
        => new() { Normalize = Normalize, BatchSize = BatchSize, CacheBytes = CacheBytes, Storage = Storage };
}
