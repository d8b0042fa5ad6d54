using Microsoft.ML;
using Tips.CommandLine;
using Tips.MLNet.Samples.Common;
using Tips.MLNet.Samples.Knn;

namespace Tips.MLNet.Samples.ZeroShot;

/// <summary>Classifies pictures by comparing them with the names of classes.</summary>
internal static class ZeroShotSample
{
    public static int Run(
        string? modelFolder,
        string? imageFolder,
        IReadOnlyList<string> templates,
        TextWriter output,
        CancellationToken cancellationToken)
    {
        var pictures = imageFolder is null ? BundledAssets.UnseenPictures() : PictureFiles.ByClassFolder(imageFolder);
        using var model = TipsModel.Load(modelFolder ?? BundledAssets.ModelFolder);
        string[] labels = [.. pictures.Select(p => p.Label).Distinct().Order(StringComparer.Ordinal)];
        IReadOnlyList<PromptTemplate> prompts = templates.Count > 0
            ? [.. templates.Select(PromptTemplate.Create)]
            : modelFolder is null ? BundledAssets.Templates : PromptTemplate.Reference;
        string counts = $"{pictures.Count} pictures are compared with the names of {labels.Length} classes";
        output.WriteLine($"{counts}, each in {prompts.Count} prompt(s). Nothing is trained.");
        if (modelFolder is null) output.WriteLine(BundledAssets.Warning);
        output.WriteLine();

        var mlContext = new MLContext();
        var classifier = ZeroShotClassifier.Create(model, labels, prompts, cancellationToken: cancellationToken);
        var console = PlainConsole.Create(output);
        var embedded = EmbeddingProgress.Embed(model, pictures, console, cancellationToken);
        var rows = EmbeddingProgress.ToDataView(mlContext, embedded, model.EmbeddingDimension);

        // Gives the true labels the same order as the scores.
        var order = mlContext.Data.LoadFromEnumerable(labels.Select(label => new LabelName { Label = label }));
        var predictions = mlContext.Transforms.Conversion.MapValueToKey("LabelKey", nameof(Picture.Label), keyData: order)
            .Append(mlContext.Transforms.TipsZeroShotClassification("Embedding", classifier))
            .Append(mlContext.Transforms.Conversion.MapKeyToValue("PredictedName", "PredictedLabel"))
            .Fit(rows).Transform(rows);
        var metrics = mlContext.MulticlassClassification.Evaluate(predictions, "LabelKey", topKPredictionCount: Math.Min(5, labels.Length));
        var results = mlContext.Data.CreateEnumerable<Prediction>(predictions, reuseRowObject: false).ToArray();
        KnnReport.PrintScores(output, console, metrics, results);
        return SampleCommands.Success;
    }

    private sealed class LabelName
    {
        public string Label { get; set; } = "";
    }
}
