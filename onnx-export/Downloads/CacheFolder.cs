namespace Tips.OnnxExport.Downloads;

/// <summary>The folder that keeps downloads, each file under its path at the publisher.</summary>
/// <param name="Path">The folder.</param>
internal sealed record CacheFolder(string Path)
{
    /// <summary>Environment variable that names another folder.</summary>
    public const string EnvironmentVariable = "TIPS_CACHE";

    private const string Name = "tips-mlnet";

    /// <summary>Chooses the folder: the user's choice, else <see cref="EnvironmentVariable"/>, else the platform's cache folder.</summary>
    public static CacheFolder Choose(string? chosen) => new(System.IO.Path.GetFullPath(chosen ?? FromEnvironment() ?? OfPlatform()));

    /// <summary>Path of a file in the cache.</summary>
    public string PathOf(string relative) => System.IO.Path.Combine([Path, .. relative.Split('/')]);

    private static string? FromEnvironment()
        => Environment.GetEnvironmentVariable(EnvironmentVariable) is { Length: > 0 } folder ? folder : null;

    // Follows the XDG base directories, Apple's file system guide, and the known folders of Windows.
    private static string OfPlatform()
    {
        if (OperatingSystem.IsWindows())
        {
            string local = Environment.GetFolderPath(Environment.SpecialFolder.LocalApplicationData);
            return System.IO.Path.Combine(local, Name, "cache");
        }

        string home = Environment.GetFolderPath(Environment.SpecialFolder.UserProfile);
        if (OperatingSystem.IsMacOS()) return System.IO.Path.Combine(home, "Library", "Caches", Name);
        return Environment.GetEnvironmentVariable("XDG_CACHE_HOME") is { Length: > 0 } xdg && System.IO.Path.IsPathRooted(xdg)
            ? System.IO.Path.Combine(xdg, Name)
            : System.IO.Path.Combine(home, ".cache", Name);
    }
}
