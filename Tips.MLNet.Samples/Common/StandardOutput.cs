using System.Text;
using Microsoft.Win32.SafeHandles;

namespace Tips.MLNet.Samples.Common;

/// <summary>Standard output for other programs: UTF-8 whatever the locale, and an error when a pipe's reader is gone.</summary>
internal static class StandardOutput
{
    private const int BrokenPipe = 32; // EPIPE

    /// <summary><see cref="Console.Out"/> if that is a terminal.</summary>
    public static TextWriter Open() => Console.IsOutputRedirected ? new StreamWriter(OpenStream(), new UTF8Encoding(encoderShouldEmitUTF8Identifier: false)) { AutoFlush = true } : Console.Out;

    public static bool IsClosedPipe(Exception e) => !OperatingSystem.IsWindows() && e.HResult == BrokenPipe;

    // The console's own stream passes over a closed pipe in silence, and the program would work on for nobody. A file is left to the
    // console: two streams into one file (> all.log 2>&1) must share its position.
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
                // Closed from the start; the console knows what to do then.
            }
        }

        return Console.OpenStandardOutput();
    }
}
