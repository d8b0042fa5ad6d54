using Microsoft.ML.Data;

namespace Tips.MLNet.Samples.Knn;

/// <summary>How well a classifier did on test pictures.</summary>
/// <param name="Accuracy">Share of the pictures whose class is right.</param>
/// <param name="Correct">Number of them.</param>
/// <param name="Tested">Number of pictures.</param>
/// <param name="TopK">How many of the most probable classes count for <paramref name="TopKAccuracy"/>.</param>
/// <param name="TopKAccuracy">Share of the pictures whose class is one of these.</param>
/// <param name="Mistakes">The kinds of mistakes, the most frequent first, then the most confident.</param>
internal sealed record ClassificationScores(
    double Accuracy, int Correct, int Tested, int TopK, double TopKAccuracy, IReadOnlyList<Mistake> Mistakes)
{
    public static ClassificationScores Of(MulticlassClassificationMetrics metrics, IReadOnlyList<Prediction> predictions)
    {
        var mistakes = predictions.Where(p => p.PredictedName != p.Label)
            .GroupBy(p => (p.Label, p.PredictedName))
            .Select(g => (g.Key, Count: g.Count(), Worst: g.MaxBy(p => p.Confidence)!))
            .OrderByDescending(m => m.Count).ThenByDescending(m => m.Worst.Confidence)
            .Select(m => new Mistake(m.Key.Label, m.Key.PredictedName, m.Count, m.Worst.Confidence, m.Worst.Path));
        int correct = predictions.Count(p => p.PredictedName == p.Label);
        return new ClassificationScores(
            metrics.MicroAccuracy, correct, predictions.Count, metrics.TopKPredictionCount, metrics.TopKAccuracy, [.. mistakes]);
    }
}

/// <summary>Pictures of one class that were taken for those of another.</summary>
/// <param name="Label">Their class.</param>
/// <param name="Predicted">The class that they were given.</param>
/// <param name="Count">How many there are.</param>
/// <param name="Probability">The largest probability with which that happened.</param>
/// <param name="Example">The picture with that probability.</param>
internal sealed record Mistake(string Label, string Predicted, int Count, double Probability, string Example);
