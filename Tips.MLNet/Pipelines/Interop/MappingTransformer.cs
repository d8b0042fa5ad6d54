using Microsoft.ML;
using Microsoft.ML.Data;
using Tips.MLNet.Pipelines.Batching;

namespace Tips.MLNet.Pipelines.Interop;

/// <summary>
/// A transformer that adds columns computed from each row. The base of all transformers of this library; nothing else derives from it.
/// </summary>
/// <remarks>
/// <para>Lazy: nothing is computed before a cursor moves and an added column is asked for.</para>
/// <para>Thread safety: every member may be called from several threads at once; cursors belong to one thread each, as in all of
/// ML.NET.</para>
/// </remarks>
public abstract class MappingTransformer : ITransformer
{
    private protected MappingTransformer()
    {
    }

    /// <summary>True: each row is transformed by itself, so <c>PredictionEngine</c> works.</summary>
    public bool IsRowToRowMapper => true;

    /// <summary>The columns that are added.</summary>
    internal abstract IBatchMapping Mapping { get; }

    private protected abstract ComponentSignature ComponentSignature { get; }

    /// <inheritdoc/>
    /// <exception cref="ArgumentOutOfRangeException">An input column is missing, or has the wrong type.</exception>
    public IRowToRowMapper GetRowToRowMapper(DataViewSchema inputSchema)
    {
        ArgumentNullException.ThrowIfNull(inputSchema);
        return new MappedRowMapper(inputSchema, Mapping);
    }

    /// <inheritdoc/>
    /// <exception cref="ArgumentOutOfRangeException">An input column is missing, or has the wrong type.</exception>
    public DataViewSchema GetOutputSchema(DataViewSchema inputSchema)
    {
        ArgumentNullException.ThrowIfNull(inputSchema);
        return MappedDataView.CreateSchema(inputSchema, Mapping);
    }

    /// <inheritdoc/>
    /// <exception cref="ArgumentOutOfRangeException">An input column is missing, or has the wrong type.</exception>
    public IDataView Transform(IDataView input)
    {
        ArgumentNullException.ThrowIfNull(input);
        return new MappedDataView(input, Mapping, GetType().Name);
    }

    void ICanSaveModel.Save(ModelSaveContext ctx) => Save(new ComponentWriter(ctx, ComponentSignature));

    private protected abstract void Save(ComponentWriter writer);
}
