namespace Tips.MLNet.Folders;

/// <summary>Reads a folder of pictures with captions beside them: <c>a.jpg</c> and <c>a.txt</c>.</summary>
internal sealed class CaptionPairs
{
    /// <summary>Endings of captions, the first of them first.</summary>
    private static readonly string[] Endings = [".txt", ".caption"];

    private readonly List<ImageFile> _images = [];
    private readonly List<SkippedFile> _skipped = [];

    private CaptionPairs()
    {
    }

    /// <summary>The pictures that have a caption.</summary>
    public static (List<ImageFile> Images, List<SkippedFile> Skipped) Read(string folder)
    {
        var found = new FoundFiles(Endings);
        FolderWalk.Run(folder, found);
        var pairs = new CaptionPairs();
        pairs._skipped.AddRange(found.Skipped);
        pairs.Pair(found);
        return (pairs._images, pairs._skipped);
    }

    private static string Stem(string path) => path[..^Path.GetExtension(path).Length];

    private void Pair(FoundFiles found)
    {
        Dictionary<string, string> captions = new(StringComparer.Ordinal);
        foreach (string path in found.Captions.OrderBy(Rank).ThenBy(path => path, StringComparer.Ordinal))
        {
            if (!captions.TryAdd(Stem(path), path))
                Skip(path, "second caption", $"'{Path.GetFileName(captions[Stem(path)])}' is the caption of the same picture");
        }

        HashSet<string> used = new(StringComparer.Ordinal);
        foreach (string picture in found.Pictures)
        {
            if (captions.TryGetValue(Stem(picture), out string? caption))
            {
                used.Add(caption);
                Add(picture, caption);
            }
            else
            {
                string name = Path.GetFileName(Stem(picture));
                Skip(picture, "picture without a caption", $"there is no '{name}.txt' and no '{name}.caption' beside it");
            }
        }

        foreach (string caption in captions.Values.Where(path => !used.Contains(path)))
            Skip(caption, "caption without a picture", "no picture of the same name is beside it");
    }

    private static int Rank(string path) => Array.FindIndex(Endings, e => path.EndsWith(e, StringComparison.OrdinalIgnoreCase));

    private void Add(string picture, string caption)
    {
        try
        {
            string text = TextFile.Read(caption, reader => reader.ReadToEnd()).Trim();
            if (text.Length > 0) _images.Add(new ImageFile(picture, Text: text));
            else Skip(picture, "picture with an empty caption", $"its caption '{Path.GetFileName(caption)}' is empty");
        }
        catch (Exception e) when (e is InvalidDataException or IOException or UnauthorizedAccessException)
        {
            Skip(picture, "picture with an unreadable caption", $"its caption cannot be read: {e.Message}");
        }
    }

    private void Skip(string path, string kind, string reason) => _skipped.Add(new SkippedFile(path, kind, reason));
}
