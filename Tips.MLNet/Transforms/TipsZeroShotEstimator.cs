using Microsoft.ML;
using Microsoft.ML.Data;
using Tips.MLNet.Pipelines;
using Tips.MLNet.Pipelines.Interop;

namespace Tips.MLNet.Transforms;

/// <summary>
/// Classifies picture embeddings by the names of their classes. Adds <c>PredictedLabel</c> (a key whose values are the labels) and
/// <c>Score</c> (the probability of each label, with the labels as slot names), as the classifiers of ML.NET do. It learns nothing.
/// </summary>
/// <remarks>
/// To evaluate, the true labels must be keys in the order of the classifier's labels: ML.NET compares the numbers of the keys, not their
/// names. With a label column, this makes them. A column that holds the same labels as keys in another order, as <c>MapValueToKey</c> makes
/// it in the order of the rows, is an error. (A <c>MapValueToKey</c> behind this transform goes unseen. Do not use one.)
/// </remarks>
public sealed class TipsZeroShotEstimator : IEstimator<TipsZeroShotTransformer>
{
    private readonly string _embedding;
    private readonly ZeroShotClassifier _classifier;
    private readonly string? _label;

    internal TipsZeroShotEstimator(string embeddingColumnName, ZeroShotClassifier classifier, string? labelColumnName)
        => (_embedding, _classifier, _label) = (embeddingColumnName, classifier, labelColumnName);

    /// <summary>Checks that the input has the embedding column, and the label column if there is one.</summary>
    /// <param name="input">The data; no row is read.</param>
    /// <returns>The transformer.</returns>
    /// <exception cref="ArgumentOutOfRangeException">
    /// The embedding column is missing, or not a vector of the classifier's dimension; the label column is missing, or neither a text nor
    /// a key in the classifier's order; or a column has the classifier's labels, or some of them, as keys in another order.
    /// </exception>
    public TipsZeroShotTransformer Fit(IDataView input)
    {
        ArgumentNullException.ThrowIfNull(input);
        var transformer = new TipsZeroShotTransformer(_embedding, _classifier, _label);
        if (_label is not null) SchemaChecks.Find(input.Schema, "label", _label);
        transformer.GetOutputSchema(input.Schema);
        return transformer;
    }

    /// <summary>The schema after the transform: that of the input, <c>PredictedLabel</c>, <c>Score</c>, the keys of the labels.</summary>
    /// <param name="inputSchema">Schema of the input.</param>
    /// <returns>Schema of the output.</returns>
    /// <exception cref="ArgumentOutOfRangeException">
    /// The embedding column is missing, or not a vector of <see cref="float"/>; or the label column is missing, or neither a text nor a
    /// key.
    /// </exception>
    public SchemaShape GetOutputSchema(SchemaShape inputSchema)
    {
        var columns = SchemaChecks.ColumnsOf(inputSchema);
        SchemaChecks.CheckVector(columns, "embedding", _embedding, "a vector of Single");
        ScoreColumns.AddTo(
            columns,
            [Names(AnnotationNames.KeyValues)],
            [Names(AnnotationNames.TrainingLabelValues), Names(AnnotationNames.SlotNames)]);
        if (_label is not null)
        {
            var label = SchemaChecks.Find(columns, "label", _label);
            if (label.Kind != SchemaShape.Column.VectorKind.Scalar || !(label.ItemType is TextDataViewType || label.IsKey))
                throw SchemaChecks.WrongType(nameof(inputSchema), "label", _label, "a text or a key", label.ItemType);
            columns[_label] = MLNetInternals.Column(
                _label,
                SchemaShape.Column.VectorKind.Scalar,
                NumberDataViewType.UInt32,
                isKey: true,
                annotations: [Names(AnnotationNames.KeyValues)]);
        }

        return new SchemaShape(columns.Values);

        static SchemaShape.Column Names(string name)
            => MLNetInternals.Column(name, SchemaShape.Column.VectorKind.Vector, TextDataViewType.Instance);
    }
}
