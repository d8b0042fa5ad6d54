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
/// To evaluate, the true labels must be keys in the same order: <c>MapValueToKey("Label", keyData: …)</c> with the classifier's labels.
/// </remarks>
public sealed class TipsZeroShotEstimator : IEstimator<TipsZeroShotTransformer>
{
    private readonly string _embedding;
    private readonly ZeroShotClassifier _classifier;

    internal TipsZeroShotEstimator(string embeddingColumnName, ZeroShotClassifier classifier)
        => (_embedding, _classifier) = (embeddingColumnName, classifier);

    /// <summary>Checks that the input has the embedding column.</summary>
    /// <param name="input">The data; no row is read.</param>
    /// <returns>The transformer.</returns>
    /// <exception cref="ArgumentOutOfRangeException">
    /// The embedding column is missing, or not a vector of the classifier's dimension.
    /// </exception>
    public TipsZeroShotTransformer Fit(IDataView input)
    {
        ArgumentNullException.ThrowIfNull(input);
        var transformer = new TipsZeroShotTransformer(_embedding, _classifier);
        transformer.GetOutputSchema(input.Schema);
        return transformer;
    }

    /// <summary>The schema after the transform: that of the input, <c>PredictedLabel</c> and <c>Score</c>.</summary>
    /// <param name="inputSchema">Schema of the input.</param>
    /// <returns>Schema of the output.</returns>
    /// <exception cref="ArgumentOutOfRangeException">The embedding column is missing, or not a vector of <see cref="float"/>.</exception>
    public SchemaShape GetOutputSchema(SchemaShape inputSchema)
    {
        var columns = SchemaChecks.ColumnsOf(inputSchema);
        SchemaChecks.CheckVector(columns, "embedding", _embedding, "a vector of Single");
        ScoreColumns.AddTo(
            columns,
            [Names(AnnotationNames.KeyValues)],
            [Names(AnnotationNames.TrainingLabelValues), Names(AnnotationNames.SlotNames)]);
        return new SchemaShape(columns.Values);

        static SchemaShape.Column Names(string name)
            => MLNetInternals.Column(name, SchemaShape.Column.VectorKind.Vector, TextDataViewType.Instance);
    }
}
