namespace Tips.MLNet.Quality;

/// <summary>
/// Labels that are likely wrong, by confident learning (Northcutt, Jiang and Chuang, "Confident Learning: Estimating Uncertainty in Dataset
/// Labels", JAIR 2021): a row counts as one of class j if its probability of j is at least what rows labeled j have on average. Immutable
/// and thread-safe.
/// </summary>
public sealed class ConfidentLearning
{
    // A mean of equal numbers may be above them by rounding.
    private const double Rounding = 1e-6;

    private readonly int[] _joint;

    private ConfidentLearning(double[] thresholds, int[] joint, int[] labelCounts, LabelIssue[] issues, int uncheckedCount)
    {
        (_joint, Thresholds, Issues, UncheckedCount) = (joint, thresholds, issues, uncheckedCount);
        EstimatedErrorShare = EstimateErrors(labelCounts);
    }

    /// <summary>Number of classes.</summary>
    public int ClassCount => Thresholds.Count;

    /// <summary>
    /// The threshold of each class: the mean probability of the class over the rows labeled so (equation 2 of the paper). 0 for a class
    /// that nothing confirms, such as one with a single row: it is never suggested, and its rows are not checked.
    /// </summary>
    public IReadOnlyList<double> Thresholds { get; }

    /// <summary>
    /// The likely wrong labels: the off-diagonal rows of the confident joint whose suggested class leads by enough, in order of their
    /// <see cref="LabelIssue.Margin"/>, the surest first, and of equal margins the lower row first.
    /// </summary>
    public IReadOnlyList<LabelIssue> Issues { get; }

    /// <summary>Rows that could not be checked: nothing confirms their class, or they have no probabilities.</summary>
    public int UncheckedCount { get; }

    /// <summary>
    /// The estimated share of wrong labels among the checked rows, 0 to 1: the off-diagonal sum of the joint, calibrated to the number of
    /// rows with each label (equation 3 of the paper).
    /// </summary>
    public double EstimatedErrorShare { get; }

    /// <summary>
    /// The confident joint (equation 1 of the paper): rows with a label that count as a class. Rows that reach no threshold are not in it.
    /// </summary>
    /// <param name="given">The label that the rows have.</param>
    /// <param name="likely">The class that they count as.</param>
    /// <exception cref="ArgumentOutOfRangeException">There is no such class.</exception>
    public int this[int given, int likely]
    {
        get
        {
            ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual((uint)given, (uint)ClassCount, nameof(given));
            ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual((uint)likely, (uint)ClassCount, nameof(likely));
            return _joint[given * ClassCount + likely];
        }
    }

