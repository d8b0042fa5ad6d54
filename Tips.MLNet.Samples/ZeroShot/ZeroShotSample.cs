using Microsoft.ML;
using Tips.CommandLine;
using Tips.MLNet.Samples.Common;
using Tips.MLNet.Samples.Knn;
using Tips.MLNet.Samples.Report;

namespace Tips.MLNet.Samples.ZeroShot;

/// <summary>Classifies pictures by comparing them with the names of classes.</summary>
internal static class ZeroShotSample
{
    public static int Run(
        string? modelFolder,
        (string? Images, string? NamesFile) data,
        IReadOnlyList<string> templates,
        string? pipelineFile,
        SampleContext context,
        CancellationToken cancellationToken)
    {
        var output = context.Report;
        if (pipelineFile is not null) context.CheckOutput(pipelineFile);
        var pictures = data.Images is null
            ? BundledAssets.UnseenPictures()
            : PictureFiles.WithLabels(data.Images, data.NamesFile, context.LeftOut);
        using var model = TipsModel.Load(modelFolder ?? BundledAssets.ModelFolder);
        string[] labels = [.. pictures.Select(p => p.Label).Distinct().Order(StringComparer.Ordinal)];
        IReadOnlyList<PromptTemplate> prompts = templates.Count > 0
            ? [.. templates.Select(PromptTemplate.Create)]
            : modelFolder is null ? BundledAssets.Templates : PromptTemplate.Reference;
        string counts = $"{pictures.Count} pictures are compared with the names of {labels.Length} classes";
        output.WriteLine($"{counts}, each in {prompts.Count} prompt(s). Nothing is trained.");
        // The names of folders as words. The bundled ones are words already.
        KeyValuePair<string, IReadOnlyList<string>>[] promptsOfLabels =
        [
            .. labels.Select(label => KeyValuePair.Create(
                label, PromptsOf(data.Images is null ? label : ClassName.ToText(label), prompts))),
        ];
        var (example, read) = promptsOfLabels.FirstOrDefault(
            p => !p.Value[0].Contains(p.Key, StringComparison.Ordinal), promptsOfLabels[0]);
        output.WriteLine($"For example, the model reads class '{Printable.Escape(example)}' as \"{Printable.Escape(read[^1])}\".");
        if (modelFolder is null) output.WriteLine(BundledAssets.Warning);
        output.WriteLine();

        var mlContext = new MLContext();
        var classifier = ZeroShotClassifier.Create(model, promptsOfLabels, cancellationToken: cancellationToken);
        var embedded = EmbeddingProgress.Embed(context, model, pictures, cancellationToken);
        var rows = EmbeddingProgress.ToDataView(mlContext, embedded, model.EmbeddingDimension);

        var predictions = mlContext.Transforms.CopyColumns("LabelKey", nameof(Picture.Label))
            .Append(mlContext.Transforms.TipsZeroShotClassification("Embedding", classifier, "LabelKey"))
            .Append(mlContext.Transforms.Conversion.MapKeyToValue("PredictedName", "PredictedLabel"))
            .Fit(rows).Transform(rows);
        var metrics = mlContext.MulticlassClassification.Evaluate(predictions, "LabelKey", topKPredictionCount: Math.Min(5, labels.Length));
        var results = mlContext.Data.CreateEnumerable<Prediction>(predictions, reuseRowObject: false).ToArray();
        var scores = ClassificationScores.Of(metrics, results);
        KnnReport.PrintScores(context, scores);
        if (pipelineFile is not null) Save();
        new ClassificationReport(model.Name, embedded, results)
        {
            Title = "Classes by their names alone",
            Lead = "Each picture got the class whose name, in words, its embedding is nearest to. Nothing was trained.",
            Options = [new("Prompts", string.Join("; ", prompts.Select(p => p.Fill("{}"))))],
            Top = (metrics.TopKPredictionCount, metrics.TopKAccuracy),
        }.Write(context, cancellationToken);
        context.Finish(new ZeroShotResult(model.Name, labels.Length, prompts.Count, scores, pipelineFile));
        return SampleCommands.Success;

        // Without the true labels, which a new picture has none of.
        void Save()
        {
            var steps = mlContext.Transforms.TipsZeroShotClassification("Embedding", classifier)
                .Append(mlContext.Transforms.Conversion.MapKeyToValue(PipelineFile.PredictedName, "PredictedLabel"))
                .Fit(rows);
            var embedder = EmbeddingProgress.CreateEmbedder(context, mlContext, model);
            PipelineFile.Save(context, mlContext, pipelineFile, "class", embedder, steps);
            CSharpProgram.Classes.Print(output, pipelineFile);
        }
    }

    private static IReadOnlyList<string> PromptsOf(string name, IReadOnlyList<PromptTemplate> templates)
        => [.. templates.Select(template => template.Fill(name))];
}

/// <summary>What <c>zero-shot</c> found, for --json.</summary>
internal sealed record ZeroShotResult(string Model, int Classes, int Prompts, ClassificationScores Scores, string? Pipeline);
