using System.Runtime.InteropServices;

namespace Tips.MLNet.Files;

/// <summary>
/// What tells a file from another that has taken its place with the same length and time of last write. A copy is another file; so may be,
/// on some systems, one that was renamed.
/// </summary>
/// <param name="Number">Number of the file in its file system; 0 where that is unknown.</param>
/// <param name="Time">
/// When the file's content or metadata last changed, which programs cannot set (Linux), or when the file was made.
/// </param>
internal readonly partial record struct FileIdentity(ulong Number, long Time)
{
    // From linux/stat.h and linux/fcntl.h: the same on every processor.
    private const int CurrentDirectory = -100, FollowLinks = 0, StatusLength = 256, NumberAt = 32, SecondsAt = 96, NanosecondsAt = 104;

    private const uint ChangeTimeAndNumber = 0x80 | 0x100;

    private static volatile bool _isMissing;

    /// <summary>Looks at a file that exists.</summary>
    public static FileIdentity Of(FileInfo file)
    {
        if (OperatingSystem.IsLinux() && !_isMissing)
        {
            try
            {
                Span<byte> status = stackalloc byte[StatusLength];
                if (Status(CurrentDirectory, file.FullName, FollowLinks, ChangeTimeAndNumber, ref MemoryMarshal.GetReference(status)) == 0)
                    return FromStatus(status);
            }
            catch (Exception e) when (e is DllNotFoundException or EntryPointNotFoundException)
            {
                _isMissing = true; // an old C library
            }
        }

        return new FileIdentity(0, file.CreationTimeUtc.Ticks);
    }

    private static FileIdentity FromStatus(ReadOnlySpan<byte> status)
    {
        long seconds = MemoryMarshal.Read<long>(status[SecondsAt..]);
        uint nanoseconds = MemoryMarshal.Read<uint>(status[NanosecondsAt..]);
        return new FileIdentity(MemoryMarshal.Read<ulong>(status[NumberAt..]), unchecked(seconds * 1_000_000_000 + nanoseconds));
    }

    // .NET itself shows neither the number nor the time of the last change.
    [LibraryImport("libc", EntryPoint = "statx", StringMarshalling = StringMarshalling.Utf8)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int Status(int directory, string path, int flags, uint mask, ref byte status);
}
