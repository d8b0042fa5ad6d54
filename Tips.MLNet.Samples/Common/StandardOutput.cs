using System.Text;
using Microsoft.Win32.SafeHandles;

namespace Tips.MLNet.Samples.Common;

/// <summary>Standard output for other programs: UTF-8 in any locale, and an error when the reader of a pipe is gone.</summary>
internal static class StandardOutput
{
    private const int BrokenPipe = 32; // EPIPE

    /// <summary>Opens standard output; <see cref="Console.Out"/> if that is a terminal.</summary>
    public static TextWriter Open() => Console.IsOutputRedirected
        ? new StreamWriter(OpenStream(), new UTF8Encoding(encoderShouldEmitUTF8Identifier: false)) { AutoFlush = true }
        : Console.Out;

    public static bool IsClosedPipe(Exception e) => !OperatingSystem.IsWindows() && e.HResult == BrokenPipe;

    // The console's own stream ignores a closed pipe, and the program would keep working with nobody reading. A file is left to
    // the console: two streams into one file (> all.log 2>&1) must share its position.
    private static Stream OpenStream()
    {
        if (!OperatingSystem.IsWindows())
        {
            try
            {
                var stream = new FileStream(new SafeFileHandle(1, ownsHandle: false), FileAccess.Write, bufferSize: 0);
                if (!stream.CanSeek) return stream;
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException or ArgumentException)
            {
                // The stream is closed from the start; leave that to the console.
            }
        }

        return Console.OpenStandardOutput();
    }
}
