using System.Text.Json.Serialization;

namespace Tips.MLNet.Models;

/// <summary>
/// What a model folder says about itself: <c>manifest.json</c>, written by <c>tips-onnx-export</c> and checked when the folder is loaded. A
/// folder is made of parts: the image encoder, the text encoder, or both, and heads on top of the image encoder.
/// </summary>
internal sealed record TipsManifest
{
    /// <summary>The name of the manifest inside a model folder.</summary>
    public const string FileName = "manifest.json";

    /// <summary>The format this version of the library reads and writes. Format 1 kept the weights of both encoders in one file.</summary>
    public const int CurrentFormatVersion = 2;

    /// <summary>Version of the folder's format; a reader refuses a version it does not know.</summary>
    public required int FormatVersion { get; init; }

    /// <summary>
    /// Name given at export; by default that of the released model, of the repository's folder or of the checkpoint's file.
    /// </summary>
    public required string Name { get; init; }

    /// <summary>Variant as the papers name it ("S/14", "B/14", "L/14", "So400m/14", "g/14"); otherwise its width and depth.</summary>
    public required string Variant { get; init; }

    /// <summary>The numbers the model computes with: "fp32", "fp16" or "int8". Inputs and outputs are float32 in all of them.</summary>
    public required string Precision { get; init; }

    /// <summary>Length D of one embedding.</summary>
    public required int EmbeddingDimension { get; init; }

    /// <summary>The image encoder; null if the folder has none.</summary>
    public VisionManifest? Vision { get; init; }

    /// <summary>The text encoder; null if the folder has none.</summary>
    public TextManifest? Text { get; init; }

    /// <summary>
    /// Heads that turn tokens of the image encoder into maps, each for another task; null if the folder has none. Versions of the library
    /// that know no heads ignore them.
    /// </summary>
    public IReadOnlyList<HeadManifest>? Heads { get; init; }

    /// <summary>The files that the encoders were made from: checkpoints, tokenizer, configuration.</summary>
    public required IReadOnlyList<ManifestFile> Sources { get; init; }

    /// <summary>License and attribution of the weights, as given at export.</summary>
    public required string License { get; init; }

    /// <summary>The program and version that wrote the folder.</summary>
    public required string Producer { get; init; }

    /// <summary>The parts that the folder has.</summary>
    [JsonIgnore]
    public IEnumerable<PartManifest> Parts => ((PartManifest?[])[Vision, Text, .. Heads ?? []]).OfType<PartManifest>();

    /// <summary>Every file of the folder but the manifest itself.</summary>
    [JsonIgnore]
    public IEnumerable<ManifestFile> Files => Parts.SelectMany(p => p.Files);
}
