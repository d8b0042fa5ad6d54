using System.Numerics.Tensors;

namespace Tips.MLNet.Trainers;

/// <summary>Turns the nearest neighbours of one query into a probability of each class.</summary>
internal static class NeighborVotes
{
    /// <summary>Neighbours no further than this are taken as the query itself; rounding leaves equal vectors about 1e-7 apart.</summary>
    private const float ExactMatch = 1e-6f;

    /// <param name="similarities">Similarities of the neighbours, nearest first; overwritten with their weights.</param>
    /// <param name="labels">Class of each neighbour, from 0.</param>
    /// <param name="options">The rule.</param>
    /// <param name="scores">Receives the probability of each class; they sum to 1.</param>
    public static void Count(Span<float> similarities, ReadOnlySpan<int> labels, KNearestNeighborsOptions options, Span<float> scores)
    {
        ToWeights(similarities, options);
        scores.Clear();
        for (int i = 0; i < labels.Length; i++) scores[labels[i]] += similarities[i];
        TensorPrimitives.Divide(scores, TensorPrimitives.Sum<float>(scores), scores);
    }

    private static void ToWeights(Span<float> similarities, KNearestNeighborsOptions options)
    {
        switch (options.Weighting)
        {
            case NeighborWeighting.Softmax:
                // Relative to the nearest, so that the largest exponent is 0 and none overflows.
                float nearest = similarities[0];
                foreach (ref float similarity in similarities) similarity = MathF.Exp((similarity - nearest) / options.Temperature);
                break;
            case NeighborWeighting.InverseDistance:
                foreach (ref float similarity in similarities) similarity = ToDistance(similarity, options.Metric);
                bool exact = similarities[0] <= ExactMatch;
                foreach (ref float distance in similarities) distance = exact ? (distance <= ExactMatch ? 1f : 0f) : 1f / distance;
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
