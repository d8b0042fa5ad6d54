namespace Tips.MLNet.Files;

/// <summary>Holds a lock file until it is disposed or the process ends, no matter how.</summary>
internal sealed class FileLock : IDisposable
{
    private readonly FileStream _stream;

    private FileLock(FileStream stream) => _stream = stream;

    /// <returns>The lock, or null if somebody else has it.</returns>
    /// <exception cref="IOException">The file cannot be created.</exception>
    /// <exception cref="UnauthorizedAccessException">Creating the file is not permitted.</exception>
    public static FileLock? TryAcquire(string path)
    {
        try
        {
            // DeleteOnClose also makes .NET check, once it has the lock, that the path still leads to the same file.
            return new FileLock(new FileStream(
                path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None, bufferSize: 1, FileOptions.DeleteOnClose));
        }
        catch (IOException e) when (IsHeld(e))
        {
            return null;
        }
    }

    public void Dispose() => _stream.Dispose();

    // EWOULDBLOCK on Linux and macOS, a sharing violation on Windows.
    private static bool IsHeld(IOException e) => e.HResult is 11 or 35 or unchecked((int)0x80070020);
}
