using Microsoft.ML;
using Tips.CommandLine;
using Tips.MLNet.Models;
using Tips.MLNet.Samples.Common;
using Tips.MLNet.Samples.Knn;
using Tips.MLNet.Text;

namespace Tips.MLNet.Samples.ZeroShot;

/// <summary>Pictures against the names of their classes.</summary>
internal static class ZeroShotSample
{
    public static int Run(string? modelFolder, string? imageFolder, IReadOnlyList<string> templates, TextWriter output, CancellationToken cancellationToken)
    {
        var pictures = imageFolder is null ? EmbeddedDefault.UnseenPictures() : PictureFiles.ByClassFolder(imageFolder);
        using var model = TipsModel.Load(modelFolder ?? EmbeddedDefault.ModelFolder);
        string[] labels = [.. pictures.Select(p => p.Label).Distinct().Order(StringComparer.Ordinal)];
        IReadOnlyList<PromptTemplate> prompts = templates.Count > 0
            ? [.. templates.Select(PromptTemplate.Create)]
            : modelFolder is null ? EmbeddedDefault.Templates : PromptTemplate.Reference;
        output.WriteLine($"{pictures.Count} pictures are compared with the names of {labels.Length} classes, each in {prompts.Count} sentence(s). No picture is learned.");
        if (modelFolder is null) output.WriteLine(EmbeddedDefault.Warning);
        output.WriteLine();

        var mlContext = new MLContext();
        var classifier = ZeroShotClassifier.Create(model, labels, prompts);
        var console = PlainConsole.Create(output);
        var embedded = EmbeddingProgress.Embed(model, pictures, console, cancellationToken);
        var rows = EmbeddingProgress.ToDataView(mlContext, embedded, model.EmbeddingDimension);

        // The keys of the true labels in the order of the scores.
        var order = mlContext.Data.LoadFromEnumerable(labels.Select(label => new LabelName { Label = label }));
        var predictions = mlContext.Transforms.Conversion.MapValueToKey("LabelKey", nameof(Picture.Label), keyData: order)
            .Append(mlContext.Transforms.TipsZeroShotClassification("Embedding", classifier))
            .Append(mlContext.Transforms.Conversion.MapKeyToValue("PredictedName", "PredictedLabel"))
            .Fit(rows).Transform(rows);
        var metrics = mlContext.MulticlassClassification.Evaluate(predictions, "LabelKey", topKPredictionCount: Math.Min(5, labels.Length));
        KnnReport.PrintScores(output, console, metrics, [.. mlContext.Data.CreateEnumerable<Answer>(predictions, reuseRowObject: false)]);
        return SampleCommands.Success;
    }

    private sealed class LabelName
    {
        public string Label { get; set; } = "";
    }
}
