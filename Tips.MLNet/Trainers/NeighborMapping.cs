using System.Numerics.Tensors;
using Microsoft.ML;
using Microsoft.ML.Data;
using Tips.MLNet.Pipelines;
using Tips.MLNet.Pipelines.Batching;

namespace Tips.MLNet.Trainers;

/// <summary>Feature column in, predicted label and scores out.</summary>
internal sealed class NeighborMapping(string features, KNearestNeighborsModelParameters model) : IBatchMapping
{
    /// <summary>Enough queries for one read of a row from memory to serve many of them.</summary>
    private const int MostQueries = 256;

    /// <summary>Maximum memory for a batch; with many classes or neighbors, fewer rows fit.</summary>
    private const long BatchBytes = 64 << 20;

    public int BatchSize { get; } = (int)Math.Clamp(
        BatchBytes / (sizeof(float) * ((long)model.FeatureDimension + model.ClassCount + 2L * Neighbors(model))), 1, MostQueries);

    public IReadOnlyList<DataViewSchema.DetachedColumn> GetOutputs(DataViewSchema input)
    {
        GetDependencies(input);
        return ScoreColumns.Create(model.ClassCount, (label, score) =>
        {
            if (model.LabelValues is not { } labels) return;
            labels.AddTo(label, AnnotationNames.KeyValues);
            labels.AddTo(score, AnnotationNames.TrainingLabelValues);
            ScoreColumns.AddNames(score, AnnotationNames.SlotNames, labels.Names);
        });
    }

    public IReadOnlyList<int> GetDependencies(DataViewSchema input)
    {
        var column = SchemaChecks.Find(input, "feature", features);
        int dimension = FeatureChecks.Dimension(column, nameof(input));
        return dimension == model.FeatureDimension
            ? [column.Index]
            : throw SchemaChecks.WrongType(
                nameof(input), "feature", features, $"a vector of {model.FeatureDimension} values, as in training", column.Type);
    }

    public IBatch CreateBatch(DataViewRow row, int capacity) => new Batch(row, row.Schema[features], model, capacity);

    private static int Neighbors(KNearestNeighborsModelParameters model) => Math.Min(model.Options.NumberOfNeighbors, model.Count);

    private sealed class Batch(DataViewRow row, DataViewSchema.Column column, KNearestNeighborsModelParameters model, int capacity)
        : IBatch
    {
        private readonly ValueGetter<VBuffer<float>> _getter = row.GetGetter<VBuffer<float>>(column);
        private readonly float[] _queries = new float[capacity * model.FeatureDimension];
        private readonly float[] _scores = new float[capacity * model.ClassCount];
        private readonly uint[] _predicted = new uint[capacity];
        private readonly bool[] _missing = new bool[capacity];
        private readonly int _k = Neighbors(model);
        private int[] _rows = [];
        private float[] _similarities = [];
        private VBuffer<float> _vector;

        public long Read(int slot)
        {
            _getter(ref _vector);
            var query = _queries.AsSpan(slot * model.FeatureDimension, model.FeatureDimension);
            FeatureChecks.Copy(in _vector, query, column.Name, row.Position);
            _missing[slot] = !FeatureChecks.AllFinite(query);
            if (_missing[slot]) query.Clear();
            return 0;
        }

        public void Run(int start, int count)
        {
            if (_rows.Length == 0)
            {
                _rows = new int[capacity * _k];
                _similarities = new float[capacity * _k];
            }

            model.Index.Search(_queries.AsMemory(start * model.FeatureDimension), count, _k, _rows, _similarities);
            Span<int> labels = _k <= 256 ? stackalloc int[_k] : new int[_k];
            for (int i = 0; i < count; i++)
            {
                int slot = start + i;
                var scores = _scores.AsSpan(slot * model.ClassCount, model.ClassCount);
                if (_missing[slot])
                {
                    scores.Fill(float.NaN);
                    _predicted[slot] = 0;
                    continue;
                }

                for (int j = 0; j < _k; j++) labels[j] = model.Labels[_rows[i * _k + j]];
                NeighborVotes.Count(_similarities.AsSpan(i * _k, _k), labels, model.Options, model.FeatureDimension, scores);
                _predicted[slot] = (uint)TensorPrimitives.IndexOfMax<float>(scores) + 1;
            }
        }

        public void Get<TValue>(int output, int slot, ref TValue value)
            => ScoreColumns.Copy(output, _predicted[slot], _scores.AsSpan(slot * model.ClassCount, model.ClassCount), ref value);
    }
}
