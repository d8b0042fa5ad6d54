namespace Tips.MLNet;

/// <summary>How much each of the k nearest neighbors counts. The weights of the k always sum to 1.</summary>
public enum NeighborWeighting
{
    /// <summary>
    /// In proportion to exp(similarity / temperature), the rule of the k-NN evaluation in DINOv2 (Oquab et al., 2023), which took it from
    /// Wu et al. (2018), with temperature 0.07.
    /// </summary>
    Softmax,

    /// <summary>
    /// In proportion to 1 / distance. If some neighbors equal the query (by cosine: up to rounding, 1e-7 · √dimension), only they count,
    /// and equally.
    /// </summary>
    InverseDistance,

    /// <summary>All equally.</summary>
    Uniform,
}
