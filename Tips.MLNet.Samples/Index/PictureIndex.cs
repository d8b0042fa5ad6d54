using System.Text.Json;
using Tips.MLNet.Samples.Common;

namespace Tips.MLNet.Samples.Index;

/// <summary>
/// Pictures, and perhaps their captions, by their paths within a folder: in memory, or in a file that a later run searches.
/// </summary>
internal sealed class PictureIndex : IDisposable
{
    // What is behind the path of a picture in the id of its caption; no path has such a character.
    private const string CaptionMark = "\0caption";

    private PictureIndex(EmbeddingIndex entries, IndexDescription description)
        => (Entries, Description) = (entries, description);

    public EmbeddingIndex Entries { get; }

    public IndexDescription Description { get; }

    /// <summary>The ids of the pictures.</summary>
    public IEnumerable<string> Pictures => Entries.Ids.Where(id => !Entries.Contains(Strip(id)));

    /// <summary>The folder that ids are relative to.</summary>
    public string PictureFolder => Description.PictureFolder;

    /// <summary>How many pictures it has.</summary>
    public int PictureCount => Description.Captions ? Entries.Count / 2 : Entries.Count;

    /// <summary>Makes an index in memory.</summary>
    /// <param name="description">What it is made from.</param>
    /// <param name="dimension">Length of the embeddings.</param>
    /// <param name="pictures">The pictures.</param>
    /// <param name="captions">The embedding of each picture's text; null to leave captions out.</param>
    public static PictureIndex Create(
        IndexDescription description, int dimension, IReadOnlyList<EmbeddedPicture> pictures, float[][]? captions)
    {
        var entries = new EmbeddingIndex(dimension) { Description = description.ToJson() };
        foreach (var (number, picture) in pictures.Index())
        {
            string id = IdOf(picture.Path, description.PictureFolder);
            if (entries.Contains(id)) continue; // a table may name a picture twice
            entries.Add(id, picture.Embedding, new IndexedItem(ItemKind.Picture, Known(picture.Label), Known(picture.Text)).ToPayload());
            if (captions is null) continue;
            var caption = new IndexedItem(ItemKind.Caption, Known(picture.Label), picture.Text);
            entries.Add(id + CaptionMark, captions[number], caption.ToPayload());
        }

        return new PictureIndex(entries, description);
    }

    /// <summary>Opens a stored index.</summary>
    /// <param name="file">The file.</param>
    /// <param name="pictureFolder">Where the pictures are now; null if they have not been moved.</param>
    public static PictureIndex Open(string file, string? pictureFolder)
    {
        if (Directory.Exists(file))
            throw new SampleException($"'{file}' is a folder, expected an index: make one with 'index DIR -o FILE', or give --images DIR.");
        var index = Read(EmbeddingIndex.OpenMapped(file), file);
        index.Entries.Verify();
        return pictureFolder is null
            ? index
            : new PictureIndex(index.Entries, index.Description with { PictureFolder = PictureFiles.FolderOf(pictureFolder) });
    }

    /// <summary>Reads a stored index into memory, so that its file may be replaced.</summary>
    public static PictureIndex Load(string file, CancellationToken cancellationToken)
        => Read(EmbeddingIndex.Load(file, cancellationToken), file);

    private static PictureIndex Read(EmbeddingIndex entries, string file)
    {
        try
        {
            return new PictureIndex(entries, IndexDescription.Parse(entries.Description, file));
        }
        catch
        {
            entries.Dispose();
            throw;
        }
    }

    /// <summary>The path of the picture, or of the caption's picture, relative to the folder.</summary>
    public static string NameOf(SearchResult hit) => NameOf(hit.Id, ItemOf(hit.Id, hit.Payload).Kind);

    /// <summary>What the index says about an entry.</summary>
    public static IndexedItem ItemOf(string id, string? payload)
    {
        try
        {
            return IndexedItem.Parse(payload);
        }
        catch (JsonException e)
        {
            throw new SampleException($"The index says nothing known about '{id}': {e.Message}");
        }
    }

    /// <summary>The path of a picture.</summary>
    /// <param name="name">Its path within the folder.</param>
    public string PathOf(string name) => Path.GetFullPath(name, PictureFolder);

    /// <summary>The nearest entries of a kind.</summary>
    public IReadOnlyList<SearchResult> Search(ReadOnlySpan<float> query, ItemKind kind, ItemFilter filter, int count)
        => Entries.Search(query, count, (id, payload) =>
        {
            var item = ItemOf(id, payload);
            return item.Kind == kind && filter.Accepts(NameOf(id, item.Kind), item);
        });

    /// <summary>Pairs of pictures with at least a cosine, both of which a filter lets pass, the most similar first.</summary>
    public IReadOnlyList<SimilarPair> FindSimilarPictures(
        float threshold, ItemFilter filter, int maximumCount, CancellationToken cancellationToken)
    {
        if (!Description.Captions && filter.IsEmpty) return Entries.FindSimilarPairs(threshold, maximumCount, cancellationToken);
        using var pictures = new EmbeddingIndex(Entries.Dimension);
        float[] zeros = new float[Entries.Dimension], embedding = new float[Entries.Dimension];
        // Only a search gives payloads.
        foreach (var hit in Search(zeros, ItemKind.Picture, filter, Math.Max(Entries.Count, 1)))
        {
            Entries.TryGetEmbedding(hit.Id, embedding);
            pictures.Add(hit.Id, embedding);
        }

        return pictures.FindSimilarPairs(threshold, maximumCount, cancellationToken);
    }

    public void Dispose() => Entries.Dispose();

    // Paths in an index have slashes on every system.
    private static string IdOf(string path, string folder)
    {
        string name = Path.GetRelativePath(folder, path);
        return Path.DirectorySeparatorChar == '/' ? name : name.Replace(Path.DirectorySeparatorChar, '/');
    }

    private static string NameOf(string id, ItemKind kind) => kind == ItemKind.Caption ? id[..^CaptionMark.Length] : id;

    // The id of the picture, if it is that of a caption; otherwise one that no entry has.
    private static string Strip(string id) => id.EndsWith(CaptionMark, StringComparison.Ordinal) ? id[..^CaptionMark.Length] : "\0";

    private static string? Known(string text) => text.Length == 0 ? null : text;
}
