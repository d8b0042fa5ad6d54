using System.Numerics.Tensors;
using Tips.MLNet.Search;

namespace Tips.MLNet.Trainers;

/// <summary>Turns the nearest neighbors of one query into a probability of each class.</summary>
internal static class NeighborVotes
{
    /// <param name="similarities">Similarities of the neighbors, nearest first; overwritten with their weights.</param>
    /// <param name="labels">Class of each neighbor, from 0.</param>
    /// <param name="options">The rule.</param>
    /// <param name="dimension">Length of the vectors.</param>
    /// <param name="scores">Receives the probability of each class; they sum to 1.</param>
    public static void Count(
        Span<float> similarities, ReadOnlySpan<int> labels, KNearestNeighborsOptions options, int dimension, Span<float> scores)
    {
        ToWeights(similarities, options, dimension);
        scores.Clear();
        // One by one and in double: a vectorized sum depends on the width of the machine's vectors.
        double total = 0;
        for (int i = 0; i < labels.Length; i++)
        {
            scores[labels[i]] += similarities[i];
            total += similarities[i];
        }

        TensorPrimitives.Divide(scores, (float)total, scores);
    }

    private static void ToWeights(Span<float> similarities, KNearestNeighborsOptions options, int dimension)
    {
        if (float.IsNegativeInfinity(similarities[0]))
        {
            similarities.Fill(1f); // all are too far away for a float to tell them apart
            return;
        }

        switch (options.Weighting)
        {
            case NeighborWeighting.Softmax:
                // Relative to the nearest, so that the largest exponent is 0 and none overflows.
                float nearest = similarities[0];
                foreach (ref float similarity in similarities) similarity = MathF.Exp((similarity - nearest) / options.Temperature);
                break;
            case NeighborWeighting.InverseDistance:
                foreach (ref float similarity in similarities) similarity = ToDistance(similarity, options.Metric);
                // Euclidean distances are summed from differences: for equal vectors the distance is exactly 0.
                float zero = options.Metric == DistanceMetric.Cosine ? ExactSearch.CosineRounding(dimension) : 0f;
                bool exact = similarities[0] <= zero;
                foreach (ref float distance in similarities) distance = exact ? (distance <= zero ? 1f : 0f) : 1f / distance;
                break;
            default:
                similarities.Fill(1f);
                break;
        }
    }

    private static float ToDistance(float similarity, DistanceMetric metric) => metric == DistanceMetric.Cosine
        ? MathF.Max(1f - similarity, 0f)
        : MathF.Sqrt(MathF.Max(-2f * similarity, 0f));
}
