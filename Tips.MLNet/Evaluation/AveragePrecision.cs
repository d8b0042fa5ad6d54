namespace Tips.MLNet.Evaluation;

/// <summary>
/// Average precision of a ranking: Σ (recall − recall before) · precision over the distinct scores, without interpolation, as scikit-learn
/// computes it.
/// </summary>
public static class AveragePrecision
{
    /// <summary>Computes it.</summary>
    /// <param name="scores">The score of each item; higher is more likely positive. Items of equal scores form one step.</param>
    /// <param name="labels">Whether each item is positive.</param>
    /// <returns>A number from 0 to 1; 0 if no item is positive.</returns>
    /// <exception cref="ArgumentException">The lengths differ, or a score is NaN.</exception>
    public static double Compute(ReadOnlySpan<double> scores, ReadOnlySpan<bool> labels)
    {
        if (scores.Length != labels.Length)
            throw new ArgumentException($"There are {labels.Length} labels, expected {scores.Length}.", nameof(labels));
        foreach (double score in scores)
        {
            if (double.IsNaN(score)) throw new ArgumentException("A score is NaN.", nameof(scores));
        }

        double[] negated = new double[scores.Length];
        bool[] sorted = labels.ToArray();
        for (int i = 0; i < negated.Length; i++) negated[i] = -scores[i];
        Array.Sort(negated, sorted);
        int positives = sorted.Count(positive => positive);
        double sum = 0, recall = 0;
        for (int i = 0, found = 0; i < negated.Length; i++)
        {
            if (sorted[i]) found++;
            if (i + 1 < negated.Length && negated[i + 1] == negated[i]) continue;
            double reached = (double)found / positives;
            sum += (reached - recall) * found / (i + 1);
            recall = reached;
        }

        return positives == 0 ? 0 : sum;
    }
}
