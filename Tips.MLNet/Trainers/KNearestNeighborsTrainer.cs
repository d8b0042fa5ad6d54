using Microsoft.ML;
using Microsoft.ML.Data;
using Microsoft.ML.Trainers;
using Tips.MLNet.Pipelines;
using Tips.MLNet.Pipelines.Interop;
using Tips.MLNet.Search;

namespace Tips.MLNet.Trainers;

/// <summary>
/// Trainer of a k-nearest-neighbors classifier with exact search: it keeps all training rows (4 · dimension bytes each) and lets the
/// nearest ones vote. Made for embeddings, where it is the usual first measure of a frozen encoder.
/// </summary>
/// <remarks>
/// <para>Input: a key column (any of ML.NET's key types) and a feature column, a vector of <see cref="float"/> of known size. Rows with a
/// missing label or a feature that is not finite are skipped, as other ML.NET trainers do; <c>mlContext.Log</c> reports how many.</para>
/// <para>Output: <c>PredictedLabel</c>, a key, and <c>Score</c>, the probability of each class. A row to classify whose features are not
/// finite gets a missing label and NaN scores.</para>
/// </remarks>
public sealed class KNearestNeighborsTrainer : ITrainerEstimator<KNearestNeighborsTransformer, KNearestNeighborsModelParameters>
{
    private const string LabelExpected = "a key (see MapValueToKey)";

    private readonly string _label, _features;
    private readonly KNearestNeighborsOptions _options;
    private readonly PipelineHost _host;

    internal KNearestNeighborsTrainer(string labelColumnName, string featureColumnName, KNearestNeighborsOptions options, PipelineHost host)
    {
        options.Validate();
        (_label, _features, _options, _host) = (labelColumnName, featureColumnName, options, host);
    }

    /// <summary>Needs neither normalized features nor cached data.</summary>
    public TrainerInfo Info { get; } = MLNetInternals.TrainerInfo();

    /// <summary>Reads the training rows.</summary>
    /// <param name="input">The training data.</param>
    /// <returns>The classifier.</returns>
    /// <exception cref="ArgumentOutOfRangeException">A column is missing, or has the wrong type.</exception>
    /// <exception cref="InvalidOperationException">
    /// No row has both a label and finite features, or a row's vector does not have the length of its column.
    /// </exception>
    public KNearestNeighborsTransformer Fit(IDataView input)
    {
        ArgumentNullException.ThrowIfNull(input);
        var labelColumn = SchemaChecks.Find(input.Schema, "label", _label);
        var featureColumn = SchemaChecks.Find(input.Schema, "feature", _features);
        int classCount = ClassCount(labelColumn);
        int dimension = FeatureChecks.Dimension(featureColumn, nameof(input));
        var index = new NeighborIndex(dimension, _options.Metric);
        var labels = new List<int>();
        var (withoutLabel, notFinite) = ReadRows(input, labelColumn, featureColumn, classCount, index, labels);
        string skipped = $"{withoutLabel} without a label in '{_label}', {notFinite} with a value in '{_features}' that is not finite";
        if (index.Count == 0) throw new InvalidOperationException($"There is no row to learn from. Rows skipped: {skipped}.");
        long skippedCount = withoutLabel + notFinite;
        if (skippedCount > 0) _host.Warn("KNearestNeighbors", $"{skippedCount} of {skippedCount + index.Count} rows skipped: {skipped}.");
        var model = new KNearestNeighborsModelParameters(index, [.. labels], classCount, LabelValues.Of(labelColumn), _options);
        return new KNearestNeighborsTransformer(_features, model);
    }

    /// <summary>The schema after the classifier: that of the input, <c>PredictedLabel</c> and <c>Score</c>.</summary>
    /// <param name="inputSchema">Schema of the training data.</param>
    /// <returns>Schema of the output.</returns>
    /// <exception cref="ArgumentOutOfRangeException">A column is missing, or has the wrong type.</exception>
    public SchemaShape GetOutputSchema(SchemaShape inputSchema)
    {
        var columns = SchemaChecks.ColumnsOf(inputSchema);
        var label = SchemaChecks.Find(columns, "label", _label);
        if (!label.IsKey || label.Kind != SchemaShape.Column.VectorKind.Scalar)
            throw SchemaChecks.WrongType(nameof(inputSchema), "label", _label, LabelExpected, label.ItemType);
        SchemaChecks.CheckVector(columns, "feature", _features, FeatureChecks.Expected);

        SchemaShape.Column[] keyValues = [.. label.Annotations.Where(a => a.Name == AnnotationNames.KeyValues)];
        ScoreColumns.AddTo(
            columns,
            keyValues,
            keyValues.SelectMany(values => (SchemaShape.Column[])
            [
                MLNetInternals.Column(AnnotationNames.TrainingLabelValues, SchemaShape.Column.VectorKind.Vector, values.ItemType),
                MLNetInternals.Column(AnnotationNames.SlotNames, SchemaShape.Column.VectorKind.Vector, TextDataViewType.Instance),
            ]));
        return new SchemaShape(columns.Values);
    }

    private (long WithoutLabel, long NotFinite) ReadRows(
        IDataView input,
        DataViewSchema.Column labelColumn,
        DataViewSchema.Column featureColumn,
        int classCount,
        NeighborIndex index,
        List<int> labels)
    {
        long withoutLabel = 0, notFinite = 0;
        using var cursor = input.GetRowCursor([labelColumn, featureColumn]);
        var readLabel = KeyReader.Create(cursor, labelColumn);
        var readFeatures = cursor.GetGetter<VBuffer<float>>(featureColumn);
        VBuffer<float> vector = default;
        float[] features = new float[index.Dimension];
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

        return (withoutLabel, notFinite);
    }

    private int ClassCount(DataViewSchema.Column label)
    {
        const int most = KNearestNeighborsModelParameters.MaximumClassCount;
        if (label.Type is not KeyDataViewType key) throw SchemaChecks.WrongType("input", "label", _label, LabelExpected, label.Type);
        // ML.NET's evaluators want at least two scores.
        if (key.Count is < 2 or > most) throw SchemaChecks.WrongType("input", "label", _label, $"a key of 2 to {most} classes", label.Type);
        return (int)key.Count;
    }
}
