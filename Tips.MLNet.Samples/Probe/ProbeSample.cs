using System.Globalization;
using Microsoft.ML;
using Microsoft.ML.Data;
using Microsoft.ML.Trainers;
using Spectre.Console;
using Tips.CommandLine;
using Tips.MLNet.Models;
using Tips.MLNet.Samples.Common;
using Tips.MLNet.Samples.Knn;
using Tips.MLNet.Transforms;

namespace Tips.MLNet.Samples.Probe;

/// <summary>
/// A linear probe, the usual measure of a frozen encoder: logistic regression for each of many strengths of regularisation, the best on a
/// held-out part of the training pictures trained again on all of them.
/// </summary>
internal static class ProbeSample
{
    private const double TestFraction = 0.2;

    private const int Seed = 1;

    private static readonly float[] Regularizations = [1e-6f, 1e-5f, 1e-4f, 1e-3f, 1e-2f, 1e-1f, 1f, 10f];

    public static int Run(string? modelFolder, string? imageFolder, string pipelineFile, TextWriter output, CancellationToken cancellationToken)
    {
        OutputFile.CheckWritable(pipelineFile);
        var pictures = imageFolder is null ? EmbeddedDefault.Pictures() : PictureFiles.FromClassFolders(imageFolder, TestFraction, Seed);
        using var model = TipsModel.Load(modelFolder ?? EmbeddedDefault.ModelFolder);
        output.WriteLine($"A linear classifier learns {pictures.Training.Count} embeddings; {pictures.Test.Count} pictures never seen are the test. Its regularisation is chosen on a part of the training pictures.");
        if (modelFolder is null) output.WriteLine(EmbeddedDefault.Warning);
        output.WriteLine();

        var mlContext = new MLContext(Seed);
        var console = PlainConsole.Create(output);
        var embedder = mlContext.Transforms.LoadImages("Image", imageFolder: "", nameof(Picture.Path))
            .Append(mlContext.Transforms.TipsImageEmbedding("Embedding", "Image", model, new TipsImageEmbeddingOptions { RowNameColumn = nameof(Picture.Path) }))
            .Fit(mlContext.Data.LoadFromEnumerable(pictures.Training));
        IReadOnlyList<EmbeddedPicture> training = [], test = [];
        EmbeddingProgress.Bars(console).Start(progress =>
        {
            training = EmbeddingProgress.Embed(mlContext, embedder, pictures.Training, "Embedding training pictures", progress, cancellationToken);
            test = EmbeddingProgress.Embed(mlContext, embedder, pictures.Test, "Embedding test pictures", progress, cancellationToken);
        });

        var (learned, held) = Split(training);
        if (held.Count == 0) throw new SampleException("No class has more than one picture to learn from, so none can be held out to choose the regularisation; expected at least 3 pictures in some class.");
        var keys = mlContext.Transforms.Conversion.MapValueToKey("LabelKey", nameof(Picture.Label)).Fit(View(training));
        float best = Sweep(mlContext, keys.Transform(View(learned)), keys.Transform(View(held)), console, cancellationToken);

        var classifier = Trainer(mlContext, best).Append(mlContext.Transforms.Conversion.MapKeyToValue("PredictedName", "PredictedLabel")).Fit(keys.Transform(View(training)));
        var predictions = classifier.Transform(keys.Transform(View(test)));
        int classes = ((VectorDataViewType)predictions.Schema["Score"].Type).Size;
        var metrics = mlContext.MulticlassClassification.Evaluate(predictions, "LabelKey", topKPredictionCount: Math.Min(5, classes));
        output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"Trained again on all {training.Count} with L2 = {best:G2}:"));
        KnnReport.PrintScores(output, console, metrics, [.. mlContext.Data.CreateEnumerable<Answer>(predictions, reuseRowObject: false)]);
        OutputFile.Write(pipelineFile, file => mlContext.Model.Save(embedder.Append(classifier), mlContext.Data.LoadFromEnumerable(pictures.Training).Schema, file));
        output.WriteLine($"Saved the best pipeline, from a file's path to a class, as {Printable.Escape(pipelineFile)} ({new FileInfo(pipelineFile).Length / 1e6:F1} MB).");
        return SampleCommands.Success;

        IDataView View(IReadOnlyList<EmbeddedPicture> rows) => EmbeddingProgress.ToDataView(mlContext, rows, model.EmbeddingDimension);
    }

    // One of every class, or a fifth.
    private static (IReadOnlyList<EmbeddedPicture> Learned, IReadOnlyList<EmbeddedPicture> Held) Split(IReadOnlyList<EmbeddedPicture> pictures)
    {
        List<EmbeddedPicture> learned = [], held = [];
        foreach (var group in pictures.GroupBy(p => p.Label))
        {
            EmbeddedPicture[] members = [.. group.OrderBy(p => p.Path, StringComparer.Ordinal)];
            int count = members.Length == 1 ? 0 : Math.Max(1, members.Length / 5);
            held.AddRange(members[..count]);
            learned.AddRange(members[count..]);
        }

        return (learned, held);
    }

    private static float Sweep(MLContext mlContext, IDataView learned, IDataView held, IAnsiConsole console, CancellationToken cancellationToken)
    {
        var table = new Table { Border = TableBorder.Simple };
        table.AddColumn("L2").AddColumn(new TableColumn("accuracy on held-out").RightAligned()).AddColumn(new TableColumn("log-loss").RightAligned());
        var scores = new List<(float Regularization, double Accuracy, double LogLoss)>();
        foreach (float regularization in Regularizations)
        {
            cancellationToken.ThrowIfCancellationRequested();
            var metrics = mlContext.MulticlassClassification.Evaluate(Trainer(mlContext, regularization).Fit(learned).Transform(held), "LabelKey");
            scores.Add((regularization, metrics.MicroAccuracy, metrics.LogLoss));
            table.AddRow(regularization.ToString("G2", CultureInfo.InvariantCulture), metrics.MicroAccuracy.ToString("P1", CultureInfo.InvariantCulture), metrics.LogLoss.ToString("F3", CultureInfo.InvariantCulture));
        }

        console.Write(table);
        return scores.OrderByDescending(s => s.Accuracy).ThenBy(s => s.LogLoss).First().Regularization;
    }

    private static LbfgsMaximumEntropyMulticlassTrainer Trainer(MLContext mlContext, float regularization)
        => mlContext.MulticlassClassification.Trainers.LbfgsMaximumEntropy("LabelKey", "Embedding", l1Regularization: 0, l2Regularization: regularization);
}
