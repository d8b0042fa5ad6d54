
namespace Tips.MLNet.Tests.Search;

/// <summary>The plainest k-nearest neighbors, in double precision: the reference that the fast search must match.</summary>
internal static class ReferenceNeighbors
{
    /// <summary>All rows and their similarities to a query, nearest first; equally near rows keep their order.</summary>
    public static (int Row, double Similarity)[] Sorted(float[][] rows, float[] query, DistanceMetric metric)
        => [.. rows.Select((row, i) => (Row: i, Similarity: Similarity(row, query, metric))).OrderByDescending(r => r.Similarity)];

    public static double[] Scores(float[][] rows, int[] labels, int classes, float[] query, KNearestNeighborsOptions options)
    {
        double[] scores = new double[classes];
        foreach (var (row, similarity) in Sorted(rows, query, options.Metric).Take(options.NumberOfNeighbors))
        {
            scores[labels[row]] += options.Weighting switch
            {
                NeighborWeighting.Softmax => Math.Exp(similarity / options.Temperature),
                NeighborWeighting.InverseDistance
                    => 1 / (options.Metric == DistanceMetric.Cosine ? 1 - similarity : Math.Sqrt(-2 * similarity)),
                _ => 1,
            };
        }

        double total = scores.Sum();
        return [.. scores.Select(s => s / total)];
    }

    private static double Similarity(float[] a, float[] b, DistanceMetric metric)
    {
        if (metric == DistanceMetric.Euclidean)
            return -0.5 * a.Zip(b).Sum(p => ((double)p.First - p.Second) * ((double)p.First - p.Second));
        double lengths = Norm(a) * Norm(b);
        return lengths == 0 ? 0 : a.Zip(b).Sum(p => (double)p.First * p.Second) / lengths;
    }

    private static double Norm(float[] vector) => Math.Sqrt(vector.Sum(v => (double)v * v));
}
