using Tips.OnnxExport.Downloads;
using Tips.OnnxExport.Towers;

namespace Tips.OnnxExport.Commands;

/// <summary>What the names of the released checkpoint files tell that the tensors do not: the training resolution and the licence.</summary>
internal static class ReleasedCheckpoints
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

    public static string LicenseOf(string path) => IsReleased(path) ? ReleaseCatalogue.License : UnknownLicense;

    private static bool IsReleased(string path)
    {
        string name = Path.GetFileName(path);
        return name.StartsWith("tips_oss_", StringComparison.OrdinalIgnoreCase) || name.StartsWith("tips_v2_", StringComparison.OrdinalIgnoreCase);
    }
}
