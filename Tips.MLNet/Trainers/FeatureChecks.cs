using System.Numerics.Tensors;
using Microsoft.ML;
using Microsoft.ML.Data;
using Tips.MLNet.Pipelines;
using Tips.MLNet.Search;

namespace Tips.MLNet.Trainers;

/// <summary>What a feature column must be.</summary>
internal static class FeatureChecks
{
    public static string Expected { get; } = $"a vector of Single of known size (1 to {Panels.MaximumDimension})";

    public static int Dimension(DataViewSchema.Column column, string parameter)
        => column.Type is VectorDataViewType { ItemType: NumberDataViewType item, Size: > 0 and <= Panels.MaximumDimension } vector
            && item == NumberDataViewType.Single
            ? vector.Size
            : throw SchemaChecks.WrongType(parameter, "feature", column.Name, Expected, column.Type);

    /// <summary>Copies a row's vector, which must have the length that the column's type promises.</summary>
    /// <exception cref="InvalidOperationException">The vector has another length; sources of plain objects do not check this.</exception>
    public static void Copy(in VBuffer<float> vector, Span<float> destination, string column, long row)
    {
        if (vector.Length != destination.Length)
        {
            throw new InvalidOperationException(
                $"Row {row}: the vector in column '{column}' has {vector.Length} values, expected {destination.Length}.");
        }

        vector.CopyTo(destination);
    }

    public static bool AllFinite(ReadOnlySpan<float> values) => TensorPrimitives.IsFiniteAll(values);
}
