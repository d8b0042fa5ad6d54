using System.Text.Json.Serialization;

namespace Tips.MLNet;

/// <summary>
/// How <c>TipsPatchFeatures</c> embeds the patches of pictures. Immutable; the defaults are those of the last layer, at the model's own
/// size.
/// </summary>
public sealed class TipsPatchFeaturesOptions : TipsPictureOptions
{
    /// <summary>The layer; see <see cref="PatchOptions.Layer"/>.</summary>
    [JsonRequired]
    public int? Layer { get; init; }

    /// <summary>Whether the tokens go through the final norm; see <see cref="PatchOptions.FinalNorm"/>.</summary>
    [JsonRequired]
    public bool FinalNorm { get; init; } = true;

    /// <summary>Whether the tokens are those of the value path; see <see cref="PatchOptions.ValuePath"/>.</summary>
    [JsonRequired]
    public bool ValuePath { get; init; }

    /// <summary>
    /// What every picture's height is resized to, a multiple of the patch size; null, the default, is the model's own input.
    /// </summary>
    [JsonRequired]
    public int? ImageHeight { get; init; }

    /// <summary>What every picture's width is resized to, likewise.</summary>
    [JsonRequired]
    public int? ImageWidth { get; init; }

    internal PatchOptions ToPatchOptions() => new()
    {
        Layer = Layer,
        FinalNorm = FinalNorm,
        ValuePath = ValuePath,
        MaximumPatches = MaximumPatches,
    };

    /// <summary>Most patches of a picture; see <see cref="PatchOptions.MaximumPatches"/>.</summary>
    [JsonRequired]
    public int MaximumPatches { get; init; } = PatchOptions.DefaultMaximumPatches;

    internal override void Validate()
    {
        base.Validate();
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(MaximumPatches);
        if (ImageHeight is { } height) ArgumentOutOfRangeException.ThrowIfNegativeOrZero(height, nameof(ImageHeight));
        if (ImageWidth is { } width) ArgumentOutOfRangeException.ThrowIfNegativeOrZero(width, nameof(ImageWidth));
        ToPatchOptions().Validate();
    }
}
