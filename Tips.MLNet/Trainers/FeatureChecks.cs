using System.Numerics.Tensors;
using Microsoft.ML;
using Microsoft.ML.Data;
using Tips.MLNet.Transforms;

namespace Tips.MLNet.Trainers;

/// <summary>What a feature column must be.</summary>
internal static class FeatureChecks
{
    public const string Expected = "a vector of Single of known size";

    public static int Dimension(DataViewSchema.Column column, string parameter)
        => column.Type is VectorDataViewType { ItemType: NumberDataViewType item, Size: > 0 } vector && item == NumberDataViewType.Single
            ? vector.Size
            : throw SchemaChecks.WrongType(parameter, "feature", column.Name, Expected, column.Type);

    public static bool AllFinite(ReadOnlySpan<float> values) => TensorPrimitives.IsFiniteAll(values);
}
