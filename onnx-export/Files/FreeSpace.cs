namespace Tips.OnnxExport.Files;

/// <summary>Checks for enough disk space before a file is written.</summary>
internal static class FreeSpace
{
    /// <param name="path">A file or folder on the disk in question; it need not exist yet.</param>
    /// <param name="needed">Number of bytes to write.</param>
    /// <param name="what">What needs the space, for the message.</param>
    /// <param name="freeBytes">Gets the free bytes at a path; null to ask the system.</param>
    /// <exception cref="IOException">There is not enough space.</exception>
    public static void Check(string path, long needed, string what, Func<string, long>? freeBytes = null)
    {
        long free = (freeBytes ?? FreeBytes)(Path.GetFullPath(path));
        if (free < needed) throw new IOException($"The disk at '{path}' has {free:N0} bytes free; {what} needs {needed:N0}.");
    }

    private static long FreeBytes(string path)
    {
        // DriveInfo only works with paths that exist, which a link that leads nowhere only seems to.
        while (!Directory.Exists(path) && Path.GetDirectoryName(path) is { } parent) path = parent;
        try
        {
            return new DriveInfo(path).AvailableFreeSpace;
        }
        catch (ArgumentException)
        {
            return long.MaxValue; // a network share has no drive to query
        }
    }
}
