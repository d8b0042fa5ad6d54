using System.Diagnostics.CodeAnalysis;
using Microsoft.ML.Data;
using Tips.MLNet.Images;

namespace Tips.MLNet;

/// <summary>
/// A picture to embed: a file, the bytes of one (an upload, a blob), a stream, or a decoded <see cref="MLImage"/>. A path, bytes and an
/// <see cref="MLImage"/> convert implicitly, so <c>model.EmbedImage("cat.jpg")</c> works.
/// </summary>
/// <remarks>
/// <para>Nothing is read or checked until the picture is embedded; any error is thrown then, and names the picture. PNG,
/// JPEG, WebP, GIF (first frame) and BMP are read. A file that is cut off is rejected, whereas ML.NET's <c>LoadImages</c> fills in
/// the rest.</para>
/// <para>Immutable. It never disposes what it was given. A source of bytes, of a file or of an <see cref="MLImage"/> may be embedded any
/// number of times and from several threads at once; a stream is read only once, from its current position to its end.</para>
/// </remarks>
[SuppressMessage("Usage", "CA2225:Operator overloads have named alternates", Justification = "They are FromFile, FromBytes, FromImage.")]
public sealed class ImageSource
{
    private readonly object _content; // string: a path; ReadOnlyMemory<byte>, Stream, MLImage

    private ImageSource(object content, string name) => (_content, Name) = (content, name);

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

    /// <summary>Decodes the picture and hands its pixels to <paramref name="use"/>.</summary>
    /// <exception cref="FileNotFoundException">There is no such file.</exception>
    /// <exception cref="InvalidDataException">The picture cannot be read.</exception>
    /// <exception cref="IOException">The file or stream cannot be read.</exception>
    internal void Decode(Action<MLImage> use)
    {
        if (_content is MLImage given)
        {
            UseGiven(given, use);
            return;
        }

        using var image = ImageDecoder.Decode(ReadBytes().Span, Name);
        use(image);
    }

    /// <summary>Reads a stream now, so that whoever gave it may close it. Other sources stay as they are.</summary>
    internal ImageSource WithStreamRead() => _content is Stream ? FromBytes(ReadBytes(), Name) : this;

    private ReadOnlyMemory<byte> ReadBytes()
    {
        switch (_content)
        {
            case ReadOnlyMemory<byte> bytes:
                return bytes;
            case Stream stream:
                return ReadToEnd(stream);
            case string path when !File.Exists(path):
                throw new FileNotFoundException($"There is no picture '{path}'.", path);
            case string path:
                return File.ReadAllBytes(path);
            default:
                throw new InvalidOperationException($"Unknown kind of picture {_content.GetType()}.");
        }
    }

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

    private void UseGiven(MLImage image, Action<MLImage> use)
    {
        try
        {
            _ = image.Width;
        }
        catch (InvalidOperationException e)
        {
            throw new InvalidDataException($"Picture '{Name}' was disposed before it was embedded.", e);
        }

        use(image);
    }
}
