namespace Tips.OnnxExport.Towers;

/// <summary>
/// The typed weights of an image encoder, whatever the layout of the checkpoint. Linear weights are out × in (<c>y = x·Wᵀ + b</c>).
/// </summary>
internal sealed record VisionTower
{
    public required int Width { get; init; }

    public required int Heads { get; init; }

    public required int PatchSize { get; init; }

    /// <summary>Rows and columns of <see cref="Positions"/>.</summary>
    public required (int Rows, int Columns) Grid { get; init; }

    public required float NormEpsilon { get; init; }

    /// <summary>Patch embedding kernel, D × 3 × patch × patch, and bias.</summary>
    public required Linear PatchEmbedding { get; init; }

    /// <summary>First CLS token (web captions), its position embedding already added; D values.</summary>
    public required Weight FirstClassToken { get; init; }

    /// <summary>Second CLS token (synthetic captions), which has no position embedding; D values.</summary>
    public required Weight SecondClassToken { get; init; }

    /// <summary>Position embeddings of the patches, rows · columns × D.</summary>
    public required Weight Positions { get; init; }

    public required IReadOnlyList<VisionBlock> Blocks { get; init; }

    public required Norm FinalNorm { get; init; }

    public FeedForward FeedForward => Blocks[0].FeedForward;
}

/// <summary>A linear layer: weight (out × in, or a convolution kernel) and bias.</summary>
internal sealed record Linear(Weight Weight, Weight Bias)
{
    /// <summary>The layer with output i multiplied by <c>factors[i]</c>; the layer itself if that is null.</summary>
    public Linear ScaleOutputs(Weight? factors) => factors is null ? this : new Linear(Weight.ScaleRows(factors), Bias.ScaleRows(factors));

    public Linear Scale(float factor) => new(Weight.Scale(factor), Bias.Scale(factor));

    /// <summary>The layer with only the outputs [<paramref name="start"/>, start + count).</summary>
    public Linear Outputs(int start, int count) => new(Weight.Rows(start, count), Bias.Rows(start, count));
}

/// <summary>Layer normalization: gain and bias.</summary>
internal sealed record Norm(Weight Gain, Weight Bias);

/// <summary>A transformer block: <c>x += γ₁·attention(norm₁(x)); x += γ₂·ffn(norm₂(x))</c>. A null γ is 1.</summary>
internal sealed record VisionBlock(
    Norm AttentionNorm,
    Linear Query,
    Linear Key,
    Linear Value,
    Linear AttentionOutput,
    Weight? AttentionScale,
    Norm FeedForwardNorm,
    FeedForward FeedForward,
    Weight? FeedForwardScale);

/// <summary>The feed-forward layer of a block.</summary>
/// <param name="Output">Hidden → D.</param>
internal abstract record FeedForward(Linear Output)
{
    /// <summary>Width of the hidden layer.</summary>
    public int HiddenWidth => Output.Weight.Shape[1];

    /// <summary>The name of the kind in a manifest.</summary>
    public abstract string Kind { get; }
}

/// <summary>How GELU is computed. The two differ by up to 5e-4.</summary>
internal enum GeluForm
{
    /// <summary>x · Φ(x), by the error function: PyTorch's default.</summary>
    Exact,

    /// <summary>0.5x · (1 + tanh(√(2/π) · (x + 0.044715x³))): Flax's default (Hendrycks and Gimpel, 2016).</summary>
    Tanh,
}

/// <summary><c>output(gelu(hidden(x)))</c>.</summary>
internal sealed record MlpFeedForward(Linear Hidden, GeluForm Gelu, Linear Output) : FeedForward(Output)
{
    public override string Kind => "mlp";
}

/// <summary><c>output(silu(gate(x)) · value(x))</c>.</summary>
internal sealed record SwiGluFeedForward(Linear Gate, Linear Value, Linear Output) : FeedForward(Output)
{
    public override string Kind => "swiglu";
}
