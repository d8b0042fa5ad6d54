using Tips.MLNet.Models;

namespace Tips.OnnxExport.Export;

/// <summary>
/// The hidden subfolder of a model folder in which an export collects files, and into which it moves those of an older model. From it, the
/// next export undoes what a killed one has done.
/// </summary>
/// <param name="model">The model folder.</param>
internal sealed class StagingFolder(string model)
{
    public const string Name = ".tips-onnx-export";

    private const string LockName = "lock", NewSuffix = ".new", OldSuffix = ".old";

    public string Folder { get; } = Path.Combine(model, Name);

    public string Lock => Path.Combine(Folder, LockName);

    /// <summary>Where a file waits until it is put in its place.</summary>
    public string New(string name) => Path.Combine(Folder, name + NewSuffix);

    /// <summary>Where a file of an older model is set aside.</summary>
    public string Old(string name) => Path.Combine(Folder, name + OldSuffix);

    /// <summary>A file's place.</summary>
    public string Target(string name) => Path.Combine(model, name);

    // A commit removes the old manifest first and adds the new one last, so if there is none, it was interrupted: its moves are undone.
    public void ClearInterrupted()
    {
        if (!File.Exists(Target(TipsManifest.FileName)))
        {
            // What both models have was there before, or an equal one is set aside.
            var kept = FilesOf(Old(TipsManifest.FileName)).ToHashSet();
            foreach (var file in FilesOf(New(TipsManifest.FileName)))
            {
                if (!File.Exists(New(file.Name)) && !kept.Contains(file)) File.Delete(Target(file.Name));
            }

            string[] aside = [.. Directory.EnumerateFiles(Folder, "*" + OldSuffix).Select(f => Path.GetFileNameWithoutExtension(f))];
            foreach (string name in aside.OrderBy(n => n == TipsManifest.FileName)) File.Move(Old(name), Target(name), overwrite: true);
        }

        Clear();
    }

    /// <summary>Deletes files with our suffixes, and no others.</summary>
    public void Clear()
    {
        foreach (string suffix in (string[])[NewSuffix, OldSuffix])
        {
            foreach (string file in Directory.EnumerateFiles(Folder, "*" + suffix)) File.Delete(file);
        }
    }

    // An export writes its manifest last; without one, nothing was moved.
    private static ManifestFile[] FilesOf(string manifest)
    {
        try
        {
            return File.Exists(manifest) ? [.. ManifestSerializer.ReadFile(manifest).Files] : [];
        }
        catch (InvalidDataException)
        {
            return []; // it is cut off, or of an older format
        }
    }
}
