using System.Numerics.Tensors;
using Tips.MLNet.Search;

namespace Tips.MLNet.Quality;

/// <summary>Embeddings that a caller hands over as one array: checked, and ready to be searched by cosine.</summary>
internal static class EmbeddingRows
{
    /// <summary>Number of embeddings in an array.</summary>
    /// <exception cref="ArgumentException">There is none, the length does not fit, or a value is not finite.</exception>
    public static int Count(ReadOnlyMemory<float> embeddings, int dimension, string what, string argument)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(dimension);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(dimension, Panels.MaximumDimension);
        if (embeddings.IsEmpty || embeddings.Length % dimension != 0)
        {
            throw new ArgumentException(
                $"The {what} have {embeddings.Length} values, expected a multiple of the dimension {dimension}, and at least one.",
                argument);
        }

        var values = embeddings.Span;
        for (int start = 0; start < values.Length; start += dimension)
        {
            if (TensorPrimitives.IsFiniteAll(values.Slice(start, dimension))) continue;
            throw new ArgumentException($"Row {start / dimension} of the {what} has a value that is not finite.", argument);
        }

        return values.Length / dimension;
    }

    /// <summary>Makes an index of embeddings that were checked.</summary>
    public static NeighborIndex Index(ReadOnlyMemory<float> embeddings, int dimension)
    {
        var index = new NeighborIndex(dimension, DistanceMetric.Cosine);
        for (int start = 0; start < embeddings.Length; start += dimension) index.Add(embeddings.Span.Slice(start, dimension));
        return index;
    }

    /// <summary>The least cosine that counts as a threshold: equal embeddings have one of 1 only up to rounding.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The threshold is not a cosine.</exception>
    public static float LeastCosine(float threshold, int dimension) => threshold is >= -1 and <= 1
        ? threshold - ExactSearch.CosineRounding(dimension)
        : throw new ArgumentOutOfRangeException(nameof(threshold), threshold, "The threshold must be a cosine, from -1 to 1.");

    /// <summary>Checks that groups are those of the rows.</summary>
    /// <exception cref="ArgumentException">They are of another number of rows.</exception>
    public static void CheckGroups(DuplicateGroups? groups, int count)
    {
        if (groups is not null && groups.RowCount != count)
            throw new ArgumentException($"The duplicates are those of {groups.RowCount} rows, expected {count}.", nameof(groups));
    }

    /// <summary>Checks that there is a label for each row.</summary>
    /// <exception cref="ArgumentException">The lengths differ, or a label is out of range.</exception>
    public static void CheckLabels(ReadOnlySpan<int> labels, int count, int classCount)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(classCount);
        if (labels.Length != count) throw new ArgumentException($"There are {labels.Length} labels, expected {count}.", nameof(labels));
        for (int row = 0; row < labels.Length; row++)
        {
            if ((uint)labels[row] >= (uint)classCount)
                throw new ArgumentException($"Row {row} has the label {labels[row]}, expected 0 to {classCount - 1}.", nameof(labels));
        }
    }
}
