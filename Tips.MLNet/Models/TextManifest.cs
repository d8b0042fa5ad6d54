using System.Text.Json.Serialization;

namespace Tips.MLNet.Models;

/// <summary>The text encoder's part of a <see cref="TipsManifest"/>. Immutable.</summary>
internal sealed record TextManifest : PartManifest
{
    /// <summary>Number of transformer blocks.</summary>
    public required int Layers { get; init; }

    /// <summary>Number of attention heads.</summary>
    public required int Heads { get; init; }

    /// <summary>Width of the feed-forward layer.</summary>
    public required int FeedForwardDimension { get; init; }

    /// <summary>Number of token embeddings.</summary>
    public required int VocabularySize { get; init; }

    /// <summary>Maximum number of tokens per text.</summary>
    public required int MaximumLength { get; init; }

    /// <summary>
    /// Temperature of the contrastive loss: logits are cosine / temperature. Null if neither the checkpoint nor a
    /// configuration beside it has it.
    /// </summary>
    public float? Temperature { get; init; }

    /// <summary>File name of the tokenizer; null if the model takes token ids only.</summary>
    public string? Tokenizer { get; init; }

    /// <summary>
    /// How the tokenizer splits texts, as <c>TokenizerRule</c> names it; null without one. Earlier manifests do not say it and mean
    /// SentencePiece.
    /// </summary>
    public string? TokenizerRule { get; init; }

    /// <summary>The graph.</summary>
    public required TextGraphManifest Graph { get; init; }

    /// <inheritdoc/>
    [JsonIgnore]
    public override IEnumerable<string> References => Tokenizer is null ? [Weights, Graph.File] : [Weights, Graph.File, Tokenizer];
}

/// <summary>The text encoder's ONNX graph.</summary>
/// <param name="File">File name of the graph.</param>
/// <param name="Input">Name of the input, batch × length, int64 token ids; 0 is padding.</param>
/// <param name="Embedding">Name of the output, batch × D, float32: the mean of the final-normed tokens, not L2-normalized.</param>
internal sealed record TextGraphManifest(string File, string Input, string Embedding);
