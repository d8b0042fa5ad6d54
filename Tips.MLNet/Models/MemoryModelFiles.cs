using System.Security.Cryptography;
using Microsoft.ML.OnnxRuntime;

namespace Tips.MLNet.Models;

/// <summary>The files of a model in memory, as they come out of a saved pipeline.</summary>
internal sealed class MemoryModelFiles : ModelFiles
{
    private readonly Dictionary<string, byte[]> _files;

    private MemoryModelFiles(TipsManifest manifest, byte[] manifestBytes, Dictionary<string, byte[]> files)
        : base(manifest, manifestBytes) => _files = files;

    public override string Place => "model inside the saved pipeline";

    /// <summary>Checks the files against the manifest.</summary>
    /// <param name="manifestBytes">The manifest.</param>
    /// <param name="read">Gives the bytes of a file, or null if it is missing.</param>
    /// <exception cref="InvalidDataException">A file is damaged, or a part lacks some of its files.</exception>
    public static MemoryModelFiles Open(byte[] manifestBytes, Func<ManifestFile, byte[]?> read)
    {
        var manifest = ManifestSerializer.Deserialize(manifestBytes, $"{TipsManifest.FileName} inside the saved pipeline");
        var files = new Dictionary<string, byte[]>(StringComparer.Ordinal);
        foreach (var part in manifest.Parts)
        {
            var found = part.Files.Select(file => (File: file, Bytes: read(file))).ToArray();
            if (Array.TrueForAll(found, f => f.Bytes is null)) continue; // a part that the pipeline does not use
            foreach (var (file, bytes) in found) files.Add(file.Name, Check(file, bytes));
        }

        return new MemoryModelFiles(manifest, manifestBytes, files);
    }

    public override bool Has(PartManifest part) => _files.ContainsKey(part.Weights);

    public override Stream OpenRead(ManifestFile file) => new MemoryStream(_files[file.Name], writable: false);

    // ONNX Runtime reads external weights from a file only, so the graph gets them inside for as long as it takes to open it.
    public override InferenceSession OpenSession(PartManifest part, string graphFile, SessionOptions options)
        => new(OnnxGraph.WithWeightsInside(_files[graphFile], name => _files.GetValueOrDefault(name)), options);

    private static byte[] Check(ManifestFile file, byte[]? bytes)
    {
        if (bytes is null) throw new InvalidDataException($"The saved pipeline has no '{file.Name}', which its manifest lists.");
        if (bytes.Length != file.Size)
            throw new InvalidDataException($"File '{file.Name}' inside the saved pipeline has {bytes.Length} bytes, expected {file.Size}.");
        string sha256 = Convert.ToHexStringLower(SHA256.HashData(bytes));
        return sha256 == file.Sha256
            ? bytes
            : throw new InvalidDataException(
                $"File '{file.Name}' inside the saved pipeline is damaged: its SHA-256 is {sha256}, expected {file.Sha256}.");
    }
}
