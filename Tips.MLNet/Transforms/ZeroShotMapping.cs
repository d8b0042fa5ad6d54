using Tips.MLNet.Pipelines;
using System.Numerics.Tensors;
using System.Runtime.CompilerServices;
using Microsoft.ML;
using Microsoft.ML.Data;
using Tips.MLNet.Models;
using Tips.MLNet.Pipelines.Batching;

namespace Tips.MLNet.Transforms;

/// <summary>Embedding column in, predicted label and scores out.</summary>
internal sealed class ZeroShotMapping(string embedding, ZeroShotClassifier classifier) : IBatchMapping
{
    private const int PredictedLabel = 0;

    public int BatchSize => 64;

    private ZeroShotClassifier Classifier => classifier;

    public IReadOnlyList<DataViewSchema.DetachedColumn> GetOutputs(DataViewSchema input)
    {
        GetDependencies(input);
        int count = classifier.Labels.Count;
        var predicted = ScoreColumns.Annotations(ScoreColumns.PredictedLabel);
        ScoreColumns.AddNames(predicted, AnnotationNames.KeyValues, classifier.Labels);
        var score = ScoreColumns.Annotations(ScoreColumns.Score);
        ScoreColumns.AddNames(score, AnnotationNames.TrainingLabelValues, classifier.Labels);
        ScoreColumns.AddNames(score, AnnotationNames.SlotNames, classifier.Labels);
        return
        [
            new(ScoreColumns.PredictedLabel, new KeyDataViewType(typeof(uint), count), predicted.ToAnnotations()),
            new(ScoreColumns.Score, new VectorDataViewType(NumberDataViewType.Single, count), score.ToAnnotations()),
        ];
    }

    public IReadOnlyList<int> GetDependencies(DataViewSchema input)
    {
        var column = SchemaChecks.Find(input, "embedding", embedding);
        return column.Type is VectorDataViewType { ItemType: NumberDataViewType item } vector && item == NumberDataViewType.Single && vector.Size == classifier.EmbeddingDimension
            ? [column.Index]
            : throw SchemaChecks.WrongType(nameof(input), "embedding", embedding, $"a vector of {classifier.EmbeddingDimension} values of Single", column.Type);
    }

    public IBatch CreateBatch(DataViewRow row, int capacity) => new Batch(this, row, row.Schema[embedding], capacity);

    private sealed class Batch(ZeroShotMapping mapping, DataViewRow row, DataViewSchema.Column column, int capacity) : IBatch
    {
        private readonly ValueGetter<VBuffer<float>> _getter = row.GetGetter<VBuffer<float>>(column);
        private readonly float[] _scores = new float[capacity * mapping.Classifier.Labels.Count];
        private readonly float[] _embedding = new float[mapping.Classifier.EmbeddingDimension];
        private readonly uint[] _predicted = new uint[capacity];
        private VBuffer<float> _vector;

        public void Read(int slot)
        {
            _getter(ref _vector);
            if (_vector.Length != _embedding.Length) throw new InvalidOperationException($"Row {row.Position}: the vector in column '{column.Name}' has {_vector.Length} values, expected {_embedding.Length}.");
            _vector.CopyTo(_embedding);
            var scores = Scores(slot);
            if (TensorPrimitives.IsFiniteAll<float>(_embedding))
            {
                mapping.Classifier.Score(_embedding, scores);
                _predicted[slot] = (uint)TensorPrimitives.IndexOfMax<float>(scores) + 1;
            }
            else
            {
                scores.Fill(float.NaN);
                _predicted[slot] = 0;
            }
        }

        public void Run(int count)
        {
            // Reading has done it all.
        }

        public void Get<TValue>(int output, int slot, ref TValue value)
        {
            if (output == PredictedLabel)
            {
                Unsafe.As<TValue, uint>(ref value) = _predicted[slot];
                return;
            }

            ref var vector = ref Unsafe.As<TValue, VBuffer<float>>(ref value);
            var editor = VBufferEditor.Create(ref vector, mapping.Classifier.Labels.Count);
            Scores(slot).CopyTo(editor.Values);
            vector = editor.Commit();
        }

        private Span<float> Scores(int slot) => _scores.AsSpan(slot * mapping.Classifier.Labels.Count, mapping.Classifier.Labels.Count);
    }
}
