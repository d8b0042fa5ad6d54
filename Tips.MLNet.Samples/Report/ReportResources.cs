using System.Globalization;
using Tips.CommandLine;

namespace Tips.MLNet.Samples.Report;

/// <summary>What parts of a report share while they are written.</summary>
internal sealed class ReportResources(IReadOnlyDictionary<ThumbnailRequest, string> thumbnails, string folder)
{
    private int _ids;

    /// <summary>Whether the scripts of the map are needed.</summary>
    public bool HasMap { get; set; }

    /// <summary>A new id for an element.</summary>
    public string NextId(string kind) => string.Create(CultureInfo.InvariantCulture, $"{kind}-{++_ids}");

    /// <summary>The data URI of a picture; null if it has none, for lack of space or since it cannot be read any more.</summary>
    public string? Thumbnail(ThumbnailRequest request) => thumbnails.GetValueOrDefault(request);

    /// <summary>A path without the folder that all pictures have in common.</summary>
    public string ShortPath(string path)
        => folder.Length > 0 && path.StartsWith(folder, StringComparison.Ordinal) ? path[folder.Length..] : path;

    /// <summary>Text for the script, which puts it into the page as text; the serializer escapes the rest.</summary>
    public static string Plain(string text) => Printable.Escape(text);

    /// <summary>The longest folder that all paths begin with, with its separator at the end; empty if there is none.</summary>
    public static string CommonFolder(IReadOnlyCollection<string> paths)
    {
        if (paths.Count == 0) return "";
        string first = paths.Min(StringComparer.Ordinal)!, last = paths.Max(StringComparer.Ordinal)!;
        int same = first.AsSpan().CommonPrefixLength(last);
        return first[..(first.AsSpan(0, same).LastIndexOfAny('/', Path.DirectorySeparatorChar) + 1)];
    }
}
