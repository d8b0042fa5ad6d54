namespace Tips.MLNet;

/// <summary>How the k-nearest-neighbors trainer classifies. Immutable; the defaults are those of DINOv2's k-NN evaluation.</summary>
public sealed class KNearestNeighborsOptions
{
    /// <summary>Neighbors that vote, at least 1; 20 by default. If there are fewer training rows, all vote.</summary>
    public int NumberOfNeighbors { get; init; } = 20;

    /// <summary>How near two vectors are; by cosine by default.</summary>
    public DistanceMetric Metric { get; init; } = DistanceMetric.Cosine;

    /// <summary>How much each neighbor counts; softmax of similarity by default.</summary>
    public NeighborWeighting Weighting { get; init; } = NeighborWeighting.Softmax;

    /// <summary>Temperature of <see cref="NeighborWeighting.Softmax"/>, a positive number; 0.07 by default.</summary>
    public float Temperature { get; init; } = 0.07f;

    internal void Validate()
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(NumberOfNeighbors);
        if (!Enum.IsDefined(Metric)) throw new ArgumentOutOfRangeException(nameof(Metric), Metric, "Unknown metric.");
        if (!Enum.IsDefined(Weighting)) throw new ArgumentOutOfRangeException(nameof(Weighting), Weighting, "Unknown weighting.");
        if (!(Temperature > 0) || !float.IsFinite(Temperature))
            throw new ArgumentOutOfRangeException(nameof(Temperature), Temperature, "The temperature must be a positive number.");
    }
}
