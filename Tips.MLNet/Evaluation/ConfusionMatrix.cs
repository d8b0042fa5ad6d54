namespace Tips.MLNet.Evaluation;

/// <summary>
/// Counts of predictions by their true and predicted class. Takes memory for pairs that occur only, so thousands of classes are fine.
/// Immutable and thread-safe.
/// </summary>
public sealed class ConfusionMatrix
{
    private readonly Dictionary<(int Actual, int Predicted), int> _counts;
    private readonly int[] _actual, _predicted;

    private ConfusionMatrix(string[] labels, Dictionary<(int Actual, int Predicted), int> counts)
    {
        (Labels, _counts) = (Array.AsReadOnly(labels), counts);
        (_actual, _predicted) = (new int[labels.Length], new int[labels.Length]);
        foreach (var ((actual, predicted), count) in counts)
        {
            _actual[actual] += count;
            _predicted[predicted] += count;
            Total += count;
            if (actual == predicted) Correct += count;
        }
    }

    /// <summary>The labels of the classes; a class is an index into them.</summary>
    public IReadOnlyList<string> Labels { get; }

    /// <summary>Number of predictions.</summary>
    public int Total { get; }

    /// <summary>Number of predictions that are right.</summary>
    public int Correct { get; }

    /// <summary>The share of predictions that are right, from 0 to 1 (ML.NET calls it micro-accuracy).</summary>
    public double Accuracy => (double)Correct / Total;

    /// <summary>
    /// The mean of <see cref="Recall"/> over the classes that occur in truth, from 0 to 1: every class counts the same (balanced accuracy).
    /// </summary>
    public double MeanRecall => Enumerable.Range(0, Labels.Count).Where(c => _actual[c] > 0).Average(Recall);

    /// <summary>The number of predictions of a true and a predicted class.</summary>
    /// <param name="actual">The true class.</param>
    /// <param name="predicted">The predicted class.</param>
    /// <exception cref="ArgumentOutOfRangeException">There is no such class.</exception>
    public int this[int actual, int predicted]
    {
        get
        {
            Check(actual, nameof(actual));
            Check(predicted, nameof(predicted));
            return _counts.GetValueOrDefault((actual, predicted));
        }
    }

    /// <summary>Counts predictions.</summary>
    /// <param name="actual">The true label of each.</param>
    /// <param name="predicted">The predicted label of each.</param>
    /// <param name="labels">
    /// The labels in the order of the matrix; others are an error. Null for those that occur, in ordinal order.
    /// </param>
    /// <returns>The matrix.</returns>
    /// <exception cref="ArgumentException">
    /// There are no predictions, the lengths differ, or a label is null, twice in <paramref name="labels"/>, or not among them.
    /// </exception>
    public static ConfusionMatrix Create(
        IReadOnlyList<string> actual, IReadOnlyList<string> predicted, IReadOnlyList<string>? labels = null)
    {
        ArgumentNullException.ThrowIfNull(actual);
        ArgumentNullException.ThrowIfNull(predicted);
        if (actual.Count == 0) throw new ArgumentException("There are no predictions.", nameof(actual));
        if (actual.Count != predicted.Count)
            throw new ArgumentException($"There are {predicted.Count} predicted labels, expected {actual.Count}.", nameof(predicted));
        if (actual.Contains(null!) || predicted.Contains(null!) || labels?.Contains(null!) == true)
            throw new ArgumentException("A label is null.");

        string[] all = [.. labels ?? [.. actual.Concat(predicted).Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal)]];
        var indices = new Dictionary<string, int>(StringComparer.Ordinal);
        for (int i = 0; i < all.Length; i++)
        {
            if (!indices.TryAdd(all[i], i)) throw new ArgumentException($"The label '{all[i]}' is there twice.", nameof(labels));
        }

        var counts = new Dictionary<(int, int), int>();
        for (int i = 0; i < actual.Count; i++)
        {
            var pair = (IndexOf(actual[i]), IndexOf(predicted[i]));
            counts[pair] = counts.GetValueOrDefault(pair) + 1;
        }

        return new ConfusionMatrix(all, counts);

        int IndexOf(string label) => indices.TryGetValue(label, out int index)
            ? index
            : throw new ArgumentException($"The label '{label}' is not among the {all.Length} that were given.", nameof(labels));
    }

    /// <summary>How many predictions have this true class: the sum of its row.</summary>
    /// <param name="classIndex">The class.</param>
    /// <exception cref="ArgumentOutOfRangeException">There is no such class.</exception>
    public int ActualCount(int classIndex) => _actual[Check(classIndex, nameof(classIndex))];

    /// <summary>How many predictions are this class: the sum of its column.</summary>
    /// <param name="classIndex">The class.</param>
    /// <exception cref="ArgumentOutOfRangeException">There is no such class.</exception>
    public int PredictedCount(int classIndex) => _predicted[Check(classIndex, nameof(classIndex))];

    /// <summary>Accuracy by class: of what is this class, the share that is predicted as it, from 0 to 1; NaN if nothing is.</summary>
    /// <param name="classIndex">The class.</param>
    /// <exception cref="ArgumentOutOfRangeException">There is no such class.</exception>
    public double Recall(int classIndex) => (double)this[classIndex, classIndex] / _actual[classIndex];

    /// <summary>Of what is predicted as this class, the share that is it, from 0 to 1; NaN if nothing is.</summary>
    /// <param name="classIndex">The class.</param>
    /// <exception cref="ArgumentOutOfRangeException">There is no such class.</exception>
    public double Precision(int classIndex) => (double)this[classIndex, classIndex] / _predicted[classIndex];

    /// <summary>The pairs of classes that are confused: the largest counts off the diagonal.</summary>
    /// <param name="count">How many pairs at most.</param>
    /// <returns>The true and the predicted class and the count, the largest first; equal ones in the order of the classes.</returns>
    /// <exception cref="ArgumentOutOfRangeException">The number is negative.</exception>
    public IReadOnlyList<(int Actual, int Predicted, int Count)> MostConfused(int count = int.MaxValue)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(count);
        return
        [
            .. _counts.Where(c => c.Key.Actual != c.Key.Predicted)
                .OrderByDescending(c => c.Value).ThenBy(c => c.Key)
                .Take(count)
                .Select(c => (c.Key.Actual, c.Key.Predicted, c.Value)),
        ];
    }

    private int Check(int classIndex, string argument)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual((uint)classIndex, (uint)Labels.Count, argument);
        return classIndex;
    }
}
