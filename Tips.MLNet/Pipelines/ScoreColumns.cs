using System.Runtime.CompilerServices;
using Microsoft.ML;
using Microsoft.ML.Data;
using Tips.MLNet.Pipelines.Interop;

namespace Tips.MLNet.Pipelines;

/// <summary>
/// The columns that ML.NET's multiclass classifiers add, as its evaluators expect them: a predicted label and the scores of all classes.
/// </summary>
internal static class ScoreColumns
{
    public const string PredictedLabel = "PredictedLabel", Score = "Score";

    /// <summary>Index of <see cref="PredictedLabel"/> among the added columns; <see cref="Score"/> follows.</summary>
    private const int PredictedLabelOutput = 0;

    /// <summary>Adds the shapes of both columns.</summary>
    /// <param name="columns">The columns of a schema.</param>
    /// <param name="labelNames">Annotations with the names of the classes, for the label.</param>
    /// <param name="slotNames">Annotations with the names of the classes, for the scores.</param>
    public static void AddTo(
        Dictionary<string, SchemaShape.Column> columns,
        IEnumerable<SchemaShape.Column> labelNames,
        IEnumerable<SchemaShape.Column> slotNames)
    {
        SchemaShape.Column[] kinds = [TextShape(AnnotationNames.ScoreColumnKind), TextShape(AnnotationNames.ScoreValueKind)];
        columns[PredictedLabel] = MLNetInternals.Column(
            PredictedLabel,
            SchemaShape.Column.VectorKind.Scalar,
            NumberDataViewType.UInt32,
            isKey: true,
            annotations: [.. kinds, .. labelNames]);
        columns[Score] = MLNetInternals.Column(
            Score, SchemaShape.Column.VectorKind.Vector, NumberDataViewType.Single, annotations: [.. kinds, .. slotNames]);
    }

    /// <summary>Makes both columns.</summary>
    /// <param name="classCount">Number of classes.</param>
    /// <param name="addNames">Adds the names of the classes to the annotations of the label, and then to those of the scores.</param>
    public static IReadOnlyList<DataViewSchema.DetachedColumn> Create(
        int classCount, Action<DataViewSchema.Annotations.Builder, DataViewSchema.Annotations.Builder> addNames)
    {
        DataViewSchema.Annotations.Builder label = Annotations(PredictedLabel), score = Annotations(Score);
        addNames(label, score);
        return
        [
            new(PredictedLabel, new KeyDataViewType(typeof(uint), classCount), label.ToAnnotations()),
            new(Score, new VectorDataViewType(NumberDataViewType.Single, classCount), score.ToAnnotations()),
        ];
    }

    /// <summary>Adds a vector of texts, such as slot names.</summary>
    public static void AddNames(DataViewSchema.Annotations.Builder annotations, string name, IReadOnlyList<string> names)
        => annotations.Add(
            name,
            new VectorDataViewType(TextDataViewType.Instance, names.Count),
            (ref VBuffer<ReadOnlyMemory<char>> buffer) =>
            {
                var editor = VBufferEditor.Create(ref buffer, names.Count);
                for (int i = 0; i < names.Count; i++) editor.Values[i] = names[i].AsMemory();
                buffer = editor.Commit();
            });

    /// <summary>Adds a vector of numbers.</summary>
    public static void AddNumbers(DataViewSchema.Annotations.Builder annotations, string name, IReadOnlyList<int> numbers)
        => annotations.Add(
            name,
            new VectorDataViewType(NumberDataViewType.Int32, numbers.Count),
            (ref VBuffer<int> buffer) =>
            {
                var editor = VBufferEditor.Create(ref buffer, numbers.Count);
                for (int i = 0; i < numbers.Count; i++) editor.Values[i] = numbers[i];
                buffer = editor.Commit();
            });

    /// <summary>Copies the value that was asked for.</summary>
    /// <param name="output">Index among the added columns.</param>
    /// <param name="label">The predicted label, from 1; 0 if it is missing.</param>
    /// <param name="scores">The scores.</param>
    /// <param name="value">Receives one of them; its type is that of the column.</param>
    public static void Copy<TValue>(int output, uint label, ReadOnlySpan<float> scores, ref TValue value)
    {
        if (output == PredictedLabelOutput)
        {
            Unsafe.As<TValue, uint>(ref value) = label;
            return;
        }

        ref var vector = ref Unsafe.As<TValue, VBuffer<float>>(ref value);
        var editor = VBufferEditor.Create(ref vector, scores.Length);
        scores.CopyTo(editor.Values);
        vector = editor.Commit();
    }

    // The name of the column is also the kind of its values.
    private static DataViewSchema.Annotations.Builder Annotations(string column)
    {
        var annotations = new DataViewSchema.Annotations.Builder();
        annotations.AddPrimitiveValue(AnnotationNames.ScoreColumnKind, TextDataViewType.Instance, "MulticlassClassification".AsMemory());
        annotations.AddPrimitiveValue(AnnotationNames.ScoreValueKind, TextDataViewType.Instance, column.AsMemory());
        return annotations;
    }

    private static SchemaShape.Column TextShape(string name)
        => MLNetInternals.Column(name, SchemaShape.Column.VectorKind.Scalar, TextDataViewType.Instance);
}
