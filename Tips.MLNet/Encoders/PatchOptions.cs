using System.Drawing;

namespace Tips.MLNet;

/// <summary>Which patch embeddings to compute. Immutable; the defaults are those of the last layer, at the model's own size.</summary>
public sealed class PatchOptions
{
    internal const int DefaultMaximumPatches = 4096;

    /// <summary>
    /// The transformer block whose tokens are returned, from 0; null, the default, is the last. Others must have been exported:
    /// <see cref="TipsModel.PatchLayers"/> lists those that are there.
    /// </summary>
    public int? Layer { get; init; }

    /// <summary>Whether the tokens go through the model's final layer norm, as in the reference; true by default.</summary>
    public bool FinalNorm { get; init; } = true;

    /// <summary>
    /// Whether attention passes each token's own value on in the last block, instead of a mixture of all tokens. The embeddings then fit
    /// texts better, as TIPS's zero-shot segmentation uses them. False by default.
    /// </summary>
    public bool ValuePath { get; init; }

    /// <summary>In what size the picture is embedded; the model's own by default.</summary>
    public PatchInput Input { get; init; } = PatchInput.ModelSize;

    /// <summary>
    /// Most patches of a picture, or of a window of it; 4,096 by default. Attention takes memory with the square of it: 4,096 patches take
    /// about 150 MB for each attention head, of which S/14 has 6 and g/14 has 24.
    /// </summary>
    public int MaximumPatches { get; init; } = DefaultMaximumPatches;

    /// <summary>Opaque color under transparent pixels; white by default.</summary>
    public Color Background { get; init; } = Color.White;

    internal void Validate()
    {
        if (Layer is { } layer) ArgumentOutOfRangeException.ThrowIfNegative(layer, nameof(Layer));
        ArgumentNullException.ThrowIfNull(Input);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(MaximumPatches);
        if (ValuePath && (Layer is not null || !FinalNorm))
        {
            throw new ArgumentException(
                $"{nameof(ValuePath)} is about the last layer with its final norm: leave {nameof(Layer)} and {nameof(FinalNorm)} alone.",
                nameof(ValuePath));
        }

        if (Background.A != byte.MaxValue)
            throw new ArgumentException($"The background must be opaque; its alpha is {Background.A}.", nameof(Background));
    }
}
