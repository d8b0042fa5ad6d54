using Tips.MLNet.Files;

namespace Tips.MLNet.Search;

/// <summary>Index files on disk.</summary>
internal static class IndexFile
{
    private const int BufferSize = 1 << 20;

    /// <summary>Writes a file under another name first. A link stays one.</summary>
    public static void Write(string path, Action<Stream> write) => WholeFile.Write("Index", path, write);

    /// <exception cref="FileNotFoundException">There is no such file.</exception>
    public static FileStream OpenRead(string path) => File.Exists(path)
        ? new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read, BufferSize, FileOptions.SequentialScan)
        : throw new FileNotFoundException($"There is no index '{path}'.", path);
}
