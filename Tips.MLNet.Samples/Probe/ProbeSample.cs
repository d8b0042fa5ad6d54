using System.Globalization;
using Microsoft.ML;
using Microsoft.ML.Data;
using Microsoft.ML.Trainers;
using Tips.CommandLine;
using Tips.MLNet.Samples.Common;
using Tips.MLNet.Samples.Knn;
using Tips.MLNet.Samples.Report;

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
        context.CheckOutput(pipelineFile);
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
        var embedder = EmbeddingProgress.CreateEmbedder(context, mlContext, model);
        var training = Embed(pictures.Training, "Embedding training pictures");
        var test = Embed(pictures.Test, "Embedding test pictures");

        var (fitted, heldOut) = Split(training);
        if (heldOut.Count == 0)
        {
            throw new SampleException(
                "No class has more than one training picture, so none can be held out to choose the regularization; "
                + "expected at least 3 pictures in some class.");
        }

        var keys = mlContext.Transforms.Conversion.MapValueToKey("LabelKey", nameof(Picture.Label)).Fit(View(training));
        var sweep = Sweep(mlContext, keys.Transform(View(fitted)), keys.Transform(View(heldOut)), cancellationToken);
        Print(sweep, output);
        float best = sweep.OrderByDescending(s => s.HeldOutAccuracy).ThenBy(s => s.LogLoss).First().L2;

        var classifier = Trainer(mlContext, best)
            .Append(mlContext.Transforms.Conversion.MapKeyToValue(PipelineFile.PredictedName, "PredictedLabel"))
            .Fit(keys.Transform(View(training)));
        var predictions = classifier.Transform(keys.Transform(View(test)));
        int classes = ((VectorDataViewType)predictions.Schema["Score"].Type).Size;
        var metrics = mlContext.MulticlassClassification.Evaluate(predictions, "LabelKey", topKPredictionCount: Math.Min(5, classes));
        var results = mlContext.Data.CreateEnumerable<Prediction>(predictions, reuseRowObject: false).ToArray();
        output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"Trained again on all {training.Count} with L2 = {best:G2}:"));
        var scores = ClassificationScores.Of(metrics, results);
        KnnReport.PrintScores(context, scores);
        long bytes = PipelineFile.Save(context, mlContext, pipelineFile, "class", embedder, classifier);
        CSharpProgram.Classes.Print(output, pipelineFile);
        new ClassificationReport(model.Name, test, results)
        {
            Title = "Classes by a linear probe",
            Lead = "Logistic regression on frozen embeddings gave each test picture its class.",
            Options =
            [
                new("Training pictures", training.Count), new("L2", best.ToString("G2", CultureInfo.InvariantCulture)), new("Seed", Seed),
            ],
            Top = (metrics.TopKPredictionCount, metrics.TopKAccuracy),
        }.Write(context, cancellationToken);
        context.Finish(new ProbeResult(model.Name, training.Count, classes, sweep, best, scores, pipelineFile, bytes));
        return SampleCommands.Success;

        IReadOnlyList<EmbeddedPicture> Embed(IReadOnlyList<Picture> rows, string task)
            => EmbeddingProgress.EmbedClasses(context, mlContext, embedder, rows, task, cancellationToken);

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

    private static List<SweepStep> Sweep(
        MLContext mlContext, IDataView fitted, IDataView heldOut, CancellationToken cancellationToken)
    {
        var steps = new List<SweepStep>();
        foreach (float regularization in Regularizations)
        {
            cancellationToken.ThrowIfCancellationRequested();
            var classifier = Trainer(mlContext, regularization).Fit(fitted);
            var metrics = mlContext.MulticlassClassification.Evaluate(classifier.Transform(heldOut), "LabelKey");
            steps.Add(new SweepStep(regularization, metrics.MicroAccuracy, metrics.LogLoss));
        }

        return steps;
    }

    private static void Print(IEnumerable<SweepStep> sweep, WrappingWriter output)
    {
        var table = new TextTable().Name("L2", 3).Number("accuracy on held-out", 2).Number("log-loss", 1);
        foreach (var step in sweep)
        {
            table.Row(
                step.L2.ToString("G2", CultureInfo.InvariantCulture), Format.Percent(step.HeldOutAccuracy), Format.Score(step.LogLoss));
        }

        table.WriteTo(output);
    }

    private static LbfgsMaximumEntropyMulticlassTrainer Trainer(MLContext mlContext, float regularization)
        => mlContext.MulticlassClassification.Trainers.LbfgsMaximumEntropy(
            "LabelKey", "Embedding", l1Regularization: 0, l2Regularization: regularization);
}
