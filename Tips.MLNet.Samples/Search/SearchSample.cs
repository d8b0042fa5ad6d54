using System.Globalization;
using Tips.CommandLine;
using Tips.MLNet.Evaluation;
using Tips.MLNet.Models;
using Tips.MLNet;
using Tips.MLNet.Samples.Common;

namespace Tips.MLNet.Samples.Search;

/// <summary>An index of pictures, asked in words.</summary>
internal static class SearchSample
{
    private static readonly string[] DefaultQueries = ["a red apple", "a big airplane", "a yellow bird", "umbrella in the rain", "a blue fish", "tree"];

    private const int MostPairs = 100;

    private static readonly int[] Cutoffs = [1, 5, 10];

    public static int Run(string? modelFolder, string? imageFolder, IReadOnlyList<string> queries, int top, string sheet, float? duplicates, TextWriter output, CancellationToken cancellationToken)
    {
        OutputFile.CheckWritable(sheet);
        var pictures = imageFolder is null ? EmbeddedDefault.UnseenPictures() : [.. PictureFiles.Find(imageFolder).Select(path => new Picture { Path = path })];
        if (queries.Count == 0) queries = DefaultQueries;
        using var model = TipsModel.Load(modelFolder ?? EmbeddedDefault.ModelFolder);
        output.WriteLine($"{pictures.Count} pictures go into an index; each query is embedded into the same space, and the pictures nearest to it are its answers.");
        if (modelFolder is null) output.WriteLine(EmbeddedDefault.Warning);
        output.WriteLine();

        var embedded = EmbeddingProgress.Embed(model, pictures, PlainConsole.Create(output), cancellationToken);
        var index = new EmbeddingIndex(model.EmbeddingDimension);
        foreach (var picture in embedded) index.Add(picture.Path, picture.Embedding, picture.Label);

        var results = index.SearchMany(model.EmbedTexts(queries).SelectMany(e => e).ToArray(), top);
        for (int i = 0; i < queries.Count; i++)
        {
            output.WriteLine($"{Printable.Escape(queries[i])}:");
            foreach (var hit in results[i])
                output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"  {hit.Similarity:F3}  {Printable.Escape(Name(imageFolder, hit.Id))}"));
        }

        ContactSheet.Save(sheet, [.. queries.Select((q, i) => (q, (IReadOnlyList<string>)[.. results[i].Select(h => h.Id)]))]);
        output.WriteLine($"The contact sheet is {Printable.Escape(sheet)}.");
        if (duplicates is { } threshold) PrintDuplicates(index, threshold, imageFolder, output);
        if (imageFolder is null && modelFolder is null) PrintRecall(model, embedded, output);
        return SampleCommands.Success;
    }

    private static void PrintDuplicates(EmbeddingIndex index, float threshold, string? imageFolder, TextWriter output)
    {
        var pairs = index.FindSimilarPairs(threshold, MostPairs + 1);
        string count = pairs.Count > MostPairs ? $"More than {MostPairs}" : pairs.Count.ToString(CultureInfo.InvariantCulture);
        output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{count} pair(s) with a cosine of at least {threshold}{(pairs.Count > MostPairs ? ", the most similar first" : "")}:"));
        foreach (var pair in pairs.Take(MostPairs))
            output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"  {pair.Similarity:F3}  {Printable.Escape(Name(imageFolder, pair.First))}  {Printable.Escape(Name(imageFolder, pair.Second))}"));
    }

    // Files of one name in several folders are not one file.
    private static string Name(string? imageFolder, string path) => imageFolder is null || File.Exists(imageFolder) ? Path.GetFileName(path) : Path.GetRelativePath(imageFolder, path);

    // Every picture has one text, its name in several sentences.
    private static void PrintRecall(TipsModel model, IReadOnlyList<EmbeddedPicture> pictures, TextWriter output)
    {
        var names = ZeroShotClassifier.Create(model, [.. pictures.Select(p => p.Label)], EmbeddedDefault.Templates);
        var metrics = RetrievalMetrics.Compute(pictures.SelectMany(p => p.Embedding).ToArray(), names.Embeddings.ToArray(), model.EmbeddingDimension, [.. Enumerable.Range(0, pictures.Count)], Cutoffs);
        output.WriteLine($"Recall with every picture's name as a query: {Line(metrics.TextToImage)}; with every picture as a query for its name: {Line(metrics.ImageToText)}.");

        static string Line(IReadOnlyList<double> shares) => string.Join(", ", Cutoffs.Zip(shares, (k, share) => string.Create(CultureInfo.InvariantCulture, $"R@{k} {share:P1}")));
    }
}
