using System.Diagnostics.CodeAnalysis;
using System.Drawing;
using Microsoft.ML.Data;
using Tips.MLNet.Images;

namespace Tips.MLNet;

/// <summary>
/// A picture to embed: a file, the bytes of one (an upload, a blob), a stream, or a decoded <see cref="MLImage"/>. A path, bytes and an
/// <see cref="MLImage"/> convert implicitly, so <c>model.EmbedImage("cat.jpg")</c> works.
/// </summary>
/// <remarks>
/// <para>Nothing is read or checked until the picture is embedded; any error is thrown then, and names the picture. JPEG, PNG, WebP, GIF,
/// BMP and icons are read on every system, by their content and whatever their names end with: the first frame, colors as stored, color
/// profiles ignored, transparency (and what a first frame leaves out) over the background (white unless the caller says otherwise), 16 bits
/// cut to 8. A file that is cut off is rejected, whereas ML.NET's <c>LoadImages</c> fills in the rest. A picture of more than 178,956,970
/// pixels is rejected by its header. Pictures are used as they are stored; <see cref="WithDecoding"/> turns them the way EXIF says, and
/// changes that limit.</para>
/// <para>Immutable. It never disposes what it was given. A source of bytes, of a file or of an <see cref="MLImage"/> may be embedded any
/// number of times and from several threads at once; a stream is read only once, from its current position to its end.</para>
/// </remarks>
[SuppressMessage("Usage", "CA2225:Operator overloads have named alternates", Justification = "They are FromFile, FromBytes, FromImage.")]
public sealed class ImageSource
{
    private readonly object _content; // string: a path; ReadOnlyMemory<byte>, Stream, MLImage
    private readonly ImageDecodingOptions _decoding;

    private ImageSource(object content, string name, ImageDecodingOptions? decoding = null)
        => (_content, Name, _decoding) = (content, name, decoding ?? ImageDecodingOptions.Default);

    /// <summary>How messages name the picture: its path, or the name given.</summary>
    public string Name { get; }

    /// <summary>Names a file.</summary>
    /// <param name="path">The file.</param>
    /// <returns>The source.</returns>
    public static ImageSource FromFile(string path)
    {
        ArgumentNullException.ThrowIfNull(path);
        return new ImageSource(path, path);
    }

    /// <summary>Takes the content of a picture file.</summary>
    /// <param name="bytes">The bytes; they are not copied, so leave them unchanged until the picture is embedded.</param>
    /// <param name="name">How messages name it, such as the name of an upload; its length in bytes if null.</param>
    /// <returns>The source.</returns>
    public static ImageSource FromBytes(ReadOnlyMemory<byte> bytes, string? name = null) => new(bytes, name ?? $"{bytes.Length:N0} bytes");

    /// <summary>Takes a stream with the content of a picture file.</summary>
    /// <param name="stream">The stream; it is read to its end when the picture is embedded, and left open.</param>
    /// <param name="name">How messages name it; its type if null.</param>
    /// <returns>The source.</returns>
    public static ImageSource FromStream(Stream stream, string? name = null)
    {
        ArgumentNullException.ThrowIfNull(stream);
        return new ImageSource(stream, name ?? stream.GetType().Name);
    }

    /// <summary>Takes a decoded picture.</summary>
    /// <param name="image">The picture; it is only read, and never disposed.</param>
    /// <param name="name">How messages name it; its type if null.</param>
    /// <returns>The source.</returns>
    public static ImageSource FromImage(MLImage image, string? name = null)
    {
        ArgumentNullException.ThrowIfNull(image);
        return new ImageSource(image, name ?? nameof(MLImage));
    }

    /// <summary>The same picture, decoded in another way.</summary>
    /// <param name="decoding">How to decode it. Has no effect on an <see cref="MLImage"/>, which is decoded already.</param>
    /// <returns>The source.</returns>
    /// <exception cref="ArgumentOutOfRangeException">The limit is not positive.</exception>
    public ImageSource WithDecoding(ImageDecodingOptions decoding)
    {
        ArgumentNullException.ThrowIfNull(decoding);
        decoding.Validate();
        return new ImageSource(_content, Name, decoding);
    }

