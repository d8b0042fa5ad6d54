namespace Tips.MLNet;

/// <summary>How three principal components become red, green and blue.</summary>
public enum PcaStyle
{
    /// <summary>Each component is divided by its standard deviation and goes through sigmoid(2x), as in TIPS's PyTorch notebook.</summary>
    Sigmoid,

    /// <summary>
    /// The three components of a patch are divided by max(L2 norm, 1e-3), halved, and 0.5 is added, as in TIPS's Scenic notebook.
    /// </summary>
    Direction,
}
