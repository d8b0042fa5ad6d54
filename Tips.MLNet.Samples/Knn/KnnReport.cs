using System.Globalization;
using Microsoft.ML.Data;
using Spectre.Console;
using Tips.CommandLine;
using Tips.MLNet.Models;
using Tips.MLNet.Samples.Common;

namespace Tips.MLNet.Samples.Knn;

/// <summary>What the k-NN sample tells its reader.</summary>
internal static class KnnReport
{
    private const int MistakesShown = 8;

    public static void Introduce(TextWriter output, TipsModel model, PictureSet pictures, KnnRequest request)
    {
        int classes = pictures.Training.Select(p => p.Label).Distinct().Count();
        output.WriteLine($"Model {Printable.Escape(model.Name)} turns each picture into {model.EmbeddingDimension} numbers, its embedding. Pictures of the same thing lie close together.");
        output.WriteLine($"{pictures.Training.Count} pictures of {classes} classes are learned: their embeddings are kept. Then {pictures.Test.Count} pictures never seen are each given");
        output.WriteLine($"the class that most of their {request.Neighbors} nearest neighbours have (nearer ones count more).");
        if (request.ModelFolder is null) output.WriteLine(EmbeddedDefault.Warning);
        output.WriteLine();
    }

    public static void PrintScores(TextWriter output, IAnsiConsole console, MulticlassClassificationMetrics metrics, IReadOnlyList<Answer> answers)
    {
        int right = answers.Count(a => a.PredictedName == a.Label);
        output.WriteLine();
        output.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"Accuracy {metrics.MicroAccuracy:P1} ({right} of {answers.Count}); right class among the first {metrics.TopKPredictionCount}: {metrics.TopKAccuracy:P1}."));
        var mistakes = answers.Where(a => a.PredictedName != a.Label).GroupBy(a => (a.Label, a.PredictedName)).OrderByDescending(g => g.Count()).ThenByDescending(g => g.Max(a => a.Confidence)).ToArray();
        if (mistakes.Length == 0) return;

        var table = new Table { Border = TableBorder.Simple };
        table.AddColumn("picture of").AddColumn("was taken for").AddColumn(new TableColumn("times").RightAligned()).AddColumn(new TableColumn("probability").RightAligned()).AddColumn("for example");
        foreach (var mistake in mistakes.Take(MistakesShown))
        {
            var worst = mistake.MaxBy(a => a.Confidence)!;
            table.AddRow(
                Markup.Escape(Printable.Escape(mistake.Key.Label)),
                Markup.Escape(Printable.Escape(mistake.Key.PredictedName)),
                mistake.Count().ToString(CultureInfo.InvariantCulture),
                worst.Confidence.ToString("P0", CultureInfo.InvariantCulture),
                Markup.Escape(Printable.Escape(Path.GetFileName(worst.Path))));
        }

        output.WriteLine(mistakes.Length <= MistakesShown ? "The mistakes:" : $"The {MistakesShown} worst of {mistakes.Length} kinds of mistakes:");
        console.Write(table);
    }
}
