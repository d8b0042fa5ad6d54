using System.Globalization;
using Tips.CommandLine;
using Tips.MLNet.Evaluation;
using Tips.MLNet.Samples.Common;

namespace Tips.MLNet.Samples.Search;

/// <summary>An index of pictures, searched by text.</summary>
internal static class SearchSample
{
    private static readonly string[] DefaultQueries =
    [
        "a red apple", "a big airplane", "a yellow bird", "umbrella in the rain", "a blue fish", "tree",
    ];

    private const int MaximumPairs = 100;

    private static readonly int[] Cutoffs = [1, 5, 10];

    public static int Run(SearchRequest request, SampleContext context, CancellationToken cancellationToken)
    {
        var (output, findings) = (context.Report, context.Findings);
        OutputFile.CheckWritable(request.ContactSheet);
        var pictures = request.Captions
            ? PictureFiles.WithCaptions(request.Images!, context.LeftOut)
            : PictureFiles.OrBundled(request.Images, context.LeftOut);
        var queries = request.Queries.Count > 0 ? request.Queries : DefaultQueries;
        using var model = TipsModel.Load(request.ModelFolder ?? BundledAssets.ModelFolder);
        output.WriteLine($"{pictures.Count} pictures go into an index.");
        output.WriteLine("Each query is embedded into the same space and finds the pictures nearest to it.");
        if (request.ModelFolder is null) output.WriteLine(BundledAssets.Warning);
        output.WriteLine();

        var embedded = EmbeddingProgress.Embed(context, model, pictures, cancellationToken);
        var index = new EmbeddingIndex(model.EmbeddingDimension);
        foreach (var picture in embedded) index.Add(picture.Path, picture.Embedding, picture.Label);

        float[] asked = [.. model.EmbedTexts(queries, cancellationToken: cancellationToken).SelectMany(embedding => embedding)];
        var results = index.SearchMany(asked, request.Top);
        for (int i = 0; i < queries.Count; i++)
        {
            findings.WriteLine($"{Printable.Escape(queries[i])}:");
            foreach (var hit in results[i])
                findings.WriteLine($"  {Format.Score(hit.Similarity)}  {Name(request.Images, hit.Id)}");
        }

        ContactSheet.Save(context, request.ContactSheet, [.. queries.Select((query, i) => new SheetRow(
            query, [.. results[i].Select(hit => new SheetPicture(hit.Id, hit.Similarity, hit.Payload ?? ""))]))]);
        output.WriteLine($"The contact sheet is '{Printable.Escape(request.ContactSheet)}'.");
        var pairs = request.DuplicateThreshold is { } threshold ? PrintDuplicates(index, threshold, request.Images, findings) : null;
        RecallResult? recall = null;
        if (request.Captions) recall = RecallOfCaptions(context, model, embedded, cancellationToken);
        else if (request.Images is null && request.ModelFolder is null) recall = RecallOfNames(model, embedded);
        if (recall is not null) Print(recall, findings);
        context.Finish(new SearchFindings
        {
            Model = model.Name,
            Pictures = embedded.Count,
            Queries = [.. queries.Select((q, i) => new QueryResult(q, [.. results[i].Select(h => new Hit(h.Id, h.Similarity))]))],
            Duplicates = pairs,
            Recall = recall,
            ContactSheet = request.ContactSheet,
        });
        return SampleCommands.Success;
    }

    // The pairs, of which the first are printed.
    private static SimilarPictures[] PrintDuplicates(EmbeddingIndex index, float threshold, string? imageFolder, TextWriter output)
    {
        var pairs = index.FindSimilarPairs(threshold, MaximumPairs + 1);
        bool isCut = pairs.Count > MaximumPairs;
        string count = isCut ? $"More than {MaximumPairs}" : Format.Count(pairs.Count), order = isCut ? ", the most similar first" : "";
        output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{count} pair(s) with a cosine of at least {threshold}{order}:"));
        foreach (var pair in pairs.Take(MaximumPairs))
        {
            string first = Name(imageFolder, pair.First), second = Name(imageFolder, pair.Second);
            output.WriteLine($"  {Format.Score(pair.Similarity)}  {first}  {second}");
        }

        return [.. pairs.Select(p => new SimilarPictures(p.First, p.Second, p.Similarity))];
    }

    // Shows the path within the folder, because files in different subfolders may have the same name.
    private static string Name(string? imageFolder, string path)
    {
        bool isName = imageFolder is null || File.Exists(imageFolder);
        return WordWrap.Keep(Printable.Escape(isName ? Path.GetFileName(path) : Path.GetRelativePath(imageFolder!, path)));
    }

    // Every picture has one text: its name in several prompts.
    private static RecallResult RecallOfNames(TipsModel model, IReadOnlyList<EmbeddedPicture> pictures)
    {
        var names = ZeroShotClassifier.Create(model, [.. pictures.Select(p => p.Label)], BundledAssets.Templates);
        return Recall(model, pictures, names.Embeddings.ToArray(), "name");
    }

    private static RecallResult RecallOfCaptions(
        SampleContext context, TipsModel model, IReadOnlyList<EmbeddedPicture> pictures, CancellationToken cancellationToken)
    {
        float[][] captions = EmbeddingProgress.EmbedTexts(context, model, [.. pictures.Select(p => p.Text)], cancellationToken);
        return Recall(model, pictures, [.. captions.SelectMany(c => c)], "caption");
    }

    private static RecallResult Recall(TipsModel model, IReadOnlyList<EmbeddedPicture> pictures, float[] texts, string what)
    {
        float[] images = [.. pictures.SelectMany(p => p.Embedding)];
        int[] imageOfText = [.. Enumerable.Range(0, pictures.Count)];
        var metrics = RetrievalMetrics.Compute(images, texts, model.EmbeddingDimension, imageOfText, Cutoffs);
        return new RecallResult(what, Cutoffs, metrics.TextToImage, metrics.ImageToText);
    }

    private static void Print(RecallResult recall, TextWriter output)
    {
        output.WriteLine(
            $"Recall with every picture's {recall.Texts} as a query: {Line(recall.TextToImage)}; "
            + $"with every picture as a query for its {recall.Texts}: {Line(recall.ImageToText)}.");

        string Line(IReadOnlyList<double> shares)
            => string.Join(", ", recall.Cutoffs.Zip(shares, (k, share) => $"R@{k} {Format.Percent(share)}"));
    }
}
