using System.Globalization;
using System.Security.Cryptography;

namespace Tips.MLNet.Store;

/// <summary>
/// Names of the files in a store's folder. A writer has an id of its own that nobody else ever has; ids sort by the time they were made. It
/// locks <c>ID.lock</c> as long as it lives and writes <c>ID-0000.segment</c>, <c>ID-0001.segment</c> and so on.
/// </summary>
internal static class SegmentName
{
    public const string StoreLock = "store.lock", Segments = "*.segment", Locks = "*.lock", Partials = "*.partial";

    public static string NewId()
    {
        string random = RandomNumberGenerator.GetHexString(8, lowercase: true);
        return string.Create(CultureInfo.InvariantCulture, $"{DateTime.UtcNow.Ticks:x16}-{random}");
    }

    public static string Segment(string folder, string id, int number = 0)
        => Path.Combine(folder, string.Create(CultureInfo.InvariantCulture, $"{id}-{number:d4}.segment"));

    public static string Partial(string folder, string id) => Path.Combine(folder, $"{id}.partial");

    public static string Lock(string folder, string id) => Path.Combine(folder, $"{id}.lock");

    /// <summary>The lock of the writer of a segment.</summary>
    public static string LockOf(string segment)
    {
        string name = Path.GetFileNameWithoutExtension(segment);
        int end = name.LastIndexOf('-');
        return Lock(Path.GetDirectoryName(segment)!, end < 0 ? name : name[..end]);
    }
}
