namespace Tips.MLNet;

/// <summary>Which way the surface at every pixel of a picture faces. Immutable and thread-safe.</summary>
public sealed class NormalMap
{
    private readonly float[] _directions;

    internal NormalMap(int height, int width, float[] directions) => (Height, Width, _directions) = (height, width, directions);

    /// <summary>Height of the map in pixels.</summary>
    public int Height { get; }

    /// <summary>Width of the map in pixels.</summary>
    public int Width { get; }

    /// <summary>
    /// The direction of every pixel, height × width × 3: x, y and z, each from −1 to 1. They are of unit length, but shorter where they
    /// turn with <see cref="NormalsStyle.HuggingFace"/>.
    /// </summary>
    public ReadOnlySpan<float> Directions => _directions;

    /// <summary>The direction of a pixel: x, y and z.</summary>
    /// <param name="row">The row, from 0.</param>
    /// <param name="column">The column, from 0.</param>
    /// <exception cref="ArgumentOutOfRangeException">There is no such pixel.</exception>
    public ReadOnlySpan<float> this[int row, int column]
    {
        get
        {
            ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual((uint)row, (uint)Height, nameof(row));
            ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual((uint)column, (uint)Width, nameof(column));
            return _directions.AsSpan((row * Width + column) * 3, 3);
        }
    }
}
