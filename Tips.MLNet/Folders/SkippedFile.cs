using System.Globalization;

namespace Tips.MLNet;

/// <summary>A file or a folder that was passed over though it is, or may hold, a picture. Immutable and thread-safe.</summary>
/// <param name="Path">Its path. Where a name is not UTF-8, U+FFFD stands for what cannot be shown.</param>
/// <param name="Kind">What it is, in few words that many files share: "TIFF", "pipe", "dangling link".</param>
/// <param name="Reason">Why it was passed over: a clause that follows the path.</param>
public sealed record SkippedFile(string Path, string Kind, string Reason)
{
    /// <summary>Counts files by their kinds.</summary>
    /// <param name="files">The files.</param>
    /// <returns>
    /// A text such as "3 TIFF, 1 dangling link": the most frequent kind first, equally frequent ones in ordinal order; empty if there are
    /// no files.
    /// </returns>
    public static string Summarize(IEnumerable<SkippedFile> files)
    {
        ArgumentNullException.ThrowIfNull(files);
        var counts = files.CountBy(file => file.Kind, StringComparer.Ordinal)
            .OrderByDescending(kind => kind.Value)
            .ThenBy(kind => kind.Key, StringComparer.Ordinal);
        return string.Join(", ", counts.Select(kind => string.Create(CultureInfo.InvariantCulture, $"{kind.Value} {kind.Key}")));
    }
}
