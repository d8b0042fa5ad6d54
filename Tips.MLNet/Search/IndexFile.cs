namespace Tips.MLNet.Search;

/// <summary>Index files on disk.</summary>
internal static class IndexFile
{
    private const int BufferSize = 1 << 20;

    /// <summary>Writes a file under another name first. A link stays one.</summary>
    public static void Write(string path, Action<Stream> write)
    {
        var info = new FileInfo(path);
        path = info.LinkTarget is null ? info.FullName : info.ResolveLinkTarget(returnFinalTarget: true)!.FullName;
        string folder = Path.GetDirectoryName(path)!;
        if (!Directory.Exists(folder)) throw new DirectoryNotFoundException($"There is no folder '{folder}' for the index.");
        string partial = $"{path}.{Guid.NewGuid():N}.partial";
        try
        {
            using (var file = new FileStream(partial, FileMode.CreateNew, FileAccess.Write, FileShare.None, BufferSize)) write(file);
            File.Move(partial, path, overwrite: true);
        }
        finally
        {
            File.Delete(partial);
        }
    }

    /// <exception cref="FileNotFoundException">There is no such file.</exception>
    public static FileStream OpenRead(string path) => File.Exists(path)
        ? new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read, BufferSize, FileOptions.SequentialScan)
        : throw new FileNotFoundException($"There is no index '{path}'.", path);
}
