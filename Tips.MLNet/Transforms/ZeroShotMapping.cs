using System.Numerics.Tensors;
using Microsoft.ML;
using Microsoft.ML.Data;
using Tips.MLNet.Pipelines;
using Tips.MLNet.Pipelines.Batching;

namespace Tips.MLNet.Transforms;

/// <summary>Embedding column in, predicted label and scores out.</summary>
internal sealed class ZeroShotMapping(string embedding, ZeroShotClassifier classifier) : IBatchMapping
{
    /// <summary>Row by row: a few products cost less than handing rows between threads.</summary>
    public int BatchSize => 0;

    public IReadOnlyList<DataViewSchema.DetachedColumn> GetOutputs(DataViewSchema input)
    {
        GetDependencies(input);
        return ScoreColumns.Create(classifier.Labels.Count, (label, score) =>
        {
            ScoreColumns.AddNames(label, AnnotationNames.KeyValues, classifier.Labels);
            ScoreColumns.AddNames(score, AnnotationNames.TrainingLabelValues, classifier.Labels);
            ScoreColumns.AddNames(score, AnnotationNames.SlotNames, classifier.Labels);
        });
    }

    public IReadOnlyList<int> GetDependencies(DataViewSchema input)
    {
        var column = SchemaChecks.Find(input, "embedding", embedding);
        bool fits = column.Type is VectorDataViewType { ItemType: NumberDataViewType item } vector
            && item == NumberDataViewType.Single
            && vector.Size == classifier.EmbeddingDimension;
        return fits
            ? [column.Index]
            : throw SchemaChecks.WrongType(
                nameof(input), "embedding", embedding, $"a vector of {classifier.EmbeddingDimension} values of Single", column.Type);
    }

    public IBatch CreateBatch(DataViewRow row, int capacity) => new Row(row, row.Schema[embedding], classifier);

    private sealed class Row(DataViewRow row, DataViewSchema.Column column, ZeroShotClassifier classifier) : IBatch
    {
        private readonly ValueGetter<VBuffer<float>> _getter = row.GetGetter<VBuffer<float>>(column);
        private readonly float[] _embedding = new float[classifier.EmbeddingDimension], _scores = new float[classifier.Labels.Count];
        private uint _predicted;
        private VBuffer<float> _vector;

        public void Read(int slot)
        {
            _getter(ref _vector);
            if (_vector.Length != _embedding.Length)
            {
                throw new InvalidOperationException(
                    $"Row {row.Position}: the vector in column '{column.Name}' has {_vector.Length} values, expected {_embedding.Length}.");
            }

            _vector.CopyTo(_embedding);
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

        public void Get<TValue>(int output, int slot, ref TValue value) => ScoreColumns.Copy(output, _predicted, _scores, ref value);
    }
}
