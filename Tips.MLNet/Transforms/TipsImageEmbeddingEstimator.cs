using Tips.MLNet.Pipelines;
using Microsoft.ML;
using Microsoft.ML.Data;
using Microsoft.ML.Transforms.Image;
using Tips.MLNet.Pipelines.Interop;
using Tips.MLNet.Models;

namespace Tips.MLNet.Transforms;

/// <summary>
/// Estimator that embeds pictures with a TIPS model: an image column becomes a vector of <see cref="float"/> of length D (2·D for
/// <see cref="ClassToken.Both"/>). It learns nothing; <see cref="Fit"/> only checks the schema.
/// </summary>
/// <remarks>
/// The input is an image column of any size and pixel format; resizing and scaling are done here, so put no <c>ResizeImages</c> or
/// <c>ExtractPixels</c> before it. The model stays the caller's and must outlive the transformer.
/// </remarks>
public sealed class TipsImageEmbeddingEstimator : IEstimator<TipsImageEmbeddingTransformer>
{
    private readonly string _output, _input;
    private readonly TipsModel _model;
    private readonly TipsImageEmbeddingOptions _options;

    internal TipsImageEmbeddingEstimator(string outputColumnName, string inputColumnName, TipsModel model, TipsImageEmbeddingOptions options)
    {
        options.Validate();
        (_output, _input, _model, _options) = (outputColumnName, inputColumnName, model, options);
    }

    /// <summary>Checks that the input has the image column.</summary>
    /// <param name="input">The data; no row is read.</param>
    /// <returns>The transformer.</returns>
    /// <exception cref="ArgumentOutOfRangeException">The image column is missing or is no image column, or the row name column is missing or not text.</exception>
    public TipsImageEmbeddingTransformer Fit(IDataView input)
    {
        ArgumentNullException.ThrowIfNull(input);
        if (_options.RowNameColumn is { } name) SchemaChecks.Find(input.Schema, "row name", name);
        var transformer = new TipsImageEmbeddingTransformer(_output, _input, _model, _options, ownsModel: false);
        transformer.GetOutputSchema(input.Schema);
        return transformer;
    }

    /// <summary>The schema after the transform: the input's, and the embedding column.</summary>
    /// <param name="inputSchema">Schema of the input.</param>
    /// <returns>Schema of the output.</returns>
    /// <exception cref="ArgumentOutOfRangeException">The image column is missing or is no image column, or the row name column is missing or not text.</exception>
    public SchemaShape GetOutputSchema(SchemaShape inputSchema)
    {
        ArgumentNullException.ThrowIfNull(inputSchema);
        var columns = inputSchema.ToDictionary(c => c.Name);
        if (!columns.TryGetValue(_input, out var input)) throw SchemaChecks.Missing(nameof(inputSchema), "image", _input, columns.Keys);
        if (input.ItemType is not ImageDataViewType || input.Kind != SchemaShape.Column.VectorKind.Scalar)
            throw SchemaChecks.WrongType(nameof(inputSchema), "image", _input, "an image", input.ItemType);
        if (_options.RowNameColumn is { } nameColumn)
        {
            if (!columns.TryGetValue(nameColumn, out var name)) throw SchemaChecks.Missing(nameof(inputSchema), "row name", nameColumn, columns.Keys);
            if (name.ItemType is not TextDataViewType || name.Kind != SchemaShape.Column.VectorKind.Scalar) throw SchemaChecks.WrongType(nameof(inputSchema), "row name", nameColumn, "text", name.ItemType);
        }

        SchemaShape.Column[] annotations = _options.Normalize
            ? [MLNetInternals.Column(AnnotationNames.IsNormalized, SchemaShape.Column.VectorKind.Scalar, BooleanDataViewType.Instance)]
            : [];
        columns[_output] = MLNetInternals.Column(_output, SchemaShape.Column.VectorKind.Vector, NumberDataViewType.Single, annotations: annotations);
        return new SchemaShape(columns.Values);
    }
}
