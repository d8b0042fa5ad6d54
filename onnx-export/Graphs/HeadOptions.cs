namespace Tips.OnnxExport.Graphs;

/// <summary>What the weights of a head do not tell.</summary>
internal sealed record HeadOptions
{
    /// <summary>
    /// Whether ReLU comes between the last convolution and the linear layer. The published code has none; transformers has one for depth
    /// unless the configuration says otherwise.
    /// </summary>
    public bool ReluAfterProject { get; init; }

    /// <summary>The first bin of depth in meters, and what is added to each bin's weight; more than zero.</summary>
    public float MinDepth { get; init; } = 0.001f;

    /// <summary>The last bin of depth in meters.</summary>
    public float MaxDepth { get; init; } = 10f;
}
