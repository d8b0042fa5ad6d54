namespace Tips.MLNet.Folders;

/// <summary>Paths without links in them, which tell whether two paths lead to one folder.</summary>
internal static class RealPath
{
    /// <summary>The path of an existing folder with every link in it resolved.</summary>
    /// <exception cref="IOException">A part of the path cannot be read.</exception>
    /// <exception cref="UnauthorizedAccessException">A part of the path cannot be read.</exception>
    public static string Of(string folder)
    {
        string path = Path.GetFullPath(folder), real = Path.GetPathRoot(path)!;
        char[] separators = [Path.DirectorySeparatorChar, Path.AltDirectorySeparatorChar];
        foreach (string name in path[real.Length..].Split(separators, StringSplitOptions.RemoveEmptyEntries))
        {
            string next = Path.Join(real, name);
            real = Directory.ResolveLinkTarget(next, returnFinalTarget: false) is { } target ? Of(target.FullName) : next;
        }

        return real;
    }
}
