namespace Tips.MLNet.Transforms;

/// <summary>What a saved pipeline says about an embedding.</summary>
/// <typeparam name="TOptions">The options of the transform.</typeparam>
internal record EmbeddingState<TOptions>
{
    public required string Output { get; init; }

    public required string Input { get; init; }

    /// <summary>How it was asked for, so that saving it again does the same.</summary>
    public required TOptions Options { get; init; }

    public required SavedModelState Model { get; init; }
}

/// <summary>What a saved pipeline says about a dense prediction.</summary>
internal sealed record DensePredictionState : EmbeddingState<TipsDensePredictionOptions>
{
    public required DenseTask Task { get; init; }
}
