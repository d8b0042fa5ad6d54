using System.Text.RegularExpressions;
using Tips.OnnxExport.Downloads;
using Tips.OnnxExport.Towers;

namespace Tips.OnnxExport.Commands;

/// <summary>What the names of the released checkpoint files tell that the tensors do not: the training resolution and the licence.</summary>
internal static partial class ReleasedCheckpoints
{
    private const string UnknownLicense = "unknown: not a released TIPS checkpoint by its name; set it with --license";

    /// <summary>
    /// Released files were trained at 448 pixels, or 224 if their name says "lowres", whatever grid of positions they carry. Any other
    /// checkpoint gets the size of its own grid.
    /// </summary>
    public static (int Height, int Width) DefaultImageSize(string path, VisionTower tower)
    {
        if (!IsReleased(path)) return (tower.Grid.Rows * tower.PatchSize, tower.Grid.Columns * tower.PatchSize);
        int side = Path.GetFileName(path).Contains("lowres", StringComparison.OrdinalIgnoreCase) ? 224 : 448;
        return (side, side);
    }

    public static string LicenseOf(string path) => IsReleased(path) || IsInRepository(path) ? ReleaseCatalogue.License : UnknownLicense;

    private static bool IsReleased(string path)
    {
        string name = Path.GetFileName(path);
        return name.StartsWith("tips_oss_", StringComparison.OrdinalIgnoreCase) || name.StartsWith("tips_v2_", StringComparison.OrdinalIgnoreCase);
    }

    // Every file of that name is called alike there, so it is the folder that tells: a clone, or the cache of the Hub's own tools.
    private static bool IsInRepository(string path) => Path.GetFullPath(path).Split('/', '\\').Any(segment => Repository().IsMatch(segment));

    [GeneratedRegex("^(models--google--)?tipsv[12]-(s14|b14|l14|so14|so400m14|g14)(-|$)", RegexOptions.CultureInvariant | RegexOptions.IgnoreCase)]
    private static partial Regex Repository();
}
