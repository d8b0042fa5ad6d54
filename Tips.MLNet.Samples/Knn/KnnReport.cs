using Tips.CommandLine;
using Tips.MLNet.Samples.Common;

namespace Tips.MLNet.Samples.Knn;

/// <summary>What the samples that classify print.</summary>
internal static class KnnReport
{
    private const int MistakesShown = 8;

    public static void Introduce(TextWriter output, TipsModel model, PictureSet pictures, KnnRequest request)
    {
        int classes = pictures.Training.Select(p => p.Label).Distinct().Count();
        string name = Printable.Escape(model.Name);
        output.WriteLine($"Model {name} turns each picture into {model.EmbeddingDimension} numbers, its embedding.");
        output.WriteLine($"Training keeps the embeddings of {pictures.Training.Count} pictures of {classes} classes.");
        output.WriteLine(
            $"Each of {pictures.Test.Count} test pictures, none of them seen in training, then gets the class that most of its "
            + $"{request.Neighbors} nearest neighbors have (nearer ones count more).");
        if (request.ModelFolder is null) output.WriteLine(BundledAssets.Warning);
        output.WriteLine();
    }

    public static void PrintScores(SampleContext context, ClassificationScores scores)
    {
        var output = context.Findings;
        string accuracy = output.Layout.Bold($"Accuracy {Format.Percent(scores.Accuracy)}");
        string topK = $"top-{scores.TopK} accuracy {Format.Percent(scores.TopKAccuracy)}";
        output.WriteLine($"{accuracy} ({scores.Correct} of {scores.Tested}), {topK}.");
        if (scores.Mistakes.Count == 0) return;

        output.WriteLine(scores.Mistakes.Count <= MistakesShown
            ? "The mistakes:"
            : $"The {MistakesShown} worst of {scores.Mistakes.Count} kinds of mistakes:");
        var table = new TextTable()
            .Name("picture of", 5).Name("mistaken for", 5).Number("times", 2).Number("probability", 3).Name("for example", 1);
        foreach (var mistake in scores.Mistakes.Take(MistakesShown))
        {
            table.Row(
                mistake.Label,
                mistake.Predicted,
                Format.Count(mistake.Count),
                Format.Percent(mistake.Probability),
                Path.GetFileName(mistake.Example));
        }

        context.Write(table);
    }
}
