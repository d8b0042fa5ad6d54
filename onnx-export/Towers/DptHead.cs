namespace Tips.OnnxExport.Towers;

/// <summary>
/// The typed weights of a dense prediction head (DPT), whatever the layout of the checkpoint. It turns the tokens of four blocks of the
/// image encoder into a map. Linear weights are out × in, kernels out × in × height × width, as PyTorch has them; those of transposed
/// convolutions are in × out × height × width.
/// </summary>
internal sealed record DptHead
{
    /// <summary>The number of blocks whose tokens a head takes.</summary>
    public const int LevelCount = 4;

    /// <summary>One for each block of the encoder, the first block first: its map becomes the finest.</summary>
    public required IReadOnlyList<DptLevel> Levels { get; init; }

    /// <summary>The coarsest first: fusion i takes level 3 − i.</summary>
    public required IReadOnlyList<DptFusion> Fusions { get; init; }

    /// <summary>The 3×3 convolution before the output.</summary>
    public required Linear Project { get; init; }

    /// <summary>The linear layer that makes the outputs of a pixel, outputs × channels.</summary>
    public required Linear Output { get; init; }

    /// <summary>Width D of the encoder.</summary>
    public int Width => Levels[0].Readout.Weight.Shape[0];

    /// <summary>Channels of the decoder's maps.</summary>
    public int Channels => Project.Weight.Shape[0];

    /// <summary>Values for a pixel: classes, bins of depth, or the three coordinates of a direction.</summary>
    public int Outputs => Output.Weight.Shape[0];
}

/// <summary>How the tokens of one block become a map of the decoder.</summary>
/// <param name="Readout">D × 2D: takes a patch token, then CLS 1. GELU in its tanh form comes after it.</param>
/// <param name="Projection">Channels of the level × D.</param>
/// <param name="Resize">
/// A transposed convolution without overlap (levels 0 and 1), nothing (level 2), or a 3×3 convolution with stride 2 (level 3).
/// </param>
/// <param name="Convolution">The 3×3 convolution, without bias, to the decoder's channels.</param>
internal sealed record DptLevel(Linear Readout, Linear Projection, Linear? Resize, Weight Convolution)
{
    /// <summary>Channels of the level's own map.</summary>
    public int Channels => Projection.Weight.Shape[0];
}

/// <summary>Adds a level to the map so far, and doubles its size.</summary>
/// <param name="Lateral">For the level; null in the first fusion, where the level is the map so far.</param>
/// <param name="Main">For the sum.</param>
/// <param name="Output">A 1×1 convolution, channels × channels.</param>
internal sealed record DptFusion(ResidualUnit? Lateral, ResidualUnit Main, Linear Output);

/// <summary><c>x + second(relu(first(relu(x))))</c>: two 3×3 convolutions without bias.</summary>
internal sealed record ResidualUnit(Weight First, Weight Second);
