using System.Drawing;
using Microsoft.ML.Data;

namespace Tips.MLNet.Images;

/// <summary>An opaque picture in the size that a model is to see it, of which any rectangle can be had as pixel values.</summary>
internal sealed class ResizedPicture
{
    private const int BytesPerPixel = 4;

    private readonly byte[] _pixels;
    private readonly MLPixelFormat _format;

    private ResizedPicture(byte[] pixels, int height, int width, MLPixelFormat format)
        => (_pixels, Height, Width, _format) = (pixels, height, width, format);

    public int Height { get; }

    public int Width { get; }

    /// <summary>Resizes a picture with Pillow's filters; one that has the size already is only copied.</summary>
    /// <param name="image">The picture; it is only read.</param>
    /// <param name="height">The new height.</param>
    /// <param name="width">The new width.</param>
    /// <param name="kernel">How pixels are mixed.</param>
    /// <param name="background">Opaque color under transparent pixels; white if null.</param>
    /// <exception cref="ArgumentException">The picture's format is not supported.</exception>
    /// <exception cref="InvalidOperationException">The resized picture does not fit into one array.</exception>
    public static ResizedPicture From(DecodedPicture image, int height, int width, ResizeKernel kernel, Color? background = null)
    {
        var format = image.Format;
        if (format is not (MLPixelFormat.Bgra32 or MLPixelFormat.Rgba32))
            throw new ArgumentException($"Pixel format {format} is not supported; expected Bgra32 or Rgba32.", nameof(image));
        if ((long)height * width * BytesPerPixel > Array.MaxLength)
            throw new InvalidOperationException($"A picture resized to {height}x{width} does not fit into one array.");
        ReadOnlySpan<byte> pixels = image.Pixels;
        byte[] resized = new byte[height * width * BytesPerPixel];
        if (!image.IsOpaque && !PixelOperations.IsOpaque(pixels))
        {
            byte[] opaque = new byte[pixels.Length];
            PixelOperations.Composite(pixels, opaque, format, background ?? Color.White);
            pixels = opaque;
        }

        PillowResize.Resize(pixels, image.Width, image.Height, resized, width, height, kernel);
        return new ResizedPicture(resized, height, width, format);
    }

    /// <summary>Writes a rectangle's red, green and blue planes, from 0 to 1.</summary>
    /// <param name="top">Its first row.</param>
    /// <param name="left">Its first column.</param>
    /// <param name="height">Its rows.</param>
    /// <param name="width">Its columns.</param>
    /// <param name="planes">Receives 3 · height · width values.</param>
    public void ToPlanes(int top, int left, int height, int width, Span<float> planes)
    {
        int count = height * width;
        for (int y = 0; y < height; y++)
        {
            var row = _pixels.AsSpan(((top + y) * Width + left) * BytesPerPixel, width * BytesPerPixel);
            int start = y * width;
            PixelOperations.ToPlanes(
                row, _format, planes.Slice(start, width), planes.Slice(count + start, width), planes.Slice(2 * count + start, width));
        }
    }
}
