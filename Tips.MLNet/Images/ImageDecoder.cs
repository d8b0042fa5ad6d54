using Microsoft.ML.Data;
using SkiaSharp;

namespace Tips.MLNet.Images;

/// <summary>Decodes picture files of any format that SkiaSharp reads. Rejects files that it cannot read completely.</summary>
internal static class ImageDecoder
{
    private const int BytesPerPixel = 4;

    /// <summary>
    /// Decodes the first frame; colors as they are stored, without color management or EXIF rotation, as the reference does.
    /// </summary>
    /// <param name="bytes">Content of the file.</param>
    /// <param name="name">How messages name the picture.</param>
    /// <exception cref="InvalidDataException">
    /// It is not a picture in a known format, is damaged or cut off, or has more pixels than one array holds.
    /// </exception>
    /// <exception cref="InsufficientMemoryException">There is no memory for its pixels.</exception>
    public static unsafe MLImage Decode(ReadOnlySpan<byte> bytes, string name)
    {
        if (bytes.IsEmpty) throw Unreadable(name, "it is empty");
        fixed (byte* start = bytes)
        {
            using var data = SKData.Create((nint)start, bytes.Length);
            using var codec = SKCodec.Create(data) ?? throw Unreadable(name, "it is damaged or not of a known picture format");
            var (width, height) = (codec.Info.Width, codec.Info.Height);
            // Only the header has been read so far. What it claims is checked before any memory is allocated.
            if ((long)width * height * BytesPerPixel > Array.MaxLength)
                throw Unreadable(name, $"its {width}x{height} pixels do not fit into one array");
            byte[] pixels = Allocate(width, height, name);
            var alpha = codec.Info.AlphaType == SKAlphaType.Opaque ? SKAlphaType.Opaque : SKAlphaType.Premul;
            fixed (byte* target = pixels)
            {
                var result = codec.GetPixels(new SKImageInfo(width, height, SKColorType.Bgra8888, alpha), (nint)target);
                if (result == SKCodecResult.IncompleteInput) throw Unreadable(name, "it is cut off");
                if (result != SKCodecResult.Success) throw Unreadable(name, $"it is damaged ({result})");
            }

            return MLImage.CreateFromPixels(width, height, MLPixelFormat.Bgra32, pixels);
        }
    }

    private static byte[] Allocate(int width, int height, string name)
    {
        try
        {
            return new byte[width * height * BytesPerPixel];
        }
        catch (OutOfMemoryException e)
        {
            throw new InsufficientMemoryException($"There is no memory for the {width}x{height} pixels of picture '{name}'.", e);
        }
    }

    private static InvalidDataException Unreadable(string name, string why) => new($"Picture '{name}' cannot be read: {why}.");
}
