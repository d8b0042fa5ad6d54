using Tips.CommandLine;
using Tips.MLNet.Samples.Common;

namespace Tips.MLNet.Samples.Index;

/// <summary>
/// Makes or updates a stored index. Embeddings come from the store, where it has them, so only what is new is embedded; the index itself
/// is written anew, whole, when everything is there.
/// </summary>
internal static class IndexSample
{
    private const string StoreEnding = ".store";

    public static int Run(IndexRequest request, SampleContext context, CancellationToken cancellationToken)
    {
        var output = context.Report;
        context.CheckOutput(request.IndexFile);
        // Never replaces what this command did not make, or made of another folder.
        using var old = File.Exists(request.IndexFile) ? PictureIndex.Load(request.IndexFile, cancellationToken) : null;
        string folder = PictureFiles.FolderOf(request.Images);
        if (old is not null && old.PictureFolder != folder)
        {
            throw new SampleException(
                $"Index '{request.IndexFile}' is of the pictures in '{old.PictureFolder}', not of those in '{folder}'. Give another name; "
                + "or delete it, if the folder was moved: the store still has the embeddings.");
        }

        context.Store.Folder ??= request.IndexFile + StoreEnding;
        var pictures = request.Captions
            ? PictureFiles.WithCaptions(request.Images, context.LeftOut)
            : PictureFiles.OrBundled(request.Images, context.LeftOut);
        using var model = TipsModel.Load(request.ModelFolder ?? BundledAssets.ModelFolder);
        if (request.ModelFolder is null) output.WriteLine(BundledAssets.Warning);
        var embedded = EmbeddingProgress.Embed(context, model, pictures, cancellationToken);
        float[][]? captions = request.Captions
            ? EmbeddingProgress.EmbedTexts(context, model, [.. embedded.Select(p => p.Text)], cancellationToken)
            : null;
        using var index = PictureIndex.Create(Describe(request, context, model, folder), model.EmbeddingDimension, embedded, captions);
        index.Entries.Save(request.IndexFile, cancellationToken);

        var result = new IndexResult
        {
            Model = model.Name,
            Index = request.IndexFile,
            StoreFolder = context.Store.Folder,
            Pictures = index.PictureCount,
            Captions = request.Captions ? index.PictureCount : 0,
            Embedded = context.Store.Counts!.Value.Embedded,
            Added = index.Pictures.Count(id => old?.Entries.Contains(id) != true),
            Changed = old is null ? 0 : index.Pictures.Count(id => IsChanged(id, old.Entries, index.Entries)),
            Removed = old is null ? 0 : old.Pictures.Count(id => !index.Entries.Contains(id)),
        };
        context.Findings.WriteLine(
            $"The index '{Printable.Escape(request.IndexFile)}' has {Format.Count(result.Pictures)} picture(s)"
            + (request.Captions ? " and their captions" : "")
            + $": {Format.Count(result.Added)} new, {Format.Count(result.Changed)} changed, {Format.Count(result.Removed)} gone, "
            + $"{Format.Count(result.Embedded)} embedded now.");
        if (Directory.Exists(context.Store.Folder))
            output.WriteLine($"Their embeddings are kept in '{Printable.Escape(context.Store.Folder)}', for the next time.");
        context.Finish(result);
        return SampleCommands.Success;
    }

    private static IndexDescription Describe(IndexRequest request, SampleContext context, TipsModel model, string folder) => new()
    {
        Model = model.Name,
        ModelFolder = request.ModelFolder is null ? null : Path.GetFullPath(request.ModelFolder),
        ModelDigest = IndexDescription.DigestOf(model),
        PictureFolder = folder,
        Upright = context.Upright,
        Captions = request.Captions,
    };

    private static bool IsChanged(string id, EmbeddingIndex old, EmbeddingIndex current)
    {
        if (old.Dimension != current.Dimension) return old.Contains(id);
        float[] before = new float[old.Dimension], now = new float[old.Dimension];
        return old.TryGetEmbedding(id, before) && current.TryGetEmbedding(id, now) && !before.AsSpan().SequenceEqual(now);
    }
}
