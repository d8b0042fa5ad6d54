namespace Tips.OnnxExport.Towers;

/// <summary>The typed weights of a text encoder, whatever the layout of the checkpoint. Linear weights are out × in.</summary>
internal sealed record TextTower
{
    public required int Width { get; init; }

    public required int Heads { get; init; }

    public required float NormEpsilon { get; init; }

    /// <summary>Token embeddings, vocabulary × D, before the multiplication by √D.</summary>
    public required Weight TokenEmbedding { get; init; }

    public required IReadOnlyList<TextBlock> Blocks { get; init; }

    public required Norm FinalNorm { get; init; }

    /// <summary>Temperature of the contrastive loss, one value, or null if the checkpoint has none.</summary>
    public required Weight? Temperature { get; init; }

    public int VocabularySize => TokenEmbedding.Shape[0];

    public int HiddenWidth => Blocks[0].Hidden.Weight.Shape[0];
}

/// <summary>A transformer block: <c>x += attention(norm₁(x)); x += output(relu(hidden(norm₂(x))))</c>.</summary>
internal sealed record TextBlock(
    Norm AttentionNorm,
    Linear Query,
    Linear Key,
    Linear Value,
    Linear AttentionOutput,
    Norm FeedForwardNorm,
    Linear Hidden,
    Linear Output);
