using Tips.MLNet.Dense;

namespace Tips.MLNet.Transforms;

/// <summary>What a saved pipeline says about a foreground classifier.</summary>
internal sealed record ForegroundPipelineState : EmbeddingState<TipsForegroundOptions>
{
    public required ForegroundState Classifier { get; init; }
}
