using System.Text.RegularExpressions;
using Tips.OnnxExport.Checkpoints;
using Tips.OnnxExport.Downloads;
using Tips.OnnxExport.Towers;

namespace Tips.OnnxExport.Export;

/// <summary>
/// What the names of the released checkpoint files say that the tensors do not: the training resolution and the license.
/// </summary>
internal static partial class ReleasedCheckpoints
{
    private const string UnknownLicense = "unknown: not a released TIPS checkpoint by its name; set it with --license";

    /// <summary>
    /// Released files were trained at 448 pixels, or 224 if their name says "lowres", whatever position grid they contain. Any other
    /// checkpoint gets the size of its own grid.
    /// </summary>
    public static (int Height, int Width) DefaultImageSize(string path, VisionTower tower)
    {
        if (!IsReleased(path)) return (tower.Grid.Rows * tower.PatchSize, tower.Grid.Columns * tower.PatchSize);
        int side = Path.GetFileName(path).Contains("lowres", StringComparison.OrdinalIgnoreCase) ? 224 : 448;
        return (side, side);
    }

    public static string LicenseOf(string path)
        => IsReleased(path) || RepositoryName(path) is not null ? ReleaseCatalog.License : UnknownLicense;

    /// <exception cref="CheckpointException">The image encoder is not that of the model.</exception>
    public static void CheckIs(ReleasedModel model, ICheckpoint checkpoint, VisionTower tower)
    {
        var shape = model.Shape;
        CheckIs(
            model,
            checkpoint,
            "image",
            Describe(tower.Width, tower.Blocks.Count, tower.FeedForward.Kind, tower.FeedForward.HiddenWidth),
            Describe(shape.Width, shape.VisionLayers, shape.FeedForward, shape.VisionHidden));
    }

    /// <exception cref="CheckpointException">The text encoder is not that of the model.</exception>
    public static void CheckIs(ReleasedModel model, ICheckpoint checkpoint, TextTower tower)
    {
        var shape = model.Shape;
        CheckIs(
            model,
            checkpoint,
            "text",
            Describe(tower.Width, tower.Blocks.Count, "mlp", tower.HiddenWidth),
            Describe(shape.Width, shape.TextLayers, "mlp", shape.TextHidden));
    }

    private static string Describe(int width, int blocks, string kind, int hidden) => $"width {width}, {blocks} blocks, {kind} of {hidden}";

    private static void CheckIs(ReleasedModel model, ICheckpoint checkpoint, string encoder, string found, string expected)
    {
        if (found == expected) return;
        throw new CheckpointException(
            $"Checkpoint '{checkpoint.Path}' is not the {encoder} encoder of {model.Name}: it has {found}, expected {expected}.");
    }

    private static bool IsReleased(string path)
    {
        string name = Path.GetFileName(path);
        return name.StartsWith("tips_oss_", StringComparison.OrdinalIgnoreCase)
            || name.StartsWith("tips_v2_", StringComparison.OrdinalIgnoreCase);
    }

    /// <summary>
    /// The publisher's repository on Hugging Face that a path lies in; null if it lies in none. Files have the same names in all of them,
    /// so the folder decides: a clone, or the cache of the Hub's own tools.
    /// </summary>
    public static string? RepositoryName(string path)
        => Path.GetFullPath(path).Split('/', '\\').Select(
            segment => Repository().Match(segment)).LastOrDefault(m => m.Success)?.Groups["name"].Value;

    [GeneratedRegex(
        "^(models--google--)?(?<name>tipsv[12]-(s14|b14|l14|so14|so400m14|g14)(-[a-z0-9-]+)?)$",
        RegexOptions.CultureInvariant | RegexOptions.IgnoreCase)]
    private static partial Regex Repository();
}
