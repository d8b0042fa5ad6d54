using System.Drawing;

namespace Tips.MLNet;

/// <summary>How a <see cref="ZeroShotSegmenter"/> segments pictures. Immutable; the defaults are the published protocol.</summary>
public sealed class SegmentationOptions
{
    /// <summary>Windows, or the whole picture; <see cref="SegmentationMode.Slide"/> by default.</summary>
    public SegmentationMode Mode { get; init; } = SegmentationMode.Slide;

    /// <summary>
    /// What the picture's shorter side is resized to, and the side of a window, in pixels: a multiple of the patch size. Null, the default,
    /// is the height of the model's own input, 448 for the released ones.
    /// </summary>
    public int? ImageSize { get; init; }

    /// <summary>
    /// Pixels from one window to the next, at most <see cref="ImageSize"/>. Null, the default, is three quarters of it: 336 of 448.
    /// </summary>
    public int? Stride { get; init; }

    /// <summary>Most patches that run together; see <see cref="PatchOptions.MaximumPatches"/>.</summary>
    public int MaximumPatches { get; init; } = PatchOptions.DefaultMaximumPatches;

    /// <summary>Opaque color under transparent pixels; white by default.</summary>
    public Color Background { get; init; } = Color.White;

    internal void Validate()
    {
        if (!Enum.IsDefined(Mode)) throw new ArgumentOutOfRangeException(nameof(Mode), Mode, "Unknown mode.");
        if (ImageSize is { } size) ArgumentOutOfRangeException.ThrowIfNegativeOrZero(size, nameof(ImageSize));
        if (Stride is { } stride) ArgumentOutOfRangeException.ThrowIfNegativeOrZero(stride, nameof(Stride));
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(MaximumPatches);
        if (Background.A != byte.MaxValue)
            throw new ArgumentException($"The background must be opaque; its alpha is {Background.A}.", nameof(Background));
    }
}
