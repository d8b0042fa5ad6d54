using System.IO.Enumeration;

namespace Tips.CommandLine;

/// <summary>Finds picture files below a folder.</summary>
internal static class PictureFolder
{
    private static readonly HashSet<string> Extensions = new(StringComparer.OrdinalIgnoreCase) { ".jpg", ".jpeg", ".png", ".bmp", ".gif", ".webp" };

    /// <summary>The endings of picture files, for messages.</summary>
    public static string ExtensionList { get; } = string.Join(", ", Extensions.Order(StringComparer.Ordinal));

    /// <summary>The pictures of a folder and its subfolders in ordinal order of their paths; not what is hidden, and not through links to folders, which may lead in circles.</summary>
    public static string[] Find(string folder) => [.. Enumerate(folder).Order(StringComparer.Ordinal)];

    /// <summary>Hidden by convention (.ipynb_checkpoints, ._copies), also where the file system does not say so.</summary>
    public static bool IsDotName(ReadOnlySpan<char> name) => name.StartsWith('.');

    /// <summary>Why a picture could not be decoded; MLImage calls a damaged file an invalid path.</summary>
    public static string Reason(string file, Exception e)
    {
        if (e is not ArgumentException) return e.Message;
        try
        {
            File.OpenRead(file).Dispose();
            return "it is damaged or not of a known picture format.";
        }
        catch (Exception cause) when (cause is IOException or UnauthorizedAccessException)
        {
            return cause.Message;
        }
    }

    private static FileSystemEnumerable<string> Enumerate(string folder)
        => new FileSystemEnumerable<string>(folder, (ref FileSystemEntry entry) => entry.ToSpecifiedFullPath(), new EnumerationOptions { RecurseSubdirectories = true, IgnoreInaccessible = false, AttributesToSkip = FileAttributes.Hidden })
        {
            ShouldIncludePredicate = (ref FileSystemEntry entry) => !entry.IsDirectory && !IsDotName(entry.FileName) && Extensions.Contains(Path.GetExtension(entry.FileName).ToString()),
            ShouldRecursePredicate = (ref FileSystemEntry entry) => !entry.Attributes.HasFlag(FileAttributes.ReparsePoint) && !IsDotName(entry.FileName),
        };
}