    /// <summary>Looks for wrong labels.</summary>
    /// <param name="probabilities">
    /// Probabilities of all classes for each row, one row after another, from a classifier that was not trained on the row, such as
    /// <see cref="LeaveOneOutVotes"/>. A row of zeros has none, and is not checked.
    /// </param>
    /// <param name="labels">The label of each row, from 0.</param>
    /// <param name="classCount">Number of classes.</param>
    /// <param name="lead">
    /// By how much the suggested class must lead, 0 to 1: its probability minus that of the given label. 0 gives all off-diagonal rows of
    /// the confident joint, as in the paper. The default of 0.3 leaves out most of those that are only hard to classify, of which there are
    /// many where classes are small or the model is weak.
    /// </param>
    /// <returns>What was found.</returns>
    /// <exception cref="ArgumentException">
    /// A length does not fit, a label is out of range, or the numbers of a row are not probabilities that sum to 1.
    /// </exception>
    /// <exception cref="ArgumentOutOfRangeException">The number of classes is not positive, or the lead is out of range.</exception>
    public static ConfidentLearning Find(
        ReadOnlySpan<float> probabilities, ReadOnlySpan<int> labels, int classCount, float lead = 0.3f)
    {
        if (!(lead is >= 0 and <= 1)) throw new ArgumentOutOfRangeException(nameof(lead), lead, "The lead must be 0 to 1.");
        EmbeddingRows.CheckLabels(labels, labels.Length, classCount);
        if (labels.IsEmpty || probabilities.Length != (long)labels.Length * classCount)
        {
            throw new ArgumentException(
                $"There are {probabilities.Length} probabilities, expected {classCount} for each of {labels.Length} rows, and at least one "
                + "row.",
                nameof(probabilities));
        }

        bool[] known = new bool[labels.Length];
        for (int row = 0; row < known.Length; row++) known[row] = HasOpinion(probabilities.Slice(row * classCount, classCount), row);
        double[] thresholds = ComputeThresholds(probabilities, labels, known, classCount);
        int[] joint = new int[checked(classCount * classCount)], counts = new int[classCount];
        var issues = new List<LabelIssue>();
        int uncheckedCount = 0;
        for (int row = 0; row < labels.Length; row++)
        {
            int given = labels[row];
            if (!known[row] || thresholds[given] == 0)
            {
                uncheckedCount++;
                continue;
            }

            counts[given]++;
            var scores = probabilities.Slice(row * classCount, classCount);
            int likely = MostLikely(scores, given, thresholds);
            if (likely < 0) continue;
            joint[given * classCount + likely]++;
            if (likely != given && scores[likely] - scores[given] >= lead)
                issues.Add(new LabelIssue(row, given, likely, scores[given], scores[likely]));
        }

        LabelIssue[] sorted = [.. issues.OrderBy(issue => issue.Margin).ThenBy(issue => issue.Row)];
        return new ConfidentLearning(thresholds, joint, counts, sorted, uncheckedCount);
    }

    // Of the classes whose threshold is reached, the most probable one; of equal ones the given label, or else the first.
    private static int MostLikely(ReadOnlySpan<float> scores, int given, double[] thresholds)
    {
        int likely = -1;
        for (int c = 0; c < scores.Length; c++)
        {
            if (thresholds[c] == 0 || scores[c] < thresholds[c] - Rounding) continue;
            if (likely < 0 || scores[c] > scores[likely] || (c == given && scores[c] == scores[likely])) likely = c;
        }

        return likely;
    }

    private static bool HasOpinion(ReadOnlySpan<float> probabilities, int row)
    {
        double sum = 0;
        foreach (float probability in probabilities)
        {
            if (!(probability is >= 0 and <= 1.0001f))
                throw new ArgumentException($"Row {row} has the probability {probability}, expected 0 to 1.", nameof(probabilities));
            sum += probability;
        }

        return sum == 0 || Math.Abs(sum - 1) < 1e-3
            ? sum > 0
            : throw new ArgumentException(
                FormattableString.Invariant($"The probabilities of row {row} sum to {sum:G4}, expected 1 (or all 0)."),
                nameof(probabilities));
    }

    private static double[] ComputeThresholds(
        ReadOnlySpan<float> probabilities, ReadOnlySpan<int> labels, bool[] known, int classCount)
    {
        double[] sums = new double[classCount];
        int[] counts = new int[classCount];
        for (int row = 0; row < labels.Length; row++)
        {
            if (!known[row]) continue;
            sums[labels[row]] += probabilities[row * classCount + labels[row]];
            counts[labels[row]]++;
        }

        return [.. sums.Select((sum, c) => counts[c] == 0 ? 0 : sum / counts[c])];
    }

    private double EstimateErrors(int[] labelCounts)
    {
        double wrong = 0, all = 0;
        for (int given = 0; given < ClassCount; given++)
        {
            var row = _joint.AsSpan(given * ClassCount, ClassCount);
            int confident = 0;
            foreach (int count in row) confident += count;
            if (confident == 0) continue; // nothing is known about this label
            wrong += (double)labelCounts[given] * (confident - row[given]) / confident;
            all += labelCounts[given];
        }

        return all == 0 ? 0 : wrong / all;
    }
}
