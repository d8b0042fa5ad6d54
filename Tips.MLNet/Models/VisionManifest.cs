using System.Text.Json.Serialization;

namespace Tips.MLNet.Models;

/// <summary>The image encoder's part of a <see cref="TipsManifest"/>. Immutable.</summary>
internal sealed record VisionManifest : PartManifest
{
    /// <summary>Height of the input picture in pixels; a multiple of <see cref="PatchSize"/>.</summary>
    public required int ImageHeight { get; init; }

    /// <summary>Width of the input picture in pixels; a multiple of <see cref="PatchSize"/>.</summary>
    public required int ImageWidth { get; init; }

    /// <summary>Side of a square patch in pixels (14 in every released model).</summary>
    public required int PatchSize { get; init; }

    /// <summary>Number of transformer blocks.</summary>
    public required int Layers { get; init; }

    /// <summary>Number of attention heads.</summary>
    public required int Heads { get; init; }

    /// <summary>Width of the feed-forward layer.</summary>
    public required int FeedForwardDimension { get; init; }

    /// <summary>Kind of the feed-forward layer: "mlp" or "swiglu".</summary>
    public required string FeedForward { get; init; }

    /// <summary>Rows and columns of the position grid in the checkpoint, before it was resized to the image.</summary>
    public required IReadOnlyList<int> CheckpointGrid { get; init; }

    /// <summary>The tokens in the order the encoder makes them: first CLS token, second CLS token, patches row by row.</summary>
    public required IReadOnlyList<string> TokenOrder { get; init; }

    /// <summary>How a picture becomes the input tensor.</summary>
    public required PreprocessingManifest Preprocessing { get; init; }

    /// <summary>The graph that gives the two CLS tokens only.</summary>
    public required GraphManifest Embedding { get; init; }

    /// <summary>The graph that gives the two CLS tokens and every patch token, of pictures of any size.</summary>
    public required GraphManifest Dense { get; init; }

    /// <summary>
    /// The graph whose last block passes each token's own value on, of pictures of any size. Folders that lack it were written before
    /// there was one; their dense graph takes pictures of the model's size only.
    /// </summary>
    public GraphManifest? ValuePath { get; init; }

    /// <inheritdoc/>
    [JsonIgnore]
    public override IEnumerable<string> References
        => ValuePath is null ? [Weights, Embedding.File, Dense.File] : [Weights, Embedding.File, Dense.File, ValuePath.File];
}

/// <summary>One ONNX graph of a model folder. Tensors are float32; the first dimension is the batch.</summary>
/// <param name="File">File name of the graph.</param>
/// <param name="Input">Name of the input, batch × 3 × height × width, RGB in [0, 1].</param>
/// <param name="ClassTokens">Name of the output with the two CLS tokens after the final norm, not L2-normalized, batch × 2 × D.</param>
/// <param name="PatchTokens">Name of the output with the patch tokens, batch × patches × D; null where the graph has none.</param>
/// <param name="Layers">Blocks whose tokens the graph gives, too, the last one among them; null where it gives none.</param>
internal sealed record GraphManifest(
    string File, string Input, string ClassTokens, string? PatchTokens = null, IReadOnlyList<LayerManifest>? Layers = null);

/// <summary>The outputs of one block: batch × (2 + patches) × D, both CLS tokens first.</summary>
/// <param name="Layer">The block, from 0.</param>
/// <param name="Tokens">Name of the output with the tokens after the final norm.</param>
/// <param name="RawTokens">Name of the output with the tokens as the block gives them.</param>
internal sealed record LayerManifest(int Layer, string Tokens, string RawTokens);

/// <summary>How a decoded picture becomes the input tensor.</summary>
/// <param name="Resize">Resampling: "pillow-bilinear" is the antialiased fixed-point triangle filter of Pillow.</param>
/// <param name="AspectRatio">"stretch": the picture is resized straight to the input size.</param>
/// <param name="Channels">Order of the color planes, "RGB".</param>
/// <param name="Scale">Divisor of the 8-bit channel values, 255; no mean or standard deviation is applied.</param>
internal sealed record PreprocessingManifest(string Resize, string AspectRatio, string Channels, float Scale)
{
    /// <summary>The preprocessing of the PyTorch reference, the only one this version writes and reads.</summary>
    public static PreprocessingManifest Reference { get; } = new("pillow-bilinear", "stretch", "RGB", 255f);
}
