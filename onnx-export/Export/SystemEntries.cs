namespace Tips.OnnxExport.Export;

/// <summary>
/// Files and folders that systems and tools put into any folder of their own accord. They are no content: a folder that has nothing else is
/// empty, and they stay where they are.
/// </summary>
internal static class SystemEntries
{
    private static readonly HashSet<string> Names = new(StringComparer.OrdinalIgnoreCase)
    {
        "lost+found", // the root of a Linux disk
        ".directory", // KDE
        ".DS_Store", ".localized", ".fseventsd", ".Spotlight-V100", ".TemporaryItems", ".Trashes", ".VolumeIcon.icns", // macOS
        "Thumbs.db", "ehthumbs.db", "desktop.ini", "$RECYCLE.BIN", "System Volume Information", // Windows
        "@eaDir", "#recycle", ".snapshot", // NAS devices
        ".gitignore", ".gitkeep", ".keep", // a folder kept in Git while it is empty
    };

    // Attributes of a file (macOS), a deleted file still open elsewhere (NFS), a disk's trash (Linux).
    private static readonly string[] Prefixes = ["._", ".nfs", ".Trash-"];

    public static bool Contains(string name)
        => Names.Contains(name) || Prefixes.Any(prefix => name.StartsWith(prefix, StringComparison.Ordinal));
}
