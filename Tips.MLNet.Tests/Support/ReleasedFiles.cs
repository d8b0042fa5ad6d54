using Tips.OnnxExport.Checkpoints;
using Tips.OnnxExport.Commands;
using Tips.OnnxExport.Downloads;
using Tips.OnnxExport.Towers;

namespace Tips.MLNet.Tests.Support;

/// <summary>The released weights and public data sets, where a user has them; tests without them are reported as skipped.</summary>
internal static class ReleasedFiles
{
    /// <summary>Folder with released files, as they are downloaded, or with repositories of Hugging Face as subfolders.</summary>
    public const string CheckpointsVariable = "TIPS_CHECKPOINTS";

    /// <summary>Folder with ImageNet-1k: <c>train</c> and <c>val</c>, each with one subfolder a class.</summary>
    public const string ImageNetVariable = "TIPS_IMAGENET";

    private static readonly string[] Tokenizers = ["tokenizer.model"];

    /// <summary>The folder that a variable names; ends the test as skipped if it names none.</summary>
    public static string Require(string variable, string content)
    {
        string? folder = Environment.GetEnvironmentVariable(variable);
        if (string.IsNullOrEmpty(folder)) Assert.Inconclusive($"{variable} is not set: give it a folder with {content}.");
        if (!Directory.Exists(folder)) Assert.Fail($"{variable} is '{folder}', which is no folder.");
        return folder;
    }

    /// <summary>Every model of the release whose files are below the folder, in either layout: how to export it.</summary>
    public static IEnumerable<(ReleasedModel Model, Func<string, ExportRequest> Request)> Find(string folder)
    {
        foreach (var model in ReleaseCatalog.Models)
        {
            if (Repository(folder, model) is { } repository) yield return (model, output => ExportRequest.ForHuggingFace(repository, output));
            foreach (var layout in Enum.GetValues<ReleaseLayout>())
            {
                if (Locate(folder, model.Vision(layout).Paths, layout) is not { } vision) continue;
                var text = (Locate(folder, model.Text(layout).Paths, layout), Locate(folder, Tokenizers)) is ({ } encoder, { } tokenizer) ? (encoder, tokenizer) : ((string, string)?)null;
                yield return (model, output => new ExportRequest(vision, output) { Text = text });
            }
        }
    }

    /// <summary>A file of that name below the folder.</summary>
    public static string? Locate(string folder, IEnumerable<string> paths) => Files(folder, paths).FirstOrDefault();

    // Both layouts have the same file names in the first release: their keys tell.
    private static string? Locate(string folder, IEnumerable<string> paths, ReleaseLayout layout) => Files(folder, paths).FirstOrDefault(file =>
    {
        using var checkpoint = CheckpointFile.Open(file);
        var found = TowerLayouts.VisionLayoutOf(checkpoint) ?? TowerLayouts.TextLayoutOf(checkpoint);
        return found == (layout == ReleaseLayout.Scenic ? CheckpointLayout.Scenic : CheckpointLayout.PyTorch);
    });

    private static IEnumerable<string> Files(string folder, IEnumerable<string> paths)
        => paths.SelectMany(p => Directory.EnumerateFiles(folder, Path.GetFileName(p), SearchOption.AllDirectories)).Order(StringComparer.Ordinal);

    // A clone of the repository of TIPSv2; those of TIPS may be of either resolution.
    private static string? Repository(string folder, ReleasedModel model) => model.Version == 1
        ? null
        : Directory.EnumerateDirectories(folder, "tipsv2-*", SearchOption.AllDirectories)
            .FirstOrDefault(d => ReleaseCatalog.TryFind(Path.GetFileName(d)) == model && File.Exists(Path.Combine(d, "model.safetensors")));
}
