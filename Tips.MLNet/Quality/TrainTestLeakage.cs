namespace Tips.MLNet.Quality;

/// <summary>
/// Test rows that have a duplicate among the training rows: what a classifier gets right there it may only remember. Immutable and
/// thread-safe.
/// </summary>
public sealed class TrainTestLeakage
{
    // Few rows have more duplicates than this.
    private const int FirstDepth = 8;

    private TrainTestLeakage(IEnumerable<LeakedPair> pairs, int testCount)
    {
        Pairs = [.. pairs.OrderByDescending(p => p.Similarity).ThenBy(p => p.Test).ThenBy(p => p.Training)];
        TestRows = [.. Pairs.Select(p => p.Test).Distinct().Order()];
        Share = (double)TestRows.Count / testCount;
    }

    /// <summary>All pairs of a test row and a training row that are duplicates, the most similar first.</summary>
    public IReadOnlyList<LeakedPair> Pairs { get; }

    /// <summary>The test rows that have a duplicate among the training rows, in ascending order.</summary>
    public IReadOnlyList<int> TestRows { get; }

    /// <summary>The share of the test rows that have one, 0 to 1.</summary>
    public double Share { get; }

    /// <summary>Compares every test row with every training row, on all cores.</summary>
    /// <param name="training">Embeddings of the training rows, one after another, normalized or not.</param>
    /// <param name="test">Embeddings of the test rows.</param>
    /// <param name="dimension">Length of an embedding.</param>
    /// <param name="threshold">
    /// Least cosine of duplicates, −1 to 1; 0.95 by default. A tolerance of 1e-7 · √dimension allows for rounding, so 1 finds equal
    /// embeddings, and with them equal files.
    /// </param>
    /// <param name="cancellationToken">Stops the search.</param>
    /// <returns>What was found.</returns>
    /// <exception cref="ArgumentException">A length is not a multiple of the dimension, or a value is not finite.</exception>
    /// <exception cref="ArgumentOutOfRangeException">A number is out of range.</exception>
    /// <exception cref="OperationCanceledException">It was canceled.</exception>
    public static TrainTestLeakage Find(
        ReadOnlyMemory<float> training,
        ReadOnlyMemory<float> test,
        int dimension,
        float threshold = 0.95f,
        CancellationToken cancellationToken = default)
    {
        int trainingCount = EmbeddingRows.Count(training, dimension, "training embeddings", nameof(training));
        int testCount = EmbeddingRows.Count(test, dimension, "test embeddings", nameof(test));
        float least = EmbeddingRows.LeastCosine(threshold, dimension);
        var pairs = new List<LeakedPair>();
        RowSearch.Run(EmbeddingRows.Index(training, dimension), test, FirstDepth, Add, cancellationToken);
        return new TrainTestLeakage(pairs, testCount);

        bool Add(int row, ReadOnlySpan<int> found, ReadOnlySpan<float> cosines)
        {
            int count = 0;
            while (count < cosines.Length && cosines[count] >= least) count++;
            if (count == cosines.Length && count < trainingCount) return false; // there may be more
            for (int i = 0; i < count; i++) pairs.Add(new LeakedPair(row, found[i], cosines[i]));
            return true;
        }
    }
}
