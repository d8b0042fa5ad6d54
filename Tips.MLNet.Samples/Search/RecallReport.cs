using Tips.CommandLine;
using Tips.MLNet.Evaluation;
using Tips.MLNet.Samples.Common;

namespace Tips.MLNet.Samples.Search;

/// <summary>How often pictures and their texts find each other.</summary>
internal static class RecallReport
{
    private static readonly int[] Cutoffs = [1, 5, 10];

    /// <summary>With the names of the bundled drawings: each in several prompts.</summary>
    public static RecallResult OfNames(TipsModel model, IReadOnlyList<EmbeddedPicture> pictures)
    {
        var names = ZeroShotClassifier.Create(model, [.. pictures.Select(p => p.Label)], BundledAssets.Templates);
        return Compute(model, pictures, names.Embeddings.ToArray(), "name");
    }

    /// <summary>With captions.</summary>
    public static RecallResult OfCaptions(
        SampleContext context, TipsModel model, IReadOnlyList<EmbeddedPicture> pictures, CancellationToken cancellationToken)
    {
        float[][] captions = EmbeddingProgress.EmbedTexts(context, model, [.. pictures.Select(p => p.Text)], cancellationToken);
        return Compute(model, pictures, [.. captions.SelectMany(c => c)], "caption");
    }

    public static void Print(RecallResult recall, TextWriter output)
    {
        output.WriteLine(
            $"Recall with every picture's {recall.Texts} as a query: {Line(recall.TextToImage)}; "
            + $"with every picture as a query for its {recall.Texts}: {Line(recall.ImageToText)}.");

        string Line(IReadOnlyList<double> shares)
            => string.Join(", ", recall.Cutoffs.Zip(shares, (k, share) => $"R@{k} {Format.Percent(share)}"));
    }

    private static RecallResult Compute(TipsModel model, IReadOnlyList<EmbeddedPicture> pictures, float[] texts, string what)
    {
        float[] images = [.. pictures.SelectMany(p => p.Embedding)];
        int[] imageOfText = [.. Enumerable.Range(0, pictures.Count)];
        var metrics = RetrievalMetrics.Compute(images, texts, model.EmbeddingDimension, imageOfText, Cutoffs);
        return new RecallResult(what, Cutoffs, metrics.TextToImage, metrics.ImageToText);
    }
}
