using System.Text.Json.Serialization;

namespace Tips.MLNet.Models;

/// <summary>
/// One part of a model folder: an encoder or a head with its graphs, its weights and what else it needs. No two parts share a file.
/// </summary>
internal abstract record PartManifest
{
    /// <summary>The file with the weights of every graph of the part (safetensors layout; ONNX external data).</summary>
    public required string Weights { get; init; }

    /// <summary>Every file of the part.</summary>
    public required IReadOnlyList<ManifestFile> Files { get; init; }

    /// <summary>Names of the files that the manifest refers to; <see cref="Files"/> must list each.</summary>
    [JsonIgnore]
    public abstract IEnumerable<string> References { get; }
}
