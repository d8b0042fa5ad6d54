using System.Text.Json.Serialization;

namespace Tips.MLNet.Models;

/// <summary>
/// A dense prediction head of a <see cref="TipsManifest"/>: it turns the tokens of four blocks of the image encoder into a map. Heads
/// compute in float32 whatever the precision of the encoders. Immutable.
/// </summary>
internal sealed record HeadManifest : PartManifest
{
    /// <summary>The number of blocks whose tokens a head takes.</summary>
    public const int LevelCount = 4;

    /// <summary>Most classes of a head for segmentation: a class of a pixel is one byte.</summary>
    public const int MaximumClasses = 256;

    /// <summary>The tasks that this version knows.</summary>
    public static readonly string[] Tasks = ["depth", "normals", "segmentation"];

    /// <summary>What the head predicts: "depth", "normals" or "segmentation". No folder has two heads for one task.</summary>
    public required string Task { get; init; }

    /// <summary>The four blocks, from 0, whose final-normed tokens the head takes; the dense graph gives them.</summary>
    public required IReadOnlyList<int> Layers { get; init; }

    /// <summary>The graph.</summary>
    public required HeadGraphManifest Graph { get; init; }

    /// <summary>Channels of the decoder's maps.</summary>
    public required int Channels { get; init; }

    /// <summary>Values of a pixel at the end of the decoder: bins of depth, 3 coordinates of a direction, or classes.</summary>
    public required int Outputs { get; init; }

    /// <summary>What follows the decoder's last convolution: "linear" (nothing) or "relu". It is part of the graph.</summary>
    public required string Activation { get; init; }

    /// <summary>Depth of the first bin in meters; null unless the task is depth.</summary>
    public float? MinDepth { get; init; }

    /// <summary>Depth of the last bin in meters; null unless the task is depth.</summary>
    public float? MaxDepth { get; init; }

    /// <summary>Names of the classes, in their order; null unless the task is segmentation, or if they are unknown.</summary>
    public IReadOnlyList<string>? Classes { get; init; }

    /// <summary>The files that the head was made from.</summary>
    public required IReadOnlyList<ManifestFile> Sources { get; init; }

    /// <inheritdoc/>
    [JsonIgnore]
    public override IEnumerable<string> References => [Weights, Graph.File];
}

/// <summary>
/// A head's ONNX graph. Its map has the decoder's resolution, 16 · ⌈rows/2⌉ by 16 · ⌈columns/2⌉ for a grid of rows × columns patches.
/// </summary>
/// <param name="File">File name of the graph.</param>
/// <param name="Levels">
/// Names of the four inputs with the final-normed tokens of <see cref="HeadManifest.Layers"/>, in their order: batch × (2 + patches) × D,
/// float32, both CLS tokens first.
/// </param>
/// <param name="Grid">Name of the input with rows and columns of patches, two int64.</param>
/// <param name="Output">
/// Name of the output, float32: depth in meters, batch × height × width; directions that are not normalized, batch × 3 × height × width;
/// or logits, batch × classes × height × width.
/// </param>
internal sealed record HeadGraphManifest(string File, IReadOnlyList<string> Levels, string Grid, string Output);
