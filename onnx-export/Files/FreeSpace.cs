namespace Tips.OnnxExport.Files;

/// <summary>Looks whether a file fits before it is written.</summary>
internal static class FreeSpace
{
    /// <param name="path">A file or folder, which need not be there yet, on the disk in question.</param>
    /// <param name="needed">Bytes to be written.</param>
    /// <param name="what">What needs them, for the message.</param>
    /// <param name="freeBytes">Bytes free at a path; null asks the system.</param>
    /// <exception cref="IOException">There is less space.</exception>
    public static void Check(string path, long needed, string what, Func<string, long>? freeBytes = null)
    {
        long free = (freeBytes ?? FreeBytes)(Path.GetFullPath(path));
        if (free < needed) throw new IOException($"The disk of '{path}' has {free:N0} bytes free; {what} needs {needed:N0}.");
    }

    private static long FreeBytes(string path)
    {
        // The system knows the disk of what is there only.
        while (!Path.Exists(path) && Path.GetDirectoryName(path) is { } parent) path = parent;
        try
        {
            return new DriveInfo(path).AvailableFreeSpace;
        }
        catch (ArgumentException)
        {
            return long.MaxValue; // a network share has no drive to ask
        }
    }
}
