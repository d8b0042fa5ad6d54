using Microsoft.ML;
using Microsoft.ML.Data;
using Tips.MLNet.Pipelines.Interop;

namespace Tips.MLNet.Pipelines;

/// <summary>The columns that ML.NET's multiclass classifiers add, and what its evaluators read off them.</summary>
internal static class ScoreColumns
{
    public const string PredictedLabel = "PredictedLabel", Score = "Score";

    /// <summary>The kinds of both columns before there is a schema.</summary>
    public static SchemaShape.Column[] KindShapes => [TextShape(AnnotationNames.ScoreColumnKind), TextShape(AnnotationNames.ScoreValueKind)];

    /// <summary>Annotations of a column of one kind, to which names may be added.</summary>
    /// <param name="column"><see cref="PredictedLabel"/> or <see cref="Score"/>, which are the kinds' names, too.</param>
    public static DataViewSchema.Annotations.Builder Annotations(string column)
    {
        var annotations = new DataViewSchema.Annotations.Builder();
        annotations.AddPrimitiveValue(AnnotationNames.ScoreColumnKind, TextDataViewType.Instance, "MulticlassClassification".AsMemory());
        annotations.AddPrimitiveValue(AnnotationNames.ScoreValueKind, TextDataViewType.Instance, column.AsMemory());
        return annotations;
    }

    /// <summary>Adds a vector of texts, such as slot names.</summary>
    public static void AddNames(DataViewSchema.Annotations.Builder annotations, string name, IReadOnlyList<string> names)
        => annotations.Add(name, new VectorDataViewType(TextDataViewType.Instance, names.Count), (ref VBuffer<ReadOnlyMemory<char>> buffer) =>
        {
            var editor = VBufferEditor.Create(ref buffer, names.Count);
            for (int i = 0; i < names.Count; i++) editor.Values[i] = names[i].AsMemory();
            buffer = editor.Commit();
        });

    private static SchemaShape.Column TextShape(string name) => MLNetInternals.Column(name, SchemaShape.Column.VectorKind.Scalar, TextDataViewType.Instance);
}
