using System.Text.Json.Serialization;

namespace Tips.MLNet;

/// <summary>
/// How <c>TipsDepth</c>, <c>TipsNormals</c> and <c>TipsSegmentation</c> predict. Immutable; the defaults are those of TIPS's notebook, at
/// the model's own size.
/// </summary>
public sealed class TipsDensePredictionOptions : TipsPictureOptions
{
    /// <summary>
    /// What every picture's height is resized to, a multiple of the patch size; null, the default, is the model's own input.
    /// </summary>
    [JsonRequired]
    public int? ImageHeight { get; init; }

    /// <summary>What every picture's width is resized to, likewise.</summary>
    [JsonRequired]
    public int? ImageWidth { get; init; }

    /// <summary>Height of the maps in pixels; that of the pictures after resizing if null, the default.</summary>
    [JsonRequired]
    public int? OutputHeight { get; init; }

    /// <summary>Width of the maps in pixels, likewise.</summary>
    [JsonRequired]
    public int? OutputWidth { get; init; }

    /// <summary>How normals are enlarged; as in TIPS's notebook by default.</summary>
    [JsonRequired]
    public NormalsStyle NormalsStyle { get; init; } = NormalsStyle.Notebook;

    /// <summary>Most patches of a picture; see <see cref="PatchOptions.MaximumPatches"/>.</summary>
    [JsonRequired]
    public int MaximumPatches { get; init; } = PatchOptions.DefaultMaximumPatches;

    internal override void Validate()
    {
        base.Validate();
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(MaximumPatches);
        foreach (var (name, value) in ((string, int?)[])
            [
                (nameof(ImageHeight), ImageHeight), (nameof(ImageWidth), ImageWidth), (nameof(OutputHeight), OutputHeight),
                (nameof(OutputWidth), OutputWidth),
            ])
        {
            if (value is { } number) ArgumentOutOfRangeException.ThrowIfNegativeOrZero(number, name);
        }

        if (!Enum.IsDefined(NormalsStyle))
            throw new ArgumentOutOfRangeException(nameof(NormalsStyle), NormalsStyle, "Unknown style.");
    }
}
