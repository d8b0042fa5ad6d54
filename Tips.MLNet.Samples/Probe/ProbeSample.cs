using System.Globalization;
using Microsoft.ML;
using Microsoft.ML.Data;
using Microsoft.ML.Trainers;
using Spectre.Console;
using Tips.CommandLine;
using Tips.MLNet.Samples.Common;
using Tips.MLNet.Samples.Knn;

namespace Tips.MLNet.Samples.Probe;

/// <summary>
/// A linear probe, the usual measure of a frozen encoder: logistic regression with several strengths of regularization. The best one on
/// held-out training pictures is then trained again on all of them.
/// </summary>
internal static class ProbeSample
{
    private const double TestFraction = 0.2;

    private const int Seed = 1;

    private static readonly float[] Regularizations = [1e-6f, 1e-5f, 1e-4f, 1e-3f, 1e-2f, 1e-1f, 1f, 10f];

    public static int Run(
        string? modelFolder,
        (string? Images, string? NamesFile) data,
        string pipelineFile,
        SampleContext context,
        CancellationToken cancellationToken)
    {
        var output = context.Report;
        OutputFile.CheckWritable(pipelineFile);
        var pictures = data.Images is null
            ? BundledAssets.Pictures()
            : PictureFiles.Split(PictureFiles.WithLabels(data.Images, data.NamesFile, context.LeftOut), TestFraction, Seed);
        using var model = TipsModel.Load(modelFolder ?? BundledAssets.ModelFolder);
        string counts = $"trained on {pictures.Training.Count} embeddings and tested on {pictures.Test.Count} unseen ones";
        output.WriteLine($"A linear classifier is {counts}.");
        output.WriteLine("Some of the training pictures are held out to choose the regularization.");
        if (modelFolder is null) output.WriteLine(BundledAssets.Warning);
        output.WriteLine();

        var mlContext = new MLContext(Seed);
        var console = PlainConsole.Create(output);
        var embedder = EmbeddingProgress.CreateEmbedder(context, mlContext, model);
        IReadOnlyList<EmbeddedPicture> training = [], test = [];
        EmbeddingProgress.Bars(console).Start(progress =>
        {
            training = Embed(pictures.Training, "Embedding training pictures", progress);
            test = Embed(pictures.Test, "Embedding test pictures", progress);
        });

        var (fitted, heldOut) = Split(training);
        if (heldOut.Count == 0)
        {
            throw new SampleException(
                "No class has more than one training picture, so none can be held out to choose the regularization; "
                + "expected at least 3 pictures in some class.");
        }

        var keys = mlContext.Transforms.Conversion.MapValueToKey("LabelKey", nameof(Picture.Label)).Fit(View(training));
        float best = Sweep(mlContext, keys.Transform(View(fitted)), keys.Transform(View(heldOut)), console, cancellationToken);

        var classifier = Trainer(mlContext, best)
            .Append(mlContext.Transforms.Conversion.MapKeyToValue(PipelineFile.PredictedName, "PredictedLabel"))
            .Fit(keys.Transform(View(training)));
        var predictions = classifier.Transform(keys.Transform(View(test)));
        int classes = ((VectorDataViewType)predictions.Schema["Score"].Type).Size;
        var metrics = mlContext.MulticlassClassification.Evaluate(predictions, "LabelKey", topKPredictionCount: Math.Min(5, classes));
        var results = mlContext.Data.CreateEnumerable<Prediction>(predictions, reuseRowObject: false).ToArray();
        output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"Trained again on all {training.Count} with L2 = {best:G2}:"));
        KnnReport.PrintScores(output, console, metrics, results);
        PipelineFile.Save(context, mlContext, pipelineFile, "class", embedder, classifier);
        CSharpProgram.Classes.Print(output, pipelineFile);
        return SampleCommands.Success;

        IReadOnlyList<EmbeddedPicture> Embed(IReadOnlyList<Picture> rows, string task, ProgressContext progress)
            => EmbeddingProgress.Embed(context, mlContext, embedder, rows, task, progress, cancellationToken);

        IDataView View(IReadOnlyList<EmbeddedPicture> rows) => EmbeddingProgress.ToDataView(mlContext, rows, model.EmbeddingDimension);
    }

    // Holds out a fifth of every class, but at least one picture.
    private static (IReadOnlyList<EmbeddedPicture> Fitted, IReadOnlyList<EmbeddedPicture> HeldOut) Split(
        IReadOnlyList<EmbeddedPicture> pictures)
    {
        List<EmbeddedPicture> fitted = [], heldOut = [];
        foreach (var group in pictures.GroupBy(p => p.Label))
        {
            EmbeddedPicture[] members = [.. group.OrderBy(p => p.Path, StringComparer.Ordinal)];
            int count = members.Length == 1 ? 0 : Math.Max(1, members.Length / 5);
            heldOut.AddRange(members[..count]);
            fitted.AddRange(members[count..]);
        }

        return (fitted, heldOut);
    }

    private static float Sweep(
        MLContext mlContext, IDataView fitted, IDataView heldOut, IAnsiConsole console, CancellationToken cancellationToken)
    {
        var table = new Table { Border = TableBorder.Simple };
        table.AddColumn("L2");
        table.AddColumn(new TableColumn("accuracy on held-out").RightAligned()).AddColumn(new TableColumn("log-loss").RightAligned());
        var scores = new List<(float Regularization, double Accuracy, double LogLoss)>();
        foreach (float regularization in Regularizations)
        {
            cancellationToken.ThrowIfCancellationRequested();
            var classifier = Trainer(mlContext, regularization).Fit(fitted);
            var metrics = mlContext.MulticlassClassification.Evaluate(classifier.Transform(heldOut), "LabelKey");
            scores.Add((regularization, metrics.MicroAccuracy, metrics.LogLoss));
            table.AddRow(
                regularization.ToString("G2", CultureInfo.InvariantCulture),
                metrics.MicroAccuracy.ToString("P1", CultureInfo.InvariantCulture),
                metrics.LogLoss.ToString("F3", CultureInfo.InvariantCulture));
        }

        console.Write(table);
        return scores.OrderByDescending(s => s.Accuracy).ThenBy(s => s.LogLoss).First().Regularization;
    }

    private static LbfgsMaximumEntropyMulticlassTrainer Trainer(MLContext mlContext, float regularization)
        => mlContext.MulticlassClassification.Trainers.LbfgsMaximumEntropy(
            "LabelKey", "Embedding", l1Regularization: 0, l2Regularization: regularization);
}
