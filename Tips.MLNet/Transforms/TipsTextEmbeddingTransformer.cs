using Microsoft.ML;
using Microsoft.ML.Data;
using Tips.MLNet.Pipelines.Interop;
using Tips.MLNet.Models;
using Tips.MLNet.Pipelines.Batching;

namespace Tips.MLNet.Transforms;

/// <summary>
/// Embeds texts with a TIPS model. Made by <see cref="TipsTextEmbeddingEstimator"/> or by loading a saved pipeline.
/// </summary>
/// <remarks>
/// <para>Lazy: the model runs only when a cursor moves and the embedding column was asked for. Rows are read ahead, sorted by length, run in
/// batches padded to their own longest text, and given in their own order; a text's embedding does not depend on the others, up to float32 rounding.
/// The input's rows are read on a thread of the pool, never two at a time.</para>
/// <para>Thread safety: every member may be called from several threads at once; cursors belong to one thread each, as in all of ML.NET.</para>
/// <para>Disposal: a transformer out of a saved pipeline owns its model, and <see cref="Dispose"/> frees it (disposing the pipeline,
/// or a PredictionEngine made from it, does that). One made by <see cref="TipsTextEmbeddingEstimator.Fit"/> leaves the model to the caller.</para>
/// </remarks>
public sealed class TipsTextEmbeddingTransformer : ITransformer, IDisposable
{
    private readonly TextEmbeddingMapping _mapping;
    private readonly bool _ownsModel;

    internal TipsTextEmbeddingTransformer(string outputColumnName, string inputColumnName, TipsModel model, TipsTextEmbeddingOptions options, bool ownsModel)
    {
        Model = model;
        Options = options;
        _ownsModel = ownsModel;
        _mapping = new TextEmbeddingMapping(outputColumnName, inputColumnName, model, options);
    }

    /// <summary>The model.</summary>
    public TipsModel Model { get; }

    /// <summary>How texts are embedded.</summary>
    public TipsTextEmbeddingOptions Options { get; }

    /// <summary>Name of the text column.</summary>
    public string InputColumnName => _mapping.Input;

    /// <summary>Name of the embedding column.</summary>
    public string OutputColumnName => _mapping.Output;

    /// <summary>True: each row is transformed by itself, so PredictionEngine works.</summary>
    public bool IsRowToRowMapper => true;

    /// <inheritdoc/>
    public IRowToRowMapper GetRowToRowMapper(DataViewSchema inputSchema) => new BatchedRowMapper(inputSchema, _mapping);

    /// <inheritdoc/>
    /// <exception cref="ArgumentOutOfRangeException">The text column is missing or is no text.</exception>
    public DataViewSchema GetOutputSchema(DataViewSchema inputSchema) => BatchedDataView.MakeSchema(inputSchema, _mapping);

    /// <inheritdoc/>
    /// <exception cref="ArgumentOutOfRangeException">The text column is missing or is no text.</exception>
    public IDataView Transform(IDataView input)
    {
        ArgumentNullException.ThrowIfNull(input);
        return new BatchedDataView(input, _mapping);
    }

    /// <summary>Frees the model if the transformer owns it.</summary>
    public void Dispose()
    {
        if (_ownsModel) Model.Dispose();
    }

    void ICanSaveModel.Save(ModelSaveContext ctx)
    {
        var storage = SavedModel.Decide(Options.Storage, Model);
        var writer = new ComponentWriter(ctx);
        var state = new TextEmbeddingState
        {
            Output = OutputColumnName,
            Input = InputColumnName,
            Normalize = Options.Normalize,
            BatchSize = Options.BatchSize,
            Storage = Options.Storage,
            Model = SavedModelState.From(Model, storage),
        };
        writer.WriteState(TextEmbeddingLoader.Component, state, TransformsJsonContext.Default.TextEmbeddingState);
        SavedModel.Write(writer, storage, Model);
    }

    internal static TipsTextEmbeddingTransformer Load(ComponentReader reader)
    {
        var state = reader.ReadState(TextEmbeddingLoader.Component, TransformsJsonContext.Default.TextEmbeddingState);
        var options = new TipsTextEmbeddingOptions { Normalize = state.Normalize, BatchSize = state.BatchSize, Storage = state.Storage };
        try
        {
            options.Validate();
        }
        catch (ArgumentException e)
        {
            throw new InvalidDataException($"The saved pipeline's text embedding has an option out of range: {e.Message}", e);
        }

        return new TipsTextEmbeddingTransformer(state.Output, state.Input, SavedModel.Read(reader, state.Model), options, ownsModel: true);
    }
}
