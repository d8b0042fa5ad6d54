namespace Tips.MLNet.Samples.Common;

/// <summary>
/// A file that a sample writes. It is written under a temporary name first, so the file under the final name is always complete.
/// </summary>
internal static class OutputFile
{
    /// <summary>Checks that <see cref="Write"/> will be able to write, before there is any work to lose.</summary>
    public static void CheckWritable(string file)
    {
        if (Directory.Exists(file)) throw new SampleException($"'{file}' is a folder, expected a file.");
        string target = Resolve(file), folder = Path.GetDirectoryName(target)!;
        if (!Directory.Exists(folder)) throw new SampleException($"There is no folder '{folder}' for '{file}'.");
        if (!OperatingSystem.IsWindows() && folder is "/dev")
            throw new SampleException($"'{file}' is a device, expected a file."); // moving a file there would replace the device
        string partial = PartialName(target);
        try
        {
            using var probe = new FileStream(
                partial, FileMode.CreateNew, FileAccess.Write, FileShare.None, bufferSize: 1, FileOptions.DeleteOnClose);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new SampleException($"'{file}' cannot be written: {e.Message.Replace(partial, file, StringComparison.Ordinal)}");
        }
    }

    /// <param name="file">The file. If it is a link, its target is written.</param>
    /// <param name="write">Writes to the path that it is given.</param>
    public static void Write(string file, Action<string> write)
    {
        string target = Resolve(file), partial = PartialName(target);
        try
        {
            write(partial);
            if (!OperatingSystem.IsWindows() && File.Exists(target)) File.SetUnixFileMode(partial, File.GetUnixFileMode(target));
            File.Move(partial, target, overwrite: true);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException && e.Message.Contains(partial, StringComparison.Ordinal))
        {
            // The temporary name means nothing to anybody.
            throw new IOException($"'{file}' cannot be written: {e.Message.Replace(partial, file, StringComparison.Ordinal)}", e);
        }
        finally
        {
            File.Delete(partial);
        }
    }

    private static string Resolve(string file)
    {
        var info = new FileInfo(file);
        return info.LinkTarget is null ? info.FullName : info.ResolveLinkTarget(returnFinalTarget: true)!.FullName;
    }

    // Not the file's own name with something behind it, which might be too long.
    private static string PartialName(string file) => Path.Combine(Path.GetDirectoryName(file)!, $"{Guid.NewGuid():N}.partial");
}
