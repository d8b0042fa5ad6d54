namespace Tips.MLNet.Files;

/// <summary>Files that may be reached by links, as in folders and caches that are made of them.</summary>
internal static class LinkedFile
{
    /// <summary>The file that a path leads to. A link's own length and time say nothing. It need not exist.</summary>
    public static FileInfo Target(string path)
    {
        var info = new FileInfo(path);
        return info.LinkTarget is null ? info : (FileInfo)info.ResolveLinkTarget(returnFinalTarget: true)!;
    }
}
