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
        var output = context.Report;
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

        var embedded = EmbeddingProgress.Embed(context, model, pictures, PlainConsole.Create(output), cancellationToken);
        var index = new EmbeddingIndex(model.EmbeddingDimension);
        foreach (var picture in embedded) index.Add(picture.Path, picture.Embedding, picture.Label);

        float[] asked = [.. model.EmbedTexts(queries, cancellationToken: cancellationToken).SelectMany(embedding => embedding)];
        var results = index.SearchMany(asked, request.Top);
        for (int i = 0; i < queries.Count; i++)
        {
            output.WriteLine($"{Printable.Escape(queries[i])}:");
            foreach (var hit in results[i])
            {
                string name = Printable.Escape(Name(request.Images, hit.Id));
                output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"  {hit.Similarity:F3}  {name}"));
            }
        }

        ContactSheet.Save(
            context, request.ContactSheet, [.. queries.Select((q, i) => (q, (IReadOnlyList<string>)[.. results[i].Select(h => h.Id)]))]);
        output.WriteLine($"The contact sheet is {Printable.Escape(request.ContactSheet)}.");
        if (request.DuplicateThreshold is { } threshold) PrintDuplicates(index, threshold, request.Images, output);
        if (request.Captions) PrintRecallOfCaptions(context, model, embedded, cancellationToken);
        else if (request.Images is null && request.ModelFolder is null) PrintRecallOfNames(model, embedded, output);
        return SampleCommands.Success;
    }

    private static void PrintDuplicates(EmbeddingIndex index, float threshold, string? imageFolder, TextWriter output)
    {
        var pairs = index.FindSimilarPairs(threshold, MaximumPairs + 1);
        bool isCut = pairs.Count > MaximumPairs;
        string count = isCut ? $"More than {MaximumPairs}" : pairs.Count.ToString(CultureInfo.InvariantCulture);
        string order = isCut ? ", the most similar first" : "";
        output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{count} pair(s) with a cosine of at least {threshold}{order}:"));
        foreach (var pair in pairs.Take(MaximumPairs))
        {
            string first = Printable.Escape(Name(imageFolder, pair.First)), second = Printable.Escape(Name(imageFolder, pair.Second));
            output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"  {pair.Similarity:F3}  {first}  {second}"));
        }
    }

    // Shows the path within the folder, because files in different subfolders may have the same name.
    private static string Name(string? imageFolder, string path) => imageFolder is null || File.Exists(imageFolder)
        ? Path.GetFileName(path)
        : Path.GetRelativePath(imageFolder, path);

    // Every picture has one text: its name in several prompts.
    private static void PrintRecallOfNames(TipsModel model, IReadOnlyList<EmbeddedPicture> pictures, TextWriter output)
    {
        var names = ZeroShotClassifier.Create(model, [.. pictures.Select(p => p.Label)], BundledAssets.Templates);
        PrintRecall(model, pictures, names.Embeddings.ToArray(), "name", output);
    }

    private static void PrintRecallOfCaptions(
        SampleContext context, TipsModel model, IReadOnlyList<EmbeddedPicture> pictures, CancellationToken cancellationToken)
    {
        float[][] captions = EmbeddingProgress.EmbedTexts(
            context, model, [.. pictures.Select(p => p.Text)], cancellationToken);
        PrintRecall(model, pictures, [.. captions.SelectMany(c => c)], "caption", context.Report);
    }

    private static void PrintRecall(
        TipsModel model, IReadOnlyList<EmbeddedPicture> pictures, float[] texts, string what, TextWriter output)
    {
        float[] images = [.. pictures.SelectMany(p => p.Embedding)];
        int[] imageOfText = [.. Enumerable.Range(0, pictures.Count)];
        var metrics = RetrievalMetrics.Compute(images, texts, model.EmbeddingDimension, imageOfText, Cutoffs);
        output.WriteLine(
            $"Recall with every picture's {what} as a query: {Line(metrics.TextToImage)}; "
            + $"with every picture as a query for its {what}: {Line(metrics.ImageToText)}.");

        static string Line(IReadOnlyList<double> shares) => string.Join(", ", Cutoffs.Zip(shares, RecallAt));

        static string RecallAt(int k, double share) => string.Create(CultureInfo.InvariantCulture, $"R@{k} {share:P1}");
    }
}
