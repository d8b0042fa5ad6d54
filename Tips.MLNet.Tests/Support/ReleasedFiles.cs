using Tips.OnnxExport.Checkpoints;
using Tips.OnnxExport.Downloads;
using Tips.OnnxExport.Export;
using Tips.OnnxExport.Towers;

namespace Tips.MLNet.Tests.Support;

/// <summary>The released weights and public data sets, if the user has them. Tests without them are reported as skipped.</summary>
internal static class ReleasedFiles
{
    /// <summary>Names a folder of released files as downloaded, or of Hugging Face repositories as subfolders.</summary>
    public const string CheckpointsVariable = "TIPS_CHECKPOINTS";

    /// <summary>Names a folder with ImageNet-1k: <c>train</c> and <c>val</c>, each with one subfolder per class.</summary>
    public const string ImageNetVariable = "TIPS_IMAGENET";

    private static readonly string[] Tokenizers = ["tokenizer.model"];

    /// <summary>The folder that a variable names. Ends the test as skipped if the variable is not set.</summary>
    public static string Require(string variable, string content)
    {
        string? folder = Environment.GetEnvironmentVariable(variable);
        if (string.IsNullOrEmpty(folder)) Assert.Inconclusive($"{variable} is not set. Set it to a folder with {content}.");
        if (!Directory.Exists(folder)) Assert.Fail($"{variable} is '{folder}', which is not a folder.");
        return folder;
    }

    /// <summary>Every released model whose files are in the folder, in either layout, and how to export it.</summary>
    public static IEnumerable<(ReleasedModel Model, Func<string, ExportRequest> Request)> Find(string folder)
    {
        foreach (var model in ReleaseCatalog.Models)
        {
            if (Repository(folder, model) is { } repository)
                yield return (model, output => HuggingFaceRepository.CreateRequest(repository, output));
            foreach (var layout in Enum.GetValues<ReleaseLayout>())
            {
                if (Locate(folder, model.Vision(layout).Paths, layout) is not { } vision) continue;
                var files = (Locate(folder, model.Text(layout).Paths, layout), Locate(folder, Tokenizers));
                var text = files is ({ } encoder, { } tokenizer) ? new TextSource(encoder, tokenizer) : null;
                yield return (model, output => new ExportRequest(vision, output) { Text = text });
            }
        }
    }

    /// <summary>Finds a file with one of these names in the folder or its subfolders.</summary>
    public static string? Locate(string folder, IEnumerable<string> paths) => Files(folder, paths).FirstOrDefault();

    // In the first release both layouts have the same file names, so look at the keys.
    private static string? Locate(string folder, IEnumerable<string> paths, ReleaseLayout layout)
    {
        var expected = layout == ReleaseLayout.Scenic ? CheckpointLayout.Scenic : CheckpointLayout.PyTorch;
        return Files(folder, paths).FirstOrDefault(file =>
        {
            using var checkpoint = CheckpointFile.Open(file);
            return (TowerLayouts.VisionLayoutOf(checkpoint) ?? TowerLayouts.TextLayoutOf(checkpoint)) == expected;
        });
    }

    private static IEnumerable<string> Files(string folder, IEnumerable<string> paths) => paths
        .SelectMany(p => Directory.EnumerateFiles(folder, Path.GetFileName(p), SearchOption.AllDirectories))
        .Order(StringComparer.Ordinal);

    // Only repositories of TIPSv2: the name of a TIPS repository does not say which resolution it has.
    private static string? Repository(string folder, ReleasedModel model) => model.Version == 1
        ? null
        : Directory.EnumerateDirectories(folder, "tipsv2-*", SearchOption.AllDirectories)
            .FirstOrDefault(d => ReleaseCatalog.TryFind(Path.GetFileName(d)) == model && File.Exists(Path.Combine(d, "model.safetensors")));
}
