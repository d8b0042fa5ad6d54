namespace Tips.MLNet;

/// <summary>How the distance between two feature vectors is measured.</summary>
public enum DistanceMetric
{
    /// <summary>
    /// Similarity is the cosine of the angle; distance is 1 − cosine. Lengths do not matter. A zero vector has cosine 0 with everything.
    /// </summary>
    Cosine,

    /// <summary>
    /// Distance is ‖a − b‖₂; similarity is −½‖a − b‖², which for vectors of unit length is the cosine less 1, so that one
    /// temperature means the same for both metrics.
    /// </summary>
    Euclidean,
}
