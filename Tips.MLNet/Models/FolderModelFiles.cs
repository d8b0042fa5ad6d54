using System.Security.Cryptography;
using Microsoft.ML.OnnxRuntime;
using Tips.MLNet.Files;

namespace Tips.MLNet.Models;

/// <summary>The files of a model in a folder on disk.</summary>
internal sealed class FolderModelFiles : ModelFiles
{
    private readonly Dictionary<string, DateTime> _checkedTimes = new(StringComparer.Ordinal);

    private FolderModelFiles(string folder, TipsManifest manifest, byte[] manifestBytes)
        : base(manifest, manifestBytes) => Folder = folder;

    public string Folder { get; }

    public override string Place => $"model folder '{Folder}'";

    /// <summary>Reads and checks the manifest and the files it lists.</summary>
    /// <exception cref="DirectoryNotFoundException">There is no such folder.</exception>
    /// <exception cref="FileNotFoundException">The manifest, or a file it lists, is missing.</exception>
    /// <exception cref="InvalidDataException">The manifest is not valid, or a file is not the one it lists.</exception>
    public static FolderModelFiles Open(string folder, FileVerification verification)
    {
        folder = Path.TrimEndingDirectorySeparator(Path.GetFullPath(folder));
        if (!Directory.Exists(folder)) throw new DirectoryNotFoundException($"There is no model folder '{folder}'.");
        string manifestPath = Path.Combine(folder, TipsManifest.FileName);
        if (!File.Exists(manifestPath))
        {
            throw new FileNotFoundException(
                $"Folder '{folder}' is not a TIPS model: it has no {TipsManifest.FileName}. "
                + "'tips-onnx-export get' and 'tips-onnx-export export' make model folders.",
                manifestPath);
        }

        byte[] bytes = ManifestSerializer.ReadBytes(manifestPath);
        var files = new FolderModelFiles(folder, ManifestSerializer.Deserialize(bytes, $"Manifest '{manifestPath}'"), bytes);
        foreach (var file in files.Manifest.Files) files.Verify(file, verification);
        return files;
    }

    public override bool Has(PartManifest part) => true;

    public override Stream OpenRead(ManifestFile file) => File.OpenRead(PathOf(file.Name));

    public override InferenceSession OpenSession(PartManifest part, string graphFile, SessionOptions options)
    {
        CheckUnchanged(Find(graphFile));
        CheckUnchanged(Find(part.Weights));
        OnnxGraph.CheckExternalData(File.ReadAllBytes(PathOf(graphFile)), part.Weights);
        try
        {
            return new InferenceSession(PathOf(graphFile), options);
        }
        catch (OnnxRuntimeException e) when (LinkOutOfFolder(part.Weights) is { } target)
        {
            throw new InvalidDataException(
                $"file '{part.Weights}' is a link to '{target}'. ONNX Runtime takes weights from the folder of the graph only. Put a link "
                + $"to the whole folder in its place, let '{graphFile}' be a link to a file beside those weights, or copy them. "
                + $"(ONNX Runtime: {e.Message.TrimEnd()})",
                e);
        }
    }

    // Null if it is no link, or one to a file in the folder.
    private string? LinkOutOfFolder(string name)
    {
        if (new FileInfo(PathOf(name)).LinkTarget is null) return null;
        string target = LinkedFile.Target(PathOf(name)).FullName;
        return target.StartsWith(Folder + Path.DirectorySeparatorChar, StringComparison.Ordinal) ? null : target;
    }

    private string PathOf(string name) => Path.Combine(Folder, name);

    private void Verify(ManifestFile file, FileVerification verification)
    {
        var info = LinkedFile.Target(PathOf(file.Name));
        if (!info.Exists) throw new FileNotFoundException($"File '{file.Name}' is missing from the {Place}.", info.FullName);
        if (info.Length != file.Size)
        {
            throw new InvalidDataException(
                $"File '{file.Name}' of the {Place} has {info.Length} bytes, expected {file.Size}. Export the model again.");
        }

        _checkedTimes[file.Name] = info.LastWriteTimeUtc; // before the file is read, so that a later change shows
        if (verification == FileVerification.SizeOnly) return;
        using var stream = new FileStream(
            info.FullName, FileMode.Open, FileAccess.Read, FileShare.Read, bufferSize: 1 << 20, FileOptions.SequentialScan);
        string found = Convert.ToHexStringLower(SHA256.HashData(stream));
        if (found != file.Sha256)
        {
            throw new InvalidDataException(
                $"File '{file.Name}' of the {Place} is damaged or was changed: its SHA-256 is {found}, expected {file.Sha256}. "
                + "Export the model again.");
        }
    }

    // A session is opened by the first call that needs it, which may be long after the files were checked.
    private void CheckUnchanged(ManifestFile file)
    {
        var info = LinkedFile.Target(PathOf(file.Name));
        if (!info.Exists || info.Length != file.Size || info.LastWriteTimeUtc != _checkedTimes[file.Name])
            throw new InvalidDataException($"file '{file.Name}' has changed since the model was loaded. Load it again.");
    }

    private ManifestFile Find(string name) => Manifest.Files.First(f => f.Name == name);
}
