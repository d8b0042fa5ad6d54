namespace Tips.MLNet.Folders;

/// <summary>
/// Visits a folder and its subfolders, each once. Links to folders are followed after all real subfolders, so that a link to a folder of
/// the same tree changes nothing, and circles end.
/// </summary>
internal sealed class FolderWalk
{
    private readonly FoundFiles _found;
    private readonly HashSet<string> _visited = new(StringComparer.Ordinal);
    private readonly Stack<(string Path, string RealPath)> _folders = [];
    private readonly Queue<string> _links = [];

    private FolderWalk(FoundFiles found) => _found = found;

    /// <summary>Finds the files of a folder and its subfolders.</summary>
    /// <param name="folder">The folder.</param>
    /// <param name="found">Receives them, in no order.</param>
    /// <param name="root">A folder around it that links do not lead back to.</param>
    public static void Run(string folder, FoundFiles found, string? root = null)
    {
        var walk = new FolderWalk(found);
        if (root is not null) walk._visited.Add(RealPath.Of(root));
        walk._links.Enqueue(folder);
        while (walk._links.TryDequeue(out string? link)) walk.Follow(link);
    }

    private void Follow(string link)
    {
        Try(link, () => _folders.Push((link, RealPath.Of(link))));
        while (_folders.TryPop(out var folder))
        {
            if (_visited.Add(folder.RealPath)) Try(folder.Path, () => Visit(folder.Path, folder.RealPath));
        }
    }

    private void Visit(string folder, string realPath)
    {
        var listing = FolderListing.Read(folder);
        _found.Skipped.AddRange(listing.Skipped);
        foreach (string file in listing.Files) _found.Add(file);
        foreach (var (path, isLink) in listing.Folders.Reverse()) // the stack reverses them again
        {
            if (!isLink) _folders.Push((path, Path.Join(realPath, Path.GetFileName(path))));
        }

        foreach (var (path, isLink) in listing.Folders)
        {
            if (isLink) _links.Enqueue(path);
        }
    }

    private void Try(string folder, Action read)
    {
        try
        {
            read();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            _found.Skipped.Add(new SkippedFile(folder, "unreadable folder", $"it cannot be read: {e.Message}"));
        }
    }
}
