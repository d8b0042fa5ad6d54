using System.Numerics.Tensors;
using System.Runtime.CompilerServices;
using Microsoft.ML;
using Microsoft.ML.Data;
using Tips.MLNet.Pipelines;
using Tips.MLNet.Pipelines.Batching;

namespace Tips.MLNet.Transforms;

/// <summary>Embedding column in, predicted label and scores out; and true labels as keys in the order of the scores.</summary>
/// <param name="embedding">The embedding column.</param>
/// <param name="classifier">The classifier.</param>
/// <param name="label">Column of true labels, or null. An input without it gets no keys: there are no labels where it predicts.</param>
internal sealed class ZeroShotMapping(string embedding, ZeroShotClassifier classifier, string? label) : IBatchMapping
{
    /// <summary>Index of the keys among the added columns; <see cref="ScoreColumns"/> has those before.</summary>
    private const int LabelOutput = 2;

    private readonly ZeroShotLabels _labels = new(classifier.Labels);

    /// <summary>Row by row: a few products cost less than handing rows between threads.</summary>
    public int BatchSize => 0;

    public IReadOnlyList<DataViewSchema.DetachedColumn> GetOutputs(DataViewSchema input)
    {
        GetDependencies(input);
        if (_labels.FindOutOfOrder(input) is { } wrong)
        {
            throw new ArgumentOutOfRangeException(
                nameof(input),
                $"The keys of column '{wrong.Name}' are the classifier's labels in another order, so ML.NET's Evaluate would compare "
                + "them with the wrong scores. Leave out MapValueToKey, and give TipsZeroShotClassification the column of texts as its "
                + "labelColumnName; or give MapValueToKey the classifier's Labels as keyData.");
        }

        var scores = ScoreColumns.Create(classifier.Labels.Count, (predicted, score) =>
        {
            ScoreColumns.AddNames(predicted, AnnotationNames.KeyValues, classifier.Labels);
            ScoreColumns.AddNames(score, AnnotationNames.TrainingLabelValues, classifier.Labels);
            ScoreColumns.AddNames(score, AnnotationNames.SlotNames, classifier.Labels);
        });
        return FindTexts(input) is null ? scores : [.. scores, _labels.ToColumn(label!)];
    }

    public IReadOnlyList<int> GetDependencies(DataViewSchema input)
    {
        var column = SchemaChecks.Find(input, "embedding", embedding);
        bool fits = column.Type is VectorDataViewType { ItemType: NumberDataViewType item } vector
            && item == NumberDataViewType.Single
            && vector.Size == classifier.EmbeddingDimension;
        if (!fits)
        {
            throw SchemaChecks.WrongType(
                nameof(input), "embedding", embedding, $"a vector of {classifier.EmbeddingDimension} values of Single", column.Type);
        }

        return FindTexts(input) is { } texts ? [column.Index, texts.Index] : [column.Index];
    }

    public IBatch CreateBatch(DataViewRow row, int capacity)
        => new Row(row, row.Schema[embedding], FindTexts(row.Schema), classifier, _labels);

    // The column of true labels, if they are texts that become keys. Keys in the right order stay as they are.
    private DataViewSchema.Column? FindTexts(DataViewSchema input)
    {
        if (label is null || input.GetColumnOrNull(label) is not { } column || _labels.IsInOrder(column)) return null;
        return column.Type is TextDataViewType
            ? column
            : throw SchemaChecks.WrongType(nameof(input), "label", label, ZeroShotLabels.Description, column.Type);
    }

    private sealed class Row(
        DataViewRow row, DataViewSchema.Column column, DataViewSchema.Column? label, ZeroShotClassifier classifier, ZeroShotLabels labels)
        : IBatch
    {
        private readonly ValueGetter<VBuffer<float>> _getter = row.GetGetter<VBuffer<float>>(column);
        private readonly ValueGetter<ReadOnlyMemory<char>>? _labelGetter
            = label is { } texts ? row.GetGetter<ReadOnlyMemory<char>>(texts) : null;

        private readonly float[] _embedding = new float[classifier.EmbeddingDimension], _scores = new float[classifier.Labels.Count];
        private uint _predicted, _key;
        private VBuffer<float> _vector;
        private ReadOnlyMemory<char> _label;

        public long Read(int slot)
        {
            if (_labelGetter is not null)
            {
                _labelGetter(ref _label);
                _key = labels.KeyOf(_label.Span);
            }

            _getter(ref _vector);
            if (_vector.Length != _embedding.Length)
            {
                throw new InvalidOperationException(
                    $"Row {row.Position}: the vector in column '{column.Name}' has {_vector.Length} values, expected {_embedding.Length}.");
            }

            _vector.CopyTo(_embedding);
            return 0;
        }

        public void Run(int start, int count)
        {
            if (TensorPrimitives.IsFiniteAll<float>(_embedding))
            {
                classifier.Score(_embedding, _scores);
                _predicted = (uint)TensorPrimitives.IndexOfMax<float>(_scores) + 1;
            }
            else
            {
                _scores.AsSpan().Fill(float.NaN);
                _predicted = 0;
            }
        }

        public void Get<TValue>(int output, int slot, ref TValue value)
        {
            if (output == LabelOutput) Unsafe.As<TValue, uint>(ref value) = _key;
            else ScoreColumns.Copy(output, _predicted, _scores, ref value);
        }
    }
}