    /// <summary>Decodes the picture, as the encoders see it before it is resized.</summary>
    /// <param name="background">Opaque color under transparent pixels; white if null.</param>
    /// <returns>A picture without transparency in the format <see cref="MLPixelFormat.Bgra32"/>; the caller disposes it.</returns>
    /// <exception cref="ArgumentException"><paramref name="background"/> is not opaque.</exception>
    /// <exception cref="FileNotFoundException">There is no such file.</exception>
    /// <exception cref="InvalidDataException">The picture cannot be read.</exception>
    /// <exception cref="IOException">The file or the stream fails while it is read.</exception>
    public MLImage Decode(Color? background = null)
    {
        var color = background ?? Color.White;
        if (color.A != byte.MaxValue)
            throw new ArgumentException($"The background must be opaque; its alpha is {color.A}.", nameof(background));
        using var picture = Open(color);
        if (picture.IsOpaque) return MLImage.CreateFromPixels(picture.Width, picture.Height, MLPixelFormat.Bgra32, picture.Pixels);
        byte[] opaque = new byte[picture.Pixels.Length];
        PixelOperations.Composite(picture.Pixels, opaque, picture.Format, color);
        if (picture.Format == MLPixelFormat.Rgba32) PixelOperations.SwapRedAndBlue(opaque);
        return MLImage.CreateFromPixels(picture.Width, picture.Height, MLPixelFormat.Bgra32, opaque);
    }

    /// <summary>A path names a file.</summary>
    /// <param name="path">The file; null stays null.</param>
    [return: NotNullIfNotNull(nameof(path))]
    public static implicit operator ImageSource?(string? path) => path is null ? null : FromFile(path);

    /// <summary>Bytes are the content of a picture file.</summary>
    /// <param name="bytes">The bytes; null stays null.</param>
    [return: NotNullIfNotNull(nameof(bytes))]
    public static implicit operator ImageSource?(byte[]? bytes) => bytes is null ? null : FromBytes(bytes);

    /// <summary>Bytes are the content of a picture file.</summary>
    /// <param name="bytes">The bytes.</param>
    public static implicit operator ImageSource(ReadOnlyMemory<byte> bytes) => FromBytes(bytes);

    /// <summary>A decoded picture is a source.</summary>
    /// <param name="image">The picture; null stays null.</param>
    [return: NotNullIfNotNull(nameof(image))]
    public static implicit operator ImageSource?(MLImage? image) => image is null ? null : FromImage(image);

    /// <summary>The name.</summary>
    /// <returns>The name.</returns>
    public override string ToString() => Name;

    /// <summary>Decodes the picture.</summary>
    /// <param name="background">
    /// Opaque color under transparent pixels of files; null keeps the transparency. That of an <see cref="MLImage"/> is kept in any case.
    /// </param>
    /// <param name="cancellationToken">Ends the waiting for memory.</param>
    /// <exception cref="FileNotFoundException">There is no such file.</exception>
    /// <exception cref="InvalidDataException">The picture cannot be read.</exception>
    /// <exception cref="IOException">The file or stream cannot be read.</exception>
    internal DecodedPicture Open(Color? background, CancellationToken cancellationToken = default)
    {
        switch (_content)
        {
            case MLImage image:
                return OpenGiven(image);
            case ReadOnlyMemory<byte> bytes:
                return ImageDecoder.Decode(bytes.Span, Name, _decoding, background, cancellationToken);
            case Stream stream:
                return ImageDecoder.Decode(ReadToEnd(stream).Span, Name, _decoding, background, cancellationToken);
            case string path:
                using (var file = PictureFile.Read(path))
                    return ImageDecoder.Decode(file.Bytes, Name, _decoding, background, cancellationToken);
            default:
                throw new InvalidOperationException($"Unknown kind of picture {_content.GetType()}.");
        }
    }

    /// <summary>Reads a stream now, so that whoever gave it may close it. Other sources stay as they are.</summary>
    internal ImageSource WithStreamRead() => _content is Stream stream ? new ImageSource(ReadToEnd(stream), Name, _decoding) : this;

    private ReadOnlyMemory<byte> ReadToEnd(Stream stream)
    {
        var buffer = new MemoryStream();
        try
        {
            stream.CopyTo(buffer);
        }
        catch (Exception e) when (e is IOException or ObjectDisposedException or NotSupportedException)
        {
            throw new IOException($"The stream of picture '{Name}' cannot be read: {e.Message}", e);
        }

        return buffer.GetBuffer().AsMemory(0, (int)buffer.Length);
    }

    private DecodedPicture OpenGiven(MLImage image)
    {
        try
        {
            return new DecodedPicture(image);
        }
        catch (InvalidOperationException e)
        {
            throw new InvalidDataException($"Picture '{Name}' was disposed before it was embedded.", e);
        }
    }
}
