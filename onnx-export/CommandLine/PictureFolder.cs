using System.IO.Enumeration;

namespace Tips.CommandLine;

/// <summary>Finds picture files in a folder and its subfolders.</summary>
internal static class PictureFolder
{
    private static readonly HashSet<string> Extensions = new(StringComparer.OrdinalIgnoreCase)
    {
        ".jpg", ".jpeg", ".png", ".bmp", ".gif", ".webp",
    };

    /// <summary>The extensions of picture files, for messages.</summary>
    public static string ExtensionList { get; } = string.Join(", ", Extensions.Order(StringComparer.Ordinal));

    /// <summary>
    /// The pictures in a folder and its subfolders, in ordinal order of their paths. Skips hidden files and folders, and does not follow
    /// links to folders, which may lead in circles.
    /// </summary>
    public static string[] Find(string folder) => [.. Enumerate(folder).Order(StringComparer.Ordinal)];

    /// <summary>Whether a name is hidden by convention (.ipynb_checkpoints, ._copies), even if the file system does not say so.</summary>
    public static bool IsHiddenName(ReadOnlySpan<char> name) => name.StartsWith('.');

    /// <summary>Says why a picture could not be decoded. MLImage reports a damaged file as an invalid path.</summary>
    public static string Reason(string file, Exception e)
    {
        if (e is not ArgumentException) return e.Message;
        try
        {
            File.OpenRead(file).Dispose();
            return "it is damaged or not in a supported picture format.";
        }
        catch (Exception cause) when (cause is IOException or UnauthorizedAccessException)
        {
            return cause.Message;
        }
    }

    private static FileSystemEnumerable<string> Enumerate(string folder)
    {
        var options = new EnumerationOptions
        {
            RecurseSubdirectories = true,
            IgnoreInaccessible = false,
            AttributesToSkip = FileAttributes.Hidden,
        };
        return new FileSystemEnumerable<string>(folder, (ref FileSystemEntry entry) => entry.ToSpecifiedFullPath(), options)
        {
            ShouldIncludePredicate = (ref FileSystemEntry entry) => !entry.IsDirectory
                && !IsHiddenName(entry.FileName)
                && Extensions.Contains(Path.GetExtension(entry.FileName).ToString()),
            ShouldRecursePredicate = (ref FileSystemEntry entry)
                => !entry.Attributes.HasFlag(FileAttributes.ReparsePoint) && !IsHiddenName(entry.FileName),
        };
    }
}
