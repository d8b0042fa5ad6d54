using Microsoft.ML;
using Microsoft.ML.Data;
using Tips.MLNet.Pipelines;
using Tips.MLNet.Pipelines.Interop;

namespace Tips.MLNet.Transforms;

/// <summary>Estimator that embeds a column with a TIPS model. It learns nothing; <see cref="Fit"/> only checks the schema.</summary>
/// <remarks>
/// The caller owns the model, and must not dispose it while a transformer made here is in use. Immutable and thread-safe.
/// </remarks>
/// <typeparam name="TTransformer">The transformer.</typeparam>
public abstract class TipsEmbeddingEstimator<TTransformer> : IEstimator<TTransformer>
    where TTransformer : TipsEmbeddingTransformer
{
    private readonly string _output;
    private readonly PrimitiveDataViewType _itemType;
    private readonly SchemaShape.Column[] _annotations;
    private readonly SchemaShape.Column.VectorKind _kind;

    private protected TipsEmbeddingEstimator(
        string outputColumnName,
        PrimitiveDataViewType itemType,
        SchemaShape.Column[] annotations,
        SchemaShape.Column.VectorKind kind = SchemaShape.Column.VectorKind.Vector)
        => (_output, _itemType, _annotations, _kind) = (outputColumnName, itemType, annotations, kind);

    /// <summary>Checks that the input has the columns needed.</summary>
    /// <param name="input">The data; no row is read.</param>
    /// <returns>The transformer.</returns>
    /// <exception cref="ArgumentOutOfRangeException">A column is missing, or has the wrong type.</exception>
    public TTransformer Fit(IDataView input)
    {
        ArgumentNullException.ThrowIfNull(input);
        var transformer = CreateTransformer(input.Schema);
        transformer.GetOutputSchema(input.Schema);
        return transformer;
    }

    /// <summary>The schema after the transform: that of the input, and the embedding column.</summary>
    /// <param name="inputSchema">Schema of the input.</param>
    /// <returns>Schema of the output.</returns>
    /// <exception cref="ArgumentOutOfRangeException">A column is missing, or has the wrong type.</exception>
    public SchemaShape GetOutputSchema(SchemaShape inputSchema)
    {
        var columns = SchemaChecks.ColumnsOf(inputSchema);
        CheckInput(columns);
        columns[_output] = MLNetInternals.Column(_output, _kind, _itemType, annotations: _annotations);
        return new SchemaShape(columns.Values);
    }

    private protected static SchemaShape.Column[] IsNormalized(bool normalize) => normalize
        ? [MLNetInternals.Column(AnnotationNames.IsNormalized, SchemaShape.Column.VectorKind.Scalar, BooleanDataViewType.Instance)]
        : [];

    private protected abstract TTransformer CreateTransformer(DataViewSchema input);

    private protected abstract void CheckInput(Dictionary<string, SchemaShape.Column> columns);
}
