using System.Numerics.Tensors;

namespace Tips.MLNet;

/// <summary>
/// The patch embeddings of one picture: a grid with one vector for each patch of the model's input, row by row. They say what is where.
/// Immutable and thread-safe.
/// </summary>
public sealed class PatchFeatures
{
    private readonly float[] _values;

    /// <summary>Makes a grid.</summary>
    /// <param name="rows">Rows of patches.</param>
    /// <param name="columns">Patches of a row.</param>
    /// <param name="dimension">Length D of one embedding.</param>
    /// <param name="values">rows × columns × D values; they are copied.</param>
    /// <exception cref="ArgumentException">A number is not positive, the length does not fit, or a value is not finite.</exception>
    public PatchFeatures(int rows, int columns, int dimension, ReadOnlySpan<float> values)
        : this(Check(rows, columns, dimension, values).ToArray(), rows, columns, dimension)
    {
    }

    private PatchFeatures(float[] values, int rows, int columns, int dimension)
        => (_values, Rows, Columns, Dimension) = (values, rows, columns, dimension);

    /// <summary>Rows of patches, from the top.</summary>
    public int Rows { get; }

    /// <summary>Patches of a row, from the left.</summary>
    public int Columns { get; }

    /// <summary>Length D of one embedding.</summary>
    public int Dimension { get; }

    /// <summary>Number of patches.</summary>
    public int Count => Rows * Columns;

    /// <summary>All values, rows × columns × D.</summary>
    public ReadOnlySpan<float> Values => _values;

    /// <summary>The embedding of a patch, D values.</summary>
    /// <param name="row">The row, from 0.</param>
    /// <param name="column">The column, from 0.</param>
    /// <exception cref="ArgumentOutOfRangeException">There is no such patch.</exception>
    public ReadOnlySpan<float> this[int row, int column]
    {
        get
        {
            ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual((uint)row, (uint)Rows, nameof(row));
            ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual((uint)column, (uint)Columns, nameof(column));
            return this[row * Columns + column];
        }
    }

    /// <summary>The embedding of a patch, D values.</summary>
    /// <param name="patch">The patch, row by row, from 0.</param>
    /// <exception cref="ArgumentOutOfRangeException">There is no such patch.</exception>
    public ReadOnlySpan<float> this[int patch]
    {
        get
        {
            ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual((uint)patch, (uint)Count, nameof(patch));
            return _values.AsSpan(patch * Dimension, Dimension);
        }
    }

    /// <summary>Makes a grid of values that nobody else changes.</summary>
    internal static PatchFeatures Wrap(int rows, int columns, int dimension, float[] values) => new(values, rows, columns, dimension);

    private static ReadOnlySpan<float> Check(int rows, int columns, int dimension, ReadOnlySpan<float> values)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(rows);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(columns);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(dimension);
        if ((Int128)rows * columns * dimension != values.Length)
        {
            throw new ArgumentException(
                $"There are {values.Length} values, expected {rows} rows of {columns} patches of {dimension}.", nameof(values));
        }

        if (!TensorPrimitives.IsFiniteAll(values)) throw new ArgumentException("A value is not finite.", nameof(values));
        return values;
    }
}
