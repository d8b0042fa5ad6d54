using Tips.MLNet.Pipelines;
using Microsoft.ML;
using Microsoft.ML.Data;
using Microsoft.ML.Trainers;
using Tips.MLNet.Pipelines.Interop;
using Tips.MLNet.Search;
using Tips.MLNet.Transforms;

namespace Tips.MLNet.Trainers;

/// <summary>
/// Trainer of a k-nearest-neighbours classifier with exact search: it keeps all training rows (4 · dimension bytes each) and lets the
/// nearest ones vote. Made for embeddings, where it is the usual first measure of a frozen encoder.
/// </summary>
/// <remarks>
/// <para>Input: a key column (any of ML.NET's key types) and a feature column, a vector of <see cref="float"/> of known size. Rows with
/// a missing label or a feature that is not finite are skipped, as other ML.NET trainers do.</para>
/// <para>Output: <c>PredictedLabel</c>, a key, and <c>Score</c>, the probability of each class. A row to classify whose features are not finite gets a missing label and NaN scores.</para>
/// </remarks>
public sealed class KNearestNeighborsTrainer : ITrainerEstimator<KNearestNeighborsTransformer, KNearestNeighborsModelParameters>
{
    private readonly string _label, _features;
    private readonly KNearestNeighborsOptions _options;

    internal KNearestNeighborsTrainer(string labelColumnName, string featureColumnName, KNearestNeighborsOptions options)
    {
        options.Validate();
        (_label, _features, _options) = (labelColumnName, featureColumnName, options);
    }

    /// <summary>Needs neither normalised features nor cached data.</summary>
    public TrainerInfo Info { get; } = MLNetInternals.TrainerInfo();

    /// <summary>Reads the training rows.</summary>
    /// <param name="input">The training data.</param>
    /// <returns>The classifier.</returns>
    /// <exception cref="ArgumentOutOfRangeException">A column is missing or has another type than needed.</exception>
    /// <exception cref="InvalidOperationException">No row has both a label and finite features, or a row's vector has another length than its column.</exception>
    public KNearestNeighborsTransformer Fit(IDataView input)
    {
        ArgumentNullException.ThrowIfNull(input);
        var labelColumn = SchemaChecks.Find(input.Schema, "label", _label);
        var featureColumn = SchemaChecks.Find(input.Schema, "feature", _features);
        int classCount = ClassCount(labelColumn);
        int dimension = FeatureChecks.Dimension(featureColumn, nameof(input));

        var index = new NeighborIndex(dimension, _options.Metric);
        var labels = new List<int>();
        long withoutLabel = 0, notFinite = 0;
        using (var cursor = input.GetRowCursor([labelColumn, featureColumn]))
        {
            var readLabel = KeyReader.Create(cursor, labelColumn);
            var readFeatures = cursor.GetGetter<VBuffer<float>>(featureColumn);
            VBuffer<float> vector = default;
            float[] features = new float[dimension];
            while (cursor.MoveNext())
            {
                ulong key = readLabel();
                if (key == 0 || key > (ulong)classCount)
                {
                    withoutLabel++;
                    continue;
                }

                readFeatures(ref vector);
                FeatureChecks.Copy(in vector, features, _features, cursor.Position);
                if (!FeatureChecks.AllFinite(features))
                {
                    notFinite++;
                    continue;
                }

                index.Add(features);
                labels.Add((int)key - 1);
            }
        }

        if (index.Count == 0)
            throw new InvalidOperationException($"There is no row to learn from: {withoutLabel} row(s) have no label in '{_label}', {notFinite} have a value in '{_features}' that is not finite.");
        var model = new KNearestNeighborsModelParameters(index, [.. labels], classCount, LabelValues.Of(labelColumn), _options);
        return new KNearestNeighborsTransformer(_features, model);
    }

    /// <summary>The schema after the classifier: the input's, <c>PredictedLabel</c> and <c>Score</c>.</summary>
    /// <param name="inputSchema">Schema of the training data.</param>
    /// <returns>Schema of the output.</returns>
    /// <exception cref="ArgumentOutOfRangeException">A column is missing or has another type than needed.</exception>
    public SchemaShape GetOutputSchema(SchemaShape inputSchema)
    {
        ArgumentNullException.ThrowIfNull(inputSchema);
        var columns = inputSchema.ToDictionary(c => c.Name);
        if (!columns.TryGetValue(_label, out var label)) throw SchemaChecks.Missing(nameof(inputSchema), "label", _label, columns.Keys);
        if (!label.IsKey || label.Kind != SchemaShape.Column.VectorKind.Scalar) throw SchemaChecks.WrongType(nameof(inputSchema), "label", _label, LabelExpected, label.ItemType);
        if (!columns.TryGetValue(_features, out var features)) throw SchemaChecks.Missing(nameof(inputSchema), "feature", _features, columns.Keys);
        if (features.Kind != SchemaShape.Column.VectorKind.Vector || features.ItemType != NumberDataViewType.Single || features.IsKey)
            throw SchemaChecks.WrongType(nameof(inputSchema), "feature", _features, FeatureChecks.Expected, $"{features.Kind} of {features.ItemType}");

        var kinds = ScoreColumns.KindShapes;
        SchemaShape.Column[] keyValues = [.. label.Annotations.Where(a => a.Name == AnnotationNames.KeyValues)];
        SchemaShape.Column[] slots =
        [
            .. keyValues.Select(v => MLNetInternals.Column(AnnotationNames.TrainingLabelValues, SchemaShape.Column.VectorKind.Vector, v.ItemType)),
            .. keyValues.Select(_ => MLNetInternals.Column(AnnotationNames.SlotNames, SchemaShape.Column.VectorKind.Vector, TextDataViewType.Instance)),
        ];
        columns[ScoreColumns.PredictedLabel] = MLNetInternals.Column(
            ScoreColumns.PredictedLabel, SchemaShape.Column.VectorKind.Scalar, NumberDataViewType.UInt32, isKey: true, annotations: [.. kinds, .. keyValues]);
        columns[ScoreColumns.Score] = MLNetInternals.Column(
            ScoreColumns.Score, SchemaShape.Column.VectorKind.Vector, NumberDataViewType.Single, annotations: [.. kinds, .. slots]);
        return new SchemaShape(columns.Values);
    }

    private const string LabelExpected = "a key (see MapValueToKey)";

    private int ClassCount(DataViewSchema.Column label)
    {
        if (label.Type is not KeyDataViewType key) throw SchemaChecks.WrongType("input", "label", _label, LabelExpected, label.Type);
        // ML.NET's evaluators want at least two scores.
        if (key.Count is < 2 or > KNearestNeighborsModelParameters.MaximumClassCount)
            throw SchemaChecks.WrongType("input", "label", _label, $"a key of 2 to {KNearestNeighborsModelParameters.MaximumClassCount} classes", label.Type);
        return (int)key.Count;
    }
}
