using System.Buffers.Binary;
using System.Text;
using Tips.MLNet.Files;

namespace Tips.MLNet.Store;

/// <summary>What tells, without reading it, that a file is the same as before.</summary>
/// <param name="Path">Full path of the file, or of what it links to.</param>
/// <param name="Length">Bytes.</param>
/// <param name="WriteTime">Time of the last write, in ticks (100 ns) of UTC.</param>
/// <param name="Identity">What another file in its place would not have.</param>
internal readonly record struct FileStamp(string Path, long Length, long WriteTime, FileIdentity Identity)
{
    // The coarsest clock of a file system in use is that of FAT.
    private static readonly TimeSpan ClockStep = TimeSpan.FromSeconds(2);

    /// <returns>The stamp; null if there is no such file, or it is empty, as pipes and devices are.</returns>
    public static FileStamp? Of(string path)
    {
        try
        {
            var file = LinkedFile.Target(path);
            if (!file.Exists || file.Length == 0) return null;
            return new FileStamp(file.FullName, file.Length, file.LastWriteTimeUtc.Ticks, FileIdentity.Of(file));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or ArgumentException or NotSupportedException)
        {
            return null; // Whoever opens it gets the same error, in words of its own.
        }
    }

    /// <summary>
    /// Whether a change from now on must change the stamp. Files written a moment ago may change again within one step of the clock.
    /// </summary>
    public bool IsSettled(DateTime now) => WriteTime + ClockStep.Ticks < now.Ticks;

    /// <summary>The key under which the store keeps the hash of the file's content. The path itself is not kept.</summary>
    public StoreKey Key()
    {
        const int numbers = 4 * sizeof(long);
        var domain = "file\0"u8;
        byte[] bytes = new byte[domain.Length + numbers + Encoding.Unicode.GetByteCount(Path)];
        domain.CopyTo(bytes);
        var rest = bytes.AsSpan(domain.Length);
        BinaryPrimitives.WriteInt64LittleEndian(rest, Length);
        BinaryPrimitives.WriteInt64LittleEndian(rest[8..], WriteTime);
        BinaryPrimitives.WriteUInt64LittleEndian(rest[16..], Identity.Number);
        BinaryPrimitives.WriteInt64LittleEndian(rest[24..], Identity.Time);
        Encoding.Unicode.GetBytes(Path, rest[numbers..]);
        return StoreKey.Of(bytes);
    }
}
