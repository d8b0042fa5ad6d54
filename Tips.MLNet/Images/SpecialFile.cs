using System.Formats.Tar;

namespace Tips.MLNet.Images;

/// <summary>
/// Tells pipes, sockets and devices from files without opening them: opening a pipe that nobody writes to waits for ever. Thread-safe.
/// </summary>
internal static class SpecialFile
{
    public const string Pipe = "pipe", Socket = "socket", Device = "device";

    // An exception that carries no error of the operating system.
    private const int ManagedIOException = unchecked((int)0x80131620);

    /// <summary>
    /// What a path, or what it links to, is; null for a file that can be opened without harm, and for anything that cannot be opened at
    /// all: a folder, a dangling link, nothing.
    /// </summary>
    /// <remarks>Costs one look at the file's metadata, unless it is a link or empty. Windows keeps such things out of folders.</remarks>
    public static string? Describe(string path)
    {
        if (OperatingSystem.IsWindows()) return null;
        try
        {
            var file = new FileInfo(path);
            if (!file.Exists) return null;
            if (!file.Attributes.HasFlag(FileAttributes.ReparsePoint)) return OfFile(file);
            if (file.ResolveLinkTarget(returnFinalTarget: true) is not { } target) return null;
            return target.Exists ? target is FileInfo targetFile ? OfFile(targetFile) : null : OfDescriptor(target.Name);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return null; // Whoever opens it gets the same error, in words of its own.
        }
    }

    // What is special has no length.
    private static string? OfFile(FileInfo file) => file.Length > 0 ? null : OfEmptyFile(file.FullName);

    // .NET does not show the type of a file, except in what it writes to tar archives.
    private static string? OfEmptyFile(string path)
    {
        using var archive = new MemoryStream();
        try
        {
            using var writer = new TarWriter(archive, TarEntryFormat.Pax, leaveOpen: true);
            writer.WriteEntry(path, "file");
        }
        catch (IOException e) when (e.GetType() == typeof(IOException) && e.HResult == ManagedIOException)
        {
            return Socket; // the only type that archives cannot hold
        }

        catch (ArgumentException)
        {
            return null; // a name or an owner that archives cannot hold
        }

        archive.Position = 0;
        using var reader = new TarReader(archive);
        return reader.GetNextEntry()?.EntryType switch
        {
            TarEntryType.Fifo => Pipe,
            TarEntryType.CharacterDevice or TarEntryType.BlockDevice => Device,
            _ => null,
        };
    }

    // /dev/stdin and /dev/fd/N of a pipe link to "pipe:[number]", which is no path.
    private static string? OfDescriptor(string target)
    {
        if (target.StartsWith("pipe:", StringComparison.Ordinal)) return Pipe;
        return target.StartsWith("socket:", StringComparison.Ordinal) ? Socket : null;
    }
}
