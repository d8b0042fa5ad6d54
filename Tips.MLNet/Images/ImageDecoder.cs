using System.Drawing;
using SkiaSharp;

namespace Tips.MLNet.Images;

/// <summary>
/// Decodes pictures of every format that SkiaSharp reads, by their content: the first frame, colors as they are stored, without color
/// management. What is not complete is refused. Uses calls that SkiaSharp 2 and 3 both have.
/// </summary>
internal static class ImageDecoder
{
    private const string CutOff = "it is cut off";

    /// <param name="bytes">Content of the file.</param>
    /// <param name="name">How messages name the picture.</param>
    /// <param name="options">Limit and orientation.</param>
    /// <param name="background">
    /// Opaque color under transparent pixels; null keeps the transparency, with colors premultiplied by alpha.
    /// </param>
    /// <param name="cancellationToken">Ends the waiting for memory.</param>
    /// <exception cref="InvalidDataException">
    /// It is not a picture in a known format, is damaged or cut off, or has too many pixels.
    /// </exception>
    /// <exception cref="InsufficientMemoryException">There is no memory for its pixels.</exception>
    public static unsafe DecodedPicture Decode(
        ReadOnlySpan<byte> bytes, string name, ImageDecodingOptions options, Color? background, CancellationToken cancellationToken)
    {
        var kind = CheckKind(bytes, name);
        if (PictureEnd.IsMissing(bytes, kind)) throw Unreadable(name, CutOff);
        fixed (byte* start = bytes)
        {
            using var data = SKData.Create((nint)start, bytes.Length);
            using var codec = SKCodec.Create(data) ?? throw Unreadable(
                name, kind.IsReadable ? "its header is damaged or cut off" : NotSupported(kind));
            var (width, height) = (codec.Info.Width, codec.Info.Height);
            CheckSize(width, height, name, options.MaximumPixels);
            var origin = options.Upright ? OrientationOf(codec, bytes, kind) : SKEncodedOrigin.TopLeft;
            int length = width * height * DecodedPicture.BytesPerPixel;
            bool swapsSides = Orientation.SwapsSides(origin);
            var reservation = DecodingMemory.Shared.Reserve(swapsSides ? 2L * length : length, cancellationToken);
            byte[]? pixels = null, turned = null;
            try
            {
                pixels = Rent(length, width, height, name);
                bool isOpaque = codec.Info.AlphaType == SKAlphaType.Opaque;
                // Over a background, each color is rounded once: from the stored value, not from the premultiplied one.
                var alpha = isOpaque ? SKAlphaType.Opaque : background is null ? SKAlphaType.Premul : SKAlphaType.Unpremul;
                fixed (byte* target = pixels)
                {
                    var info = new SKImageInfo(width, height, SKColorType.Bgra8888, alpha);
                    var result = codec.GetPixels(info, (nint)target);
                    if (result != SKCodecResult.Success) throw Unreadable(name, Explain(result, bytes, kind));
                }

                if (!isOpaque && background is { } color) PixelOperations.Flatten(pixels.AsSpan(0, length), color);
                if (!swapsSides)
                {
                    Orientation.Mirror(pixels.AsSpan(0, length), width, height, origin);
                    return new DecodedPicture(Take(ref pixels), width, height, isOpaque || background is not null, reservation);
                }

                turned = Rent(length, width, height, name);
                Orientation.Transpose(pixels.AsSpan(0, length), width, height, origin, turned.AsSpan(0, length));
                return new DecodedPicture(Take(ref turned), height, width, isOpaque || background is not null, reservation);
            }
            catch
            {
                reservation.Dispose();
                throw;
            }
            finally
            {
                if (pixels is not null) BufferPool.Shared.Return(pixels);
                if (turned is not null) BufferPool.Shared.Return(turned);
            }
        }

        static byte[] Take(ref byte[]? array)
        {
            byte[] taken = array!;
            array = null;
            return taken;
        }
    }

    private static SKEncodedOrigin OrientationOf(SKCodec codec, ReadOnlySpan<byte> bytes, FileKind kind)
        => kind == FileKind.Png ? PngOrientation.Of(bytes) : codec.EncodedOrigin;

    /// <summary>Refuses what does not begin like a picture, and says what it is instead.</summary>
    /// <returns>What it is.</returns>
    /// <exception cref="InvalidDataException">It is not a picture that SkiaSharp may read.</exception>
    public static FileKind CheckKind(ReadOnlySpan<byte> head, string name)
    {
        if (head.IsEmpty) throw Unreadable(name, "it is empty");
        var kind = FileKind.Of(head);
        // On some systems SkiaSharp reads HEIC and AVIF, and the raw pictures of some cameras, which are TIFF.
        if (kind.IsReadable || kind == FileKind.Tiff || kind == FileKind.Heif || kind == FileKind.Avif) return kind;
        throw Unreadable(name, DescribeKind(kind));
    }

    public static InvalidDataException Unreadable(string name, string why) => new($"Picture '{name}' cannot be read: {why}.");

    private static string DescribeKind(FileKind kind)
    {
        if (kind == FileKind.Html) return "it is a page of HTML, perhaps an error message that was saved instead of the picture";
        if (kind == FileKind.GitLfsPointer) return "it is a Git LFS pointer, not the picture itself; 'git lfs pull' fetches that";
        if (kind == FileKind.Text) return "it is text, not a picture";
        if (kind == FileKind.Zeros) return "all of its first bytes are zero, as after an interrupted copy";
        return kind == FileKind.Unknown ? "it is not of a known picture format" : NotSupported(kind);
    }

    private static string NotSupported(FileKind kind) => $"its format, {kind.Name}, is not supported";

    private static void CheckSize(int width, int height, string name, long maximumPixels)
    {
        long pixels = (long)width * height;
        if (pixels > maximumPixels)
        {
            throw Unreadable(
                name,
                $"its header says {width}x{height} pixels, {pixels:N0} in all, expected at most {maximumPixels:N0} "
                + $"({nameof(ImageDecodingOptions.MaximumPixels)})");
        }

        if (pixels * DecodedPicture.BytesPerPixel > Array.MaxLength)
            throw Unreadable(name, $"its {width}x{height} pixels do not fit into one array");
    }

    private static string Explain(SKCodecResult result, ReadOnlySpan<byte> bytes, FileKind kind)
        => result == SKCodecResult.IncompleteInput || PictureEnd.LacksEndOfImage(bytes, kind) ? CutOff : $"it is damaged ({result})";

    private static byte[] Rent(int length, int width, int height, string name)
    {
        try
        {
            return BufferPool.Shared.Rent(length);
        }
        catch (OutOfMemoryException e)
        {
            throw new InsufficientMemoryException($"There is no memory for the {width}x{height} pixels of picture '{name}'.", e);
        }
    }
}
