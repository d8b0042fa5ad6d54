namespace Tips.OnnxExport.Downloads;

/// <summary>Where downloads are kept: below a folder of the platform's convention, under the paths of the publisher.</summary>
/// <param name="Path">The folder.</param>
internal sealed record CacheFolder(string Path)
{
    /// <summary>Names another folder for everybody.</summary>
    public const string Variable = "TIPS_CACHE";

    private const string Name = "tips-mlnet";

    /// <summary>The folder of the user's choice, else of <see cref="Variable"/>, else of the platform.</summary>
    public static CacheFolder Choose(string? chosen) => new(System.IO.Path.GetFullPath(chosen ?? (Environment.GetEnvironmentVariable(Variable) is { Length: > 0 } set ? set : OfPlatform())));

    /// <summary>The place of a file.</summary>
    public string PathOf(string relative) => System.IO.Path.Combine([Path, .. relative.Split('/')]);

    // XDG base directories; Apple's file system guide; known folders of Windows.
    private static string OfPlatform()
    {
        string home = Environment.GetFolderPath(Environment.SpecialFolder.UserProfile);
        if (OperatingSystem.IsWindows()) return System.IO.Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.LocalApplicationData), Name, "cache");
        if (OperatingSystem.IsMacOS()) return System.IO.Path.Combine(home, "Library", "Caches", Name);
        return Environment.GetEnvironmentVariable("XDG_CACHE_HOME") is { Length: > 0 } xdg && System.IO.Path.IsPathRooted(xdg) ? System.IO.Path.Combine(xdg, Name) : System.IO.Path.Combine(home, ".cache", Name);
    }
}
