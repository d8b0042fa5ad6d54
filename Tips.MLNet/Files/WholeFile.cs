namespace Tips.MLNet.Files;

/// <summary>Writes a file so that under its name there is a complete one at any time. A link stays one: its target is written.</summary>
internal static class WholeFile
{
    private const int BufferSize = 1 << 20;

    /// <param name="what">What the file is, for messages: "Index".</param>
    /// <param name="path">The file; its folder must exist.</param>
    /// <param name="write">Writes the content.</param>
    /// <exception cref="DirectoryNotFoundException">There is no such folder.</exception>
    /// <exception cref="IOException">The file cannot be written.</exception>
    public static void Write(string what, string path, Action<Stream> write)
    {
        string? partial = null;
        try
        {
            string target = LinkedFile.Target(path).FullName, folder = Path.GetDirectoryName(target) ?? target;
            if (!Directory.Exists(folder))
                throw new DirectoryNotFoundException($"There is no folder '{folder}' for the {what.ToLowerInvariant()}.");
            if (Directory.Exists(target)) throw new IOException("It is a folder.");
            partial = Path.Combine(folder, $".{Guid.NewGuid():N}.partial"); // not longer than the file's own name may be
            try
            {
                using (var file = new FileStream(partial, FileMode.CreateNew, FileAccess.Write, FileShare.None, BufferSize)) write(file);
                if (!OperatingSystem.IsWindows() && File.Exists(target)) File.SetUnixFileMode(partial, File.GetUnixFileMode(target));
                File.Move(partial, target, overwrite: true);
            }
            finally
            {
                File.Delete(partial);
            }
        }
        catch (Exception e) when (e is (IOException or UnauthorizedAccessException) and not DirectoryNotFoundException)
        {
            // The name that it would have had until it is complete means nothing to anybody.
            string reason = partial is null ? e.Message : e.Message.Replace(partial, path, StringComparison.Ordinal);
            throw new IOException($"{what} '{path}' cannot be written: {reason}", e);
        }
    }
}
