using Tips.MLNet.Models;

namespace Tips.MLNet;

/// <summary>The class of every pixel of a picture. Immutable and thread-safe.</summary>
public sealed class ClassMap
{
    /// <summary>Most classes: a class is one byte.</summary>
    public const int MaximumClasses = HeadManifest.MaximumClasses;

    private readonly byte[] _classes;

    internal ClassMap(int height, int width, byte[] classes, IReadOnlyList<string> labels)
        => (Height, Width, _classes, Labels) = (height, width, classes, labels);

    /// <summary>Height of the picture in pixels.</summary>
    public int Height { get; }

    /// <summary>Width of the picture in pixels.</summary>
    public int Width { get; }

    /// <summary>The names of the classes.</summary>
    public IReadOnlyList<string> Labels { get; }

    /// <summary>The class of every pixel, row by row: its index among <see cref="Labels"/>.</summary>
    public ReadOnlySpan<byte> Classes => _classes;

    /// <summary>The class of a pixel.</summary>
    /// <param name="row">The row, from 0.</param>
    /// <param name="column">The column, from 0.</param>
    /// <exception cref="ArgumentOutOfRangeException">There is no such pixel.</exception>
    public byte this[int row, int column]
    {
        get
        {
            ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual((uint)row, (uint)Height, nameof(row));
            ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual((uint)column, (uint)Width, nameof(column));
            return _classes[row * Width + column];
        }
    }

    /// <summary>The share of the pixels that each class has, from 0 to 1, in the order of <see cref="Labels"/>.</summary>
    /// <returns>The shares; they sum to 1.</returns>
    public double[] Shares()
    {
        long[] counts = new long[Labels.Count];
        foreach (byte c in _classes) counts[c]++;
        return Array.ConvertAll(counts, count => (double)count / _classes.Length);
    }
}
