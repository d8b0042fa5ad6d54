namespace Tips.MLNet;

/// <summary>How far away every pixel of a picture is. Immutable and thread-safe.</summary>
public sealed class DepthMap
{
    private readonly float[] _meters;

    internal DepthMap(int height, int width, float[] meters) => (Height, Width, _meters) = (height, width, meters);

    /// <summary>Height of the map in pixels.</summary>
    public int Height { get; }

    /// <summary>Width of the map in pixels.</summary>
    public int Width { get; }

    /// <summary>The depth of every pixel in meters, row by row.</summary>
    public ReadOnlySpan<float> Meters => _meters;

    /// <summary>The depth of a pixel in meters.</summary>
    /// <param name="row">The row, from 0.</param>
    /// <param name="column">The column, from 0.</param>
    /// <exception cref="ArgumentOutOfRangeException">There is no such pixel.</exception>
    public float this[int row, int column]
    {
        get
        {
            ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual((uint)row, (uint)Height, nameof(row));
            ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual((uint)column, (uint)Width, nameof(column));
            return _meters[row * Width + column];
        }
    }
}
