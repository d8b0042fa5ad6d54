using System.Text.Json.Serialization;

namespace Tips.MLNet.Models;

/// <summary>
/// What a model folder says about itself: <c>manifest.json</c>, written by <c>tips-onnx-export</c> and checked by
/// <see cref="TipsModel.Load(string, TipsModelOptions?)"/>. Immutable.
/// </summary>
public sealed record TipsManifest
{
    /// <summary>The name of the manifest inside a model folder.</summary>
    public const string FileName = "manifest.json";

    /// <summary>The format this version of the library reads and writes.</summary>
    public const int CurrentFormatVersion = 1;

    /// <summary>Version of the folder's format; a reader refuses a version it does not know.</summary>
    public required int FormatVersion { get; init; }

    /// <summary>Name given to the model at export, by default that of the released model, of the repository's folder or of the checkpoint's file.</summary>
    public required string Name { get; init; }

    /// <summary>Variant as the papers name it ("S/14", "B/14", "L/14", "So400m/14", "g/14"), or width and depth for another one.</summary>
    public required string Variant { get; init; }

    /// <summary>The numbers the model computes with: "fp32", "fp16" or "int8". Inputs and outputs are float32 in all of them.</summary>
    public required string Precision { get; init; }

    /// <summary>Length D of one embedding.</summary>
    public required int EmbeddingDimension { get; init; }

    /// <summary>The image encoder.</summary>
    public required VisionManifest Vision { get; init; }

    /// <summary>The text encoder; null if the folder has none.</summary>
    public TextManifest? Text { get; init; }

    /// <summary>The file that holds the weights of every graph of the folder (safetensors layout; ONNX external data).</summary>
    public required string WeightsFile { get; init; }

    /// <summary>The files that the folder was made from: checkpoints, tokenizer, configuration.</summary>
    public required IReadOnlyList<ManifestFile> Sources { get; init; }

    /// <summary>Every file of the folder but the manifest itself, with its size and digest.</summary>
    public required IReadOnlyList<ManifestFile> Files { get; init; }

    /// <summary>Licence and attribution of the weights, as given at export.</summary>
    public required string License { get; init; }

    /// <summary>The program and version that wrote the folder.</summary>
    public required string Producer { get; init; }
}

/// <summary>A file, its size and its digest.</summary>
/// <param name="Name">File name without a path.</param>
/// <param name="Size">Size in bytes.</param>
/// <param name="Sha256">SHA-256 of the content, 64 lower-case hexadecimal digits.</param>
public sealed record ManifestFile(
    [property: JsonRequired] string Name,
    [property: JsonRequired] long Size,
    [property: JsonRequired] string Sha256);
