namespace Tips.MLNet.Evaluation;

/// <summary>
/// Counts of pixels by their true and predicted class, and the mean intersection over union (Everingham et al., 2010), summed over all
/// pictures that were added. Not thread-safe.
/// </summary>
public sealed class SegmentationMetrics
{
    private readonly long[] _counts;

    /// <summary>Makes an empty matrix.</summary>
    /// <param name="classCount">Number of classes.</param>
    /// <exception cref="ArgumentOutOfRangeException">The number is not positive, or too large for one array.</exception>
    public SegmentationMetrics(int classCount)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(classCount);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(classCount, 1 << 15);
        ClassCount = classCount;
        _counts = new long[classCount * classCount];
    }

    /// <summary>Number of classes.</summary>
    public int ClassCount { get; }

    /// <summary>Pixels that count: those whose true class is ignored do not.</summary>
    public long Total => _counts.Sum();

    /// <summary>The number of pixels of a true and a predicted class.</summary>
    /// <param name="actual">The true class.</param>
    /// <param name="predicted">The predicted class.</param>
    /// <exception cref="ArgumentOutOfRangeException">There is no such class.</exception>
    public long this[int actual, int predicted]
    {
        get
        {
            ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual((uint)actual, (uint)ClassCount, nameof(actual));
            ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual((uint)predicted, (uint)ClassCount, nameof(predicted));
            return _counts[actual * ClassCount + predicted];
        }
    }

    /// <summary>The share of the pixels that are predicted right, from 0 to 1; NaN if there are none.</summary>
    public double Accuracy => (double)Enumerable.Range(0, ClassCount).Sum(c => this[c, c]) / Total;

    /// <summary>
    /// The mean of <see cref="IntersectionOverUnion"/> over the classes that occur in truth or prediction, from 0 to 1; NaN if none does.
    /// </summary>
    public double MeanIntersectionOverUnion
        => Enumerable.Range(0, ClassCount).Select(IntersectionOverUnion).Where(v => !double.IsNaN(v)).DefaultIfEmpty(double.NaN).Average();

    /// <summary>Adds the pixels of a picture.</summary>
    /// <param name="actual">
    /// The label of each pixel. The class is the label − <paramref name="labelOffset"/>; pixels of a label in <paramref name="ignore"/> do
    /// not count.
    /// </param>
    /// <param name="predicted">The class of each pixel.</param>
    /// <param name="labelOffset">What is taken off a label; 1 for ADE20K, whose label 0 is "other".</param>
    /// <param name="ignore">Labels of pixels that do not count; none by default. ADE20K's are 0 and 255.</param>
    /// <exception cref="ArgumentException">The lengths differ, or a class is out of range. Nothing was added then.</exception>
    public void Add(
        ReadOnlySpan<byte> actual, ReadOnlySpan<byte> predicted, int labelOffset = 0, IReadOnlyCollection<byte>? ignore = null)
    {
        if (actual.Length != predicted.Length)
            throw new ArgumentException($"There are {predicted.Length} predictions, expected {actual.Length}.", nameof(predicted));
        long[] pairs = new long[256 * 256];
        for (int i = 0; i < actual.Length; i++) pairs[actual[i] * 256 + predicted[i]]++;
        foreach (byte label in ignore ?? []) pairs.AsSpan(label * 256, 256).Clear();
        for (int i = 0; i < pairs.Length; i++)
        {
            if (pairs[i] > 0) Check(i / 256, i % 256, labelOffset);
        }

        for (int i = 0; i < pairs.Length; i++)
        {
            if (pairs[i] > 0) _counts[(i / 256 - labelOffset) * ClassCount + i % 256] += pairs[i];
        }
    }

    /// <summary>
    /// Of the pixels that are of the class in truth or prediction, the share that is of it in both; NaN if there are none.
    /// </summary>
    /// <param name="classIndex">The class.</param>
    /// <returns>A number from 0 to 1.</returns>
    /// <exception cref="ArgumentOutOfRangeException">There is no such class.</exception>
    public double IntersectionOverUnion(int classIndex)
    {
        long both = this[classIndex, classIndex], union = -both;
        for (int other = 0; other < ClassCount; other++) union += this[classIndex, other] + this[other, classIndex];
        return union == 0 ? double.NaN : (double)both / union;
    }

    private void Check(int label, int predicted, int labelOffset)
    {
        int actual = label - labelOffset;
        if (actual < 0 || actual >= ClassCount)
        {
            throw new ArgumentException(
                $"A pixel has the label {label}, which would be class {actual}, expected 0 to {ClassCount - 1}. Is the offset of the "
                + $"labels {labelOffset}, and is the label one to ignore?");
        }

        if (predicted >= ClassCount)
            throw new ArgumentException($"A pixel has the predicted class {predicted}, expected 0 to {ClassCount - 1}.");
    }
}
