using System.IO.Enumeration;
using Tips.MLNet.Images;

namespace Tips.MLNet.Folders;

/// <summary>What a folder itself holds, in ordinal order, without hidden files and folders.</summary>
/// <param name="Files">Paths of files and of links to files.</param>
/// <param name="Folders">Subfolders, and whether each is a link.</param>
/// <param name="Skipped">What cannot be opened, or must not be.</param>
internal sealed record FolderListing(
    IReadOnlyList<string> Files, IReadOnlyList<(string Path, bool IsLink)> Folders, IReadOnlyList<SkippedFile> Skipped)
{
    // What macOS puts into archives, Synology into every folder, and file systems at their root.
    private static readonly string[] SystemNames = ["__MACOSX", "@eaDir", "lost+found"];

    private static readonly EnumerationOptions Everything = new() { AttributesToSkip = 0, IgnoreInaccessible = false };

    /// <summary>Reads a folder.</summary>
    /// <remarks>Costs one look at the metadata of each file: without it, a pipe cannot be told from a picture.</remarks>
    /// <exception cref="IOException">The folder is not there, or cannot be read.</exception>
    /// <exception cref="UnauthorizedAccessException">The folder may not be read.</exception>
    public static FolderListing Read(string folder)
    {
        List<string> files = [];
        List<(string, bool)> folders = [];
        List<SkippedFile> skipped = [];
        foreach (var entry in Enumerate(folder).OrderBy(entry => entry.Name, StringComparer.Ordinal))
        {
            string path = Path.Join(folder, entry.Name);
            if (Problem(entry, path) is { } problem) skipped.Add(problem);
            else if (entry.IsFolder) folders.Add((path, entry.IsLink));
            else files.Add(path);
        }

        return new FolderListing(files, folders, skipped);
    }

    private static FileSystemEnumerable<Entry> Enumerate(string folder)
    {
        return new FileSystemEnumerable<Entry>(folder, Transform, Everything)
        {
            ShouldIncludePredicate = (ref FileSystemEntry entry) => !entry.IsHidden && !IsPassedOver(entry.FileName),
        };

        static Entry Transform(ref FileSystemEntry entry) => new(
            entry.FileName.ToString(),
            entry.IsDirectory,
            entry.Attributes.HasFlag(FileAttributes.ReparsePoint),
            !entry.IsDirectory && entry.Length == 0);
    }

    private static bool IsPassedOver(ReadOnlySpan<char> name)
    {
        if (name.StartsWith('.')) return true;
        foreach (string systemName in SystemNames)
        {
            if (name.SequenceEqual(systemName)) return true;
        }

        return false;
    }

    private static SkippedFile? Problem(Entry entry, string path)
    {
        // .NET puts U+FFFD for bytes that are no UTF-8, and then finds nothing of that name.
        if (entry.Name.Contains('\uFFFD') && !Path.Exists(path))
            return new SkippedFile(path, "name that is not UTF-8", "its name is not UTF-8, so it cannot be opened; rename it");
        if (entry.IsFolder || !(entry.IsLink || entry.IsEmpty)) return null;
        if (SpecialFile.Describe(path) is { } special) return new SkippedFile(path, special, $"it is a {special}, not a file");
        return entry.IsLink && IsDangling(path)
            ? new SkippedFile(path, "dangling link", $"it links to '{new FileInfo(path).LinkTarget}', which is not there")
            : null;
    }

    private static bool IsDangling(string link)
    {
        try
        {
            return File.ResolveLinkTarget(link, returnFinalTarget: true) is { Exists: false };
        }
        catch (IOException)
        {
            return true; // links in a circle
        }
    }

    private readonly record struct Entry(string Name, bool IsFolder, bool IsLink, bool IsEmpty);
}
