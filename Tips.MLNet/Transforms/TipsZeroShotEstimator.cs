using Tips.MLNet.Pipelines;
using Microsoft.ML;
using Microsoft.ML.Data;
using Tips.MLNet.Pipelines.Interop;
using Tips.MLNet.Models;

namespace Tips.MLNet.Transforms;

/// <summary>
/// Classifies picture embeddings by the names of their classes. Adds <c>PredictedLabel</c> (a key whose values are the labels) and <c>Score</c>
/// (the probability of each label, with the labels as slot names), as the classifiers of ML.NET do. It learns nothing.
/// </summary>
/// <remarks>
/// To evaluate, the true labels must be keys in the same order: <c>MapValueToKey("Label", keyData: …)</c> with the classifier's labels.
/// </remarks>
public sealed class TipsZeroShotEstimator : IEstimator<TipsZeroShotTransformer>
{
    private readonly string _embedding;
    private readonly ZeroShotClassifier _classifier;

    internal TipsZeroShotEstimator(string embeddingColumnName, ZeroShotClassifier classifier) => (_embedding, _classifier) = (embeddingColumnName, classifier);

    /// <summary>Checks that the input has the embedding column.</summary>
    /// <param name="input">The data; no row is read.</param>
    /// <returns>The transformer.</returns>
    /// <exception cref="ArgumentOutOfRangeException">The embedding column is missing, or no vector of the classifier's dimension.</exception>
    public TipsZeroShotTransformer Fit(IDataView input)
    {
        ArgumentNullException.ThrowIfNull(input);
        var transformer = new TipsZeroShotTransformer(_embedding, _classifier);
        transformer.GetOutputSchema(input.Schema);
        return transformer;
    }

    /// <summary>The schema after the transform: the input's, <c>PredictedLabel</c> and <c>Score</c>.</summary>
    /// <param name="inputSchema">Schema of the input.</param>
    /// <returns>Schema of the output.</returns>
    /// <exception cref="ArgumentOutOfRangeException">The embedding column is missing or no vector of <see cref="float"/>.</exception>
    public SchemaShape GetOutputSchema(SchemaShape inputSchema)
    {
        ArgumentNullException.ThrowIfNull(inputSchema);
        var columns = inputSchema.ToDictionary(c => c.Name);
        if (!columns.TryGetValue(_embedding, out var embedding)) throw SchemaChecks.Missing(nameof(inputSchema), "embedding", _embedding, columns.Keys);
        if (embedding.Kind != SchemaShape.Column.VectorKind.Vector || embedding.ItemType != NumberDataViewType.Single || embedding.IsKey)
            throw SchemaChecks.WrongType(nameof(inputSchema), "embedding", _embedding, "a vector of Single", $"{embedding.Kind} of {embedding.ItemType}");
        var kinds = ScoreColumns.KindShapes;
        columns[ScoreColumns.PredictedLabel] = MLNetInternals.Column(
            ScoreColumns.PredictedLabel, SchemaShape.Column.VectorKind.Scalar, NumberDataViewType.UInt32, isKey: true, annotations: [.. kinds, Names(AnnotationNames.KeyValues)]);
        columns[ScoreColumns.Score] = MLNetInternals.Column(
            ScoreColumns.Score, SchemaShape.Column.VectorKind.Vector, NumberDataViewType.Single, annotations: [.. kinds, Names(AnnotationNames.TrainingLabelValues), Names(AnnotationNames.SlotNames)]);
        return new SchemaShape(columns.Values);

        static SchemaShape.Column Names(string name) => MLNetInternals.Column(name, SchemaShape.Column.VectorKind.Vector, TextDataViewType.Instance);
    }
}
