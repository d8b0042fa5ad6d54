using System.Text.RegularExpressions;
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
