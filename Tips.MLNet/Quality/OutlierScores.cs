namespace Tips.MLNet.Quality;

/// <summary>
/// How far each row is from its neighbors: the mean cosine distance to its k nearest (after Ramaswamy, Rastogi and Shim, "Efficient
/// Algorithms for Mining Outliers from Large Data Sets", SIGMOD 2000, who take the k-th distance; the mean is due to Angiulli and Pizzuti,
/// "Fast Outlier Detection in High Dimensional Spaces", PKDD 2002). Immutable and thread-safe.
/// </summary>
public sealed class OutlierScores
{
    /// <summary>
    /// The modified z-score above which a value is an outlier, as Iglewicz and Hoaglin recommend ("How to Detect and Handle Outliers",
    /// 1993).
    /// </summary>
    private const double MostModifiedZ = 3.5;

    // The median absolute deviation of a normal distribution is this many standard deviations.
    private const double NormalDeviation = 0.6745;

    private OutlierScores(double[] scores, double tolerance)
    {
        Scores = scores;
        Ranking = [.. Enumerable.Range(0, scores.Length).OrderByDescending(row => scores[row]).ThenBy(row => row)];
        double median = Median(scores), deviation = Median([.. scores.Select(score => Math.Abs(score - median))]);
        Threshold = median + Math.Max(MostModifiedZ * deviation / NormalDeviation, tolerance);
        OutlierCount = scores.Count(score => score > Threshold);
    }

    /// <summary>The mean cosine distance (1 − cosine) of each row to its nearest neighbors, 0 to 2; 0 for a row that has none.</summary>
    public IReadOnlyList<double> Scores { get; }

    /// <summary>All rows, the farthest from its neighbors first; of equal scores the lower row first.</summary>
    public IReadOnlyList<int> Ranking { get; }

    /// <summary>
    /// Rows with a higher score are outliers: those with a modified z-score, 0.6745 · (score − median) / MAD, above 3.5, where MAD is the
    /// median absolute deviation from the median (Iglewicz and Hoaglin, 1993). It lies above the median by at least what rounding does to a
    /// distance. So if more than half of the rows have the same score, MAD is 0, and every row that is farther away is an outlier.
    /// </summary>
    public double Threshold { get; }

    /// <summary>Number of outliers: the first so many rows of the <see cref="Ranking"/>.</summary>
    public int OutlierCount { get; }

    /// <summary>Computes them, on all cores.</summary>
    /// <param name="embeddings">The embeddings, one after another, normalized or not.</param>
    /// <param name="dimension">Length of an embedding.</param>
    /// <param name="neighbors">Neighbors that count, 5 by default; all if there are fewer.</param>
    /// <param name="duplicates">
    /// Groups of duplicates; null if there are none. A row's own duplicates do not count, or a copy would make any row normal; each other
    /// group counts once, by its nearest member.
    /// </param>
    /// <param name="cancellationToken">Stops the computation.</param>
    /// <returns>The scores.</returns>
    /// <exception cref="ArgumentException">A length does not fit, or a value is not finite.</exception>
    /// <exception cref="ArgumentOutOfRangeException">A number is not positive.</exception>
    /// <exception cref="OperationCanceledException">It was canceled.</exception>
    public static OutlierScores Compute(
        ReadOnlyMemory<float> embeddings,
        int dimension,
        int neighbors = 5,
        DuplicateGroups? duplicates = null,
        CancellationToken cancellationToken = default)
    {
        int count = EmbeddingRows.Count(embeddings, dimension, "embeddings", nameof(embeddings));
        EmbeddingRows.CheckGroups(duplicates, count);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(neighbors);
        double[] scores = new double[count];
        Neighborhoods.Visit(embeddings, dimension, duplicates, neighbors, Score, cancellationToken);
        return new OutlierScores(scores, tolerance: 1e-5);

        void Score(int row, ReadOnlySpan<int> nearest, ReadOnlySpan<float> cosines)
        {
            double sum = 0;
            foreach (float cosine in cosines) sum += 1 - (double)cosine;
            scores[row] = cosines.IsEmpty ? 0 : sum / cosines.Length;
        }
    }

    private static double Median(double[] values)
    {
        double[] sorted = [.. values.Order()];
        int middle = sorted.Length / 2;
        return sorted.Length % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
    }
}
