using Tips.MLNet.Pipelines;
using Microsoft.ML;
using Microsoft.ML.Data;
using Tips.MLNet.Pipelines.Interop;
using Tips.MLNet.Models;

namespace Tips.MLNet.Transforms;

/// <summary>
/// Embeds texts with the text encoder of a TIPS model: the output is a vector of <see cref="float"/> of length D, in the same space as the picture
/// embeddings. It learns nothing; <see cref="Fit"/> only checks the schema.
/// </summary>
/// <remarks>The model stays the caller's and must outlive the transformer. Texts are cut after 64 tokens; an empty text gives zeros.</remarks>
public sealed class TipsTextEmbeddingEstimator : IEstimator<TipsTextEmbeddingTransformer>
{
    private readonly string _output, _input;
    private readonly TipsModel _model;
    private readonly TipsTextEmbeddingOptions _options;

    internal TipsTextEmbeddingEstimator(string outputColumnName, string inputColumnName, TipsModel model, TipsTextEmbeddingOptions options)
    {
        options.Validate();
        _ = model.Tokenizer; // says at once if there is no text encoder
        (_output, _input, _model, _options) = (outputColumnName, inputColumnName, model, options);
    }

    /// <summary>Checks that the input has the text column.</summary>
    /// <param name="input">The data; no row is read.</param>
    /// <returns>The transformer.</returns>
    /// <exception cref="ArgumentOutOfRangeException">The text column is missing or is no text.</exception>
    public TipsTextEmbeddingTransformer Fit(IDataView input)
    {
        ArgumentNullException.ThrowIfNull(input);
        var transformer = new TipsTextEmbeddingTransformer(_output, _input, _model, _options, ownsModel: false);
        transformer.GetOutputSchema(input.Schema);
        return transformer;
    }

    /// <summary>The schema after the transform: the input's, and the embedding column.</summary>
    /// <param name="inputSchema">Schema of the input.</param>
    /// <returns>Schema of the output.</returns>
    /// <exception cref="ArgumentOutOfRangeException">The text column is missing or is no text.</exception>
    public SchemaShape GetOutputSchema(SchemaShape inputSchema)
    {
        ArgumentNullException.ThrowIfNull(inputSchema);
        var columns = inputSchema.ToDictionary(c => c.Name);
        if (!columns.TryGetValue(_input, out var input)) throw SchemaChecks.Missing(nameof(inputSchema), "text", _input, columns.Keys);
        if (input.ItemType is not TextDataViewType || input.Kind != SchemaShape.Column.VectorKind.Scalar)
            throw SchemaChecks.WrongType(nameof(inputSchema), "text", _input, "text", input.ItemType);
        SchemaShape.Column[] annotations = _options.Normalize
            ? [MLNetInternals.Column(AnnotationNames.IsNormalized, SchemaShape.Column.VectorKind.Scalar, BooleanDataViewType.Instance)]
            : [];
        columns[_output] = MLNetInternals.Column(_output, SchemaShape.Column.VectorKind.Vector, NumberDataViewType.Single, annotations: annotations);
        return new SchemaShape(columns.Values);
    }
}
