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

    /// <summary>Checks the files against the manifest. <paramref name="read"/> gives a file's bytes, or null if it is missing.</summary>
    public static MemoryModelFiles Open(byte[] manifestBytes, Func<ManifestFile, byte[]?> read)
    {
        var manifest = ManifestSerializer.Deserialize(manifestBytes, $"{TipsManifest.FileName} inside the saved pipeline");
        var files = new Dictionary<string, byte[]>(StringComparer.Ordinal);
        foreach (var file in manifest.Files)
        {
            byte[] bytes = read(file) ?? throw new InvalidDataException($"The saved pipeline has no '{file.Name}', which its manifest lists.");
            if (bytes.Length != file.Size) throw new InvalidDataException($"File '{file.Name}' inside the saved pipeline has {bytes.Length} bytes, expected {file.Size}.");
            string found = Convert.ToHexStringLower(SHA256.HashData(bytes));
            if (found != file.Sha256) throw new InvalidDataException($"File '{file.Name}' inside the saved pipeline is damaged: its SHA-256 is {found}, expected {file.Sha256}.");
            files.Add(file.Name, bytes);
        }

        return new MemoryModelFiles(manifest, manifestBytes, files);
    }

    public override Stream OpenRead(ManifestFile file) => new MemoryStream(_files[file.Name], writable: false);

    // ONNX Runtime reads external weights from a file only, so the graph gets them inside for as long as it takes to open it.
    public override InferenceSession OpenSession(PartManifest part, string graphFile, SessionOptions options)
        => new(OnnxGraph.WithWeightsInside(_files[graphFile], name => _files.GetValueOrDefault(name)), options);
}
