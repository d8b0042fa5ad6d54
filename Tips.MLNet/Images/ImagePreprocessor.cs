using System.Buffers;
using System.Drawing;
using Microsoft.ML.Data;

namespace Tips.MLNet.Images;

/// <summary>
/// Turns a decoded picture into the input tensor of a TIPS image encoder, exactly as the reference does: resized straight to the input size
/// with Pillow's antialiased bilinear filter (ignoring the aspect ratio), divided by 255, as red, green and blue planes.
/// </summary>
/// <remarks>
/// <para>The reference ignores transparency, so whatever color is stored under it shows. Here, transparent pixels are first composited over
/// a background, white by default. As everywhere in ML.NET, colors of a picture with transparency count as premultiplied by alpha.</para>
/// <para>Immutable and thread-safe. It never disposes a picture that it is given.</para>
/// </remarks>
public sealed class ImagePreprocessor
{
    private const int BytesPerPixel = 4;

    /// <summary>Creates a preprocessor.</summary>
    /// <param name="height">Height of the input tensor in pixels.</param>
    /// <param name="width">Width of the input tensor in pixels.</param>
    /// <param name="background">Opaque color under transparent pixels; white if null.</param>
    /// <exception cref="ArgumentOutOfRangeException">A size is not positive, or the picture is too large for one array.</exception>
    /// <exception cref="ArgumentException"><paramref name="background"/> is not opaque.</exception>
    public ImagePreprocessor(int height, int width, Color? background = null)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(height);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(width);
        int maximumPixels = Array.MaxLength / BytesPerPixel;
        if (height > maximumPixels / width)
        {
            throw new ArgumentOutOfRangeException(
                nameof(height), $"{height}x{width}", $"A picture can have at most {maximumPixels:N0} pixels.");
        }

        Height = height;
        Width = width;
        Background = background ?? Color.White;
        if (Background.A != byte.MaxValue)
            throw new ArgumentException($"The background must be opaque; its alpha is {Background.A}.", nameof(background));
    }

    /// <summary>Height of the input tensor in pixels.</summary>
    public int Height { get; }

    /// <summary>Width of the input tensor in pixels.</summary>
    public int Width { get; }

    /// <summary>Color under transparent pixels.</summary>
    public Color Background { get; }

    /// <summary>Number of values per picture: 3 · height · width.</summary>
    public int ValueCount => 3 * Height * Width;

    /// <summary>Writes the input tensor of a picture.</summary>
    /// <param name="image">The picture; it is only read.</param>
    /// <param name="destination">
    /// Receives <see cref="ValueCount"/> values in [0, 1]: the red plane, then green, then blue, each row by row.
    /// </param>
    /// <exception cref="ArgumentException">
    /// <paramref name="destination"/> is too short, or the picture's format is not supported.
    /// </exception>
    public void Preprocess(MLImage image, Span<float> destination)
    {
        ArgumentNullException.ThrowIfNull(image);
        Preprocess(ImagePixels.Of(image), image.Width, image.Height, image.PixelFormat, destination);
        GC.KeepAlive(image);
    }

    /// <summary>Writes the input tensor of a picture given as pixels.</summary>
    /// <param name="pixels">height × width × 4 bytes, row by row without padding, alpha last, colors premultiplied by alpha.</param>
    /// <param name="width">Width of the picture in pixels.</param>
    /// <param name="height">Height of the picture in pixels.</param>
    /// <param name="format">Order of the channels.</param>
    /// <param name="destination">
    /// Receives <see cref="ValueCount"/> values in [0, 1]: the red plane, then green, then blue, each row by row.
    /// </param>
    /// <exception cref="ArgumentException">A buffer does not match the dimensions, or the format is not supported.</exception>
    public void Preprocess(ReadOnlySpan<byte> pixels, int width, int height, MLPixelFormat format, Span<float> destination)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(width);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(height);
        long length = (long)width * height * BytesPerPixel;
        if (pixels.Length != length)
            throw new ArgumentException($"A {width}×{height} picture has {length} bytes, not {pixels.Length}.", nameof(pixels));
        Preprocess(pixels, width, height, format, isOpaque: false, destination);
    }

    /// <summary>Writes the input tensor of a decoded picture.</summary>
    internal void Preprocess(DecodedPicture picture, Span<float> destination)
        => Preprocess(picture.Pixels, picture.Width, picture.Height, picture.Format, picture.IsOpaque, destination);

    private void Preprocess(
        ReadOnlySpan<byte> pixels, int width, int height, MLPixelFormat format, bool isOpaque, Span<float> destination)
    {
        if (format is not (MLPixelFormat.Bgra32 or MLPixelFormat.Rgba32))
            throw new ArgumentException($"Pixel format {format} is not supported; expected Bgra32 or Rgba32.", nameof(format));
        if (destination.Length < ValueCount)
            throw new ArgumentException($"The buffer has {destination.Length} elements; {ValueCount} are needed.", nameof(destination));

        byte[]? composited = null;
        byte[] resized = ArrayPool<byte>.Shared.Rent(Height * Width * BytesPerPixel);
        try
        {
            if (!isOpaque && !PixelOperations.IsOpaque(pixels))
            {
                composited = ArrayPool<byte>.Shared.Rent(pixels.Length);
                PixelOperations.Composite(pixels, composited.AsSpan(0, pixels.Length), format, Background);
                pixels = composited.AsSpan(0, pixels.Length);
            }

            var target = resized.AsSpan(0, Height * Width * BytesPerPixel);
            PillowResize.Resize(pixels, width, height, target, Width, Height);
            PixelOperations.ToPlanes(target, format, destination[..ValueCount]);
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(resized);
            if (composited is not null) ArrayPool<byte>.Shared.Return(composited);
        }
    }
}
