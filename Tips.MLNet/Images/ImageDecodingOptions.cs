namespace Tips.MLNet;

/// <summary>How picture files are decoded. Immutable; the defaults do what the reference does.</summary>
public sealed class ImageDecodingOptions
{
    /// <summary>Pillow's limit: a picture of three bytes a pixel then takes half a gigabyte.</summary>
    internal const long DefaultMaximumPixels = 178_956_970;

    internal static ImageDecodingOptions Default { get; } = new();

    /// <summary>
    /// Whether pictures are turned the way their EXIF orientation says, as viewers show them. False by default: they are used as they are
    /// stored, as the reference does.
    /// </summary>
    public bool Upright { get; init; }

    /// <summary>
    /// Most pixels of a picture, width × height; 178,956,970 by default, which is Pillow's limit. A picture with more is refused as soon
    /// as its header has been read, before there is any memory for its pixels.
    /// </summary>
    public long MaximumPixels { get; init; } = DefaultMaximumPixels;

    internal void Validate() => ArgumentOutOfRangeException.ThrowIfNegativeOrZero(MaximumPixels);
}
