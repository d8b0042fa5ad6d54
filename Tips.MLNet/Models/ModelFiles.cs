using Microsoft.ML.OnnxRuntime;

namespace Tips.MLNet.Models;

/// <summary>Where the files of a model are. Immutable and thread-safe.</summary>
internal abstract class ModelFiles
{
    protected ModelFiles(TipsManifest manifest, byte[] manifestBytes)
    {
        Manifest = manifest;
        ManifestBytes = manifestBytes;
        Digest = ManifestSerializer.Digest(manifestBytes);
    }

    public TipsManifest Manifest { get; }

    public byte[] ManifestBytes { get; }

    /// <summary>Hex SHA-256 of the manifest.</summary>
    public string Digest { get; }

    /// <summary>How a message names the place.</summary>
    public abstract string Place { get; }

    /// <summary>Whether the files of a part are there. A saved pipeline holds only the parts that it uses.</summary>
    public abstract bool Has(PartManifest part);

    public abstract Stream OpenRead(ManifestFile file);

    /// <summary>Opens a graph of a part.</summary>
    public abstract InferenceSession OpenSession(PartManifest part, string graphFile, SessionOptions options);
}
