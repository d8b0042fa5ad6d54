using System.Globalization;
using Microsoft.ML.Data;
using Spectre.Console;
using Tips.CommandLine;
using Tips.MLNet.Samples.Common;

namespace Tips.MLNet.Samples.Knn;

/// <summary>What the k-NN sample prints.</summary>
internal static class KnnReport
{
    private const int MistakesShown = 8;

    public static void Introduce(TextWriter output, TipsModel model, PictureSet pictures, KnnRequest request)
    {
        int classes = pictures.Training.Select(p => p.Label).Distinct().Count();
        string name = Printable.Escape(model.Name);
        output.WriteLine($"Model {name} turns each picture into {model.EmbeddingDimension} numbers, its embedding.");
        output.WriteLine($"Training keeps the embeddings of {pictures.Training.Count} pictures of {classes} classes.");
        output.WriteLine($"Each of {pictures.Test.Count} test pictures, none of them seen in training, then gets the class that most");
        output.WriteLine($"of its {request.Neighbors} nearest neighbors have (nearer ones count more).");
        if (request.ModelFolder is null) output.WriteLine(BundledAssets.Warning);
        output.WriteLine();
    }

    public static void PrintScores(
        TextWriter output, IAnsiConsole console, MulticlassClassificationMetrics metrics, IReadOnlyList<Prediction> predictions)
    {
        int correct = predictions.Count(p => p.PredictedName == p.Label);
        output.WriteLine();
        string accuracy = string.Create(CultureInfo.InvariantCulture, $"{metrics.MicroAccuracy:P1} ({correct} of {predictions.Count})");
        string topK = string.Create(CultureInfo.InvariantCulture, $"top-{metrics.TopKPredictionCount} accuracy {metrics.TopKAccuracy:P1}");
        output.WriteLine($"Accuracy {accuracy}, {topK}.");
        var mistakes = predictions.Where(p => p.PredictedName != p.Label)
            .GroupBy(p => (p.Label, p.PredictedName))
            .OrderByDescending(g => g.Count())
            .ThenByDescending(g => g.Max(p => p.Confidence))
            .ToArray();
        if (mistakes.Length == 0) return;

        var table = new Table { Border = TableBorder.Simple };
        table.AddColumn("picture of").AddColumn("mistaken for");
        table.AddColumn(new TableColumn("times").RightAligned()).AddColumn(new TableColumn("probability").RightAligned());
        table.AddColumn("for example");
        foreach (var mistake in mistakes.Take(MistakesShown))
        {
            var worst = mistake.MaxBy(p => p.Confidence)!;
            table.AddRow(
                Markup.Escape(Printable.Escape(mistake.Key.Label)),
                Markup.Escape(Printable.Escape(mistake.Key.PredictedName)),
                mistake.Count().ToString(CultureInfo.InvariantCulture),
                worst.Confidence.ToString("P0", CultureInfo.InvariantCulture),
                Markup.Escape(Printable.Escape(Path.GetFileName(worst.Path))));
        }

        output.WriteLine(mistakes.Length <= MistakesShown
            ? "The mistakes:"
            : $"The {MistakesShown} worst of {mistakes.Length} kinds of mistakes:");
        console.Write(table);
    }
}
