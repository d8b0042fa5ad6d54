using System.Globalization;
using System.Numerics.Tensors;
using Microsoft.ML;
using Microsoft.ML.Data;
using Tips.MLNet.Samples.Common;

namespace Tips.MLNet.Samples.Predict;

/// <summary>Reads classes, or clusters, from the columns that ML.NET's trainers add.</summary>
internal sealed class ScorePredictor : IPredictor
{
    private const string Score = "Score", PredictedLabel = "PredictedLabel", Probability = "Probability";

    private const string ScoreColumnKind = "ScoreColumnKind", Clustering = "Clustering";

    /// <summary>How far the sum of probabilities may be from 1.</summary>
    private const double Rounding = 1e-3;

    private readonly PredictRequest _request;
    private readonly string? _label;
    private readonly string _values;
    private readonly bool _isBinary, _isClustering;
    private readonly string[] _names;
    private PredictionKind? _kind;

    public ScorePredictor(PredictRequest request, DataViewSchema schema)
    {
        _request = request;
        if (schema.GetColumnOrNull(Score) is not { } score)
        {
            throw new SampleException(
                $"Pipeline '{request.Pipeline}' gives no column '{Score}', so it predicts no classes. Its columns are "
                + $"{string.Join(", ", schema.Where(c => !c.IsHidden).Select(c => $"'{c.Name}'"))}.");
        }

        var label = schema.GetColumnOrNull(PredictedLabel);
        // A binary classifier has one score, and the probability of its class if it is calibrated.
        _isBinary = score.Type == NumberDataViewType.Single && schema.GetColumnOrNull(Probability)?.Type == NumberDataViewType.Single;
        var values = _isBinary ? schema[Probability] : score;
        int count = values.Type is VectorDataViewType { ItemType: NumberDataViewType item } vector && item == NumberDataViewType.Single
            ? vector.Size
            : 0;
        if (!_isBinary && count == 0)
        {
            throw new SampleException(
                $"Column '{Score}' of pipeline '{request.Pipeline}' is of type {score.Type}, expected a number for each class "
                + $"(a vector of {NumberDataViewType.Single} of known size).");
        }

        _values = values.Name;
        _label = label?.Type is KeyDataViewType or TextDataViewType ? PredictedLabel : null;
        _names = _isBinary ? ["True", "False"] : ClassNames.Of(score, label, count);
        _isClustering = Kind(score) == Clustering;
        if (_isClustering && request.Reject is not null)
            throw new SampleException($"--reject is for probabilities, but pipeline '{request.Pipeline}' gives distances to clusters.");
        if (request.Masks is not null)
            throw new SampleException($"--masks is for pipelines of foreground, but '{request.Pipeline}' is one of classes.");
    }

    public IReadOnlyList<string> Columns => _label is null ? [_values] : [_values, _label];

    public Func<string, PicturePrediction?> Bind(DataViewRow cursor)
    {
        var readValues = ReadValues(cursor);
        var readLabel = ReadLabel(cursor);
        float[] values = new float[_names.Length];
        return path =>
        {
            readValues(values);
            if (!TensorPrimitives.IsFiniteAll<float>(values)) return null;
            _kind ??= KindOf(path, values);
            if (_isClustering)
            {
                TensorPrimitives.Max(values, 0, values); // k-means gives squares, which rounding may make negative
                TensorPrimitives.Sqrt(values, values);
            }

            var order = _isClustering ? values.Index().OrderBy(v => v.Item) : values.Index().OrderByDescending(v => v.Item);
            (string Name, float Value)[] best = [.. order.Take(_request.Top).Select(v => (_names[v.Index], v.Item))];
            bool isRejected = _request.Reject is { } least && best[0].Value < least;
            string label = isRejected ? _request.RejectAs : readLabel() ?? best[0].Name;
            return new PicturePrediction(_kind.Value, label, isRejected, best);
        };
    }

    private PredictionKind KindOf(string path, float[] values)
    {
        if (_isClustering) return PredictionKind.Distances;
        bool areProbabilities = values.All(v => v is >= 0 and <= 1) && Math.Abs(values.Sum(v => (double)v) - 1) < Rounding;
        if (areProbabilities) return PredictionKind.Probabilities;
        if (_request.Reject is null) return PredictionKind.Scores;
        throw new SampleException(string.Create(
            CultureInfo.InvariantCulture,
            $"--reject is for probabilities, but the scores that pipeline '{_request.Pipeline}' gives '{path}' are none: they range from "
            + $"{values.Min():R} to {values.Max():R}, and their sum is {values.Sum():R}."));
    }

    private Action<float[]> ReadValues(DataViewRow cursor)
    {
        if (_isBinary)
        {
            var getProbability = cursor.GetGetter<float>(cursor.Schema[_values]);
            return values =>
            {
                getProbability(ref values[0]);
                values[1] = 1 - values[0];
            };
        }

        var getScores = cursor.GetGetter<VBuffer<float>>(cursor.Schema[_values]);
        VBuffer<float> scores = default;
        return values =>
        {
            getScores(ref scores);
            scores.CopyTo(values);
        };
    }

    // The pipeline's own choice. Null if it makes none.
    private Func<string?> ReadLabel(DataViewRow cursor)
    {
        if (_label is null) return () => null;
        var column = cursor.Schema[_label];
        if (column.Type is TextDataViewType)
        {
            var getText = cursor.GetGetter<ReadOnlyMemory<char>>(column);
            ReadOnlyMemory<char> text = default;
            return () =>
            {
                getText(ref text);
                return text.IsEmpty ? null : text.ToString();
            };
        }

        if (column.Type.RawType != typeof(uint)) return () => null;
        var getKey = cursor.GetGetter<uint>(column);
        uint key = 0;
        return () =>
        {
            getKey(ref key);
            return key >= 1 && key <= _names.Length ? _names[key - 1] : null;
        };
    }

    private static string? Kind(DataViewSchema.Column score)
    {
        if (score.Annotations.Schema.GetColumnOrNull(ScoreColumnKind) is null) return null;
        ReadOnlyMemory<char> kind = default;
        score.Annotations.GetValue(ScoreColumnKind, ref kind);
        return kind.ToString();
    }
}
