using Microsoft.ML.Data;

namespace Tips.MLNet.Images;

/// <summary>
/// The pixels of a picture: in memory of a pool, which disposing returns, or those of an <see cref="MLImage"/>, which stays its owner's.
/// </summary>
internal sealed class DecodedPicture : IDisposable
{
    public const int BytesPerPixel = 4;

    private readonly MLImage? _given;
    private readonly DecodingMemory.Reservation? _reservation;
    private byte[]? _rented;

    /// <summary>Takes over an array of the <see cref="BufferPool"/>.</summary>
    /// <param name="rented">Pixels, blue, green, red, alpha.</param>
    /// <param name="width">Width in pixels.</param>
    /// <param name="height">Height in pixels.</param>
    /// <param name="isOpaque">Whether the alpha of every pixel is known to be 255.</param>
    /// <param name="reservation">What holds the memory's share of the budget.</param>
    public DecodedPicture(byte[] rented, int width, int height, bool isOpaque, DecodingMemory.Reservation reservation)
        => (_rented, Width, Height, Format, IsOpaque, _reservation)
            = (rented, width, height, MLPixelFormat.Bgra32, isOpaque, reservation);

    /// <exception cref="InvalidOperationException">It is disposed.</exception>
    public DecodedPicture(MLImage given)
        => (_given, Width, Height, Format) = (given, given.Width, given.Height, given.PixelFormat);

    public int Width { get; }

    public int Height { get; }

    public MLPixelFormat Format { get; }

    /// <summary>Whether every pixel is known to be opaque. If not, colors are premultiplied by alpha.</summary>
    public bool IsOpaque { get; }

    /// <summary>height × width × 4 bytes, row by row.</summary>
    public ReadOnlySpan<byte> Pixels => _given is null
        ? (_rented ?? throw new ObjectDisposedException(nameof(DecodedPicture))).AsSpan(0, Width * Height * BytesPerPixel)
        : ImagePixels.Of(_given);

    public void Dispose()
    {
        if (_rented is null) return;
        BufferPool.Shared.Return(_rented);
        _rented = null;
        _reservation!.Value.Dispose();
    }
}
