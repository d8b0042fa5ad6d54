using Microsoft.ML;
using Microsoft.ML.Data;
using Tips.MLNet.Pipelines.Interop;
using Tips.MLNet.Models;
using Tips.MLNet.Pipelines.Batching;

namespace Tips.MLNet.Transforms;

/// <summary>
/// Embeds pictures with a TIPS model. Made by <see cref="TipsImageEmbeddingEstimator"/> or by loading a saved pipeline.
/// </summary>
/// <remarks>
/// <para>Lazy: the model runs only when a cursor moves and the embedding column was asked for. Pictures are read ahead and run in batches.
/// A picture's embedding does not depend on the others in its batch, up to float32 rounding. The input's rows are read on a thread of the pool,
/// ahead of the consumer and never two at a time; a cursor that is disposed while its source blocks lets go of the source when that returns.</para>
/// <para>Pictures that are passed through are copies, which belong to whoever reads them until the next row, as with <c>LoadImages</c>.</para>
/// <para>Thread safety: every member may be called from several threads at once; cursors belong to one thread each, as in all of ML.NET.</para>
/// <para>Disposal: a transformer out of a saved pipeline owns its model, and <see cref="Dispose"/> frees it (disposing the pipeline,
/// or a PredictionEngine made from it, does that). One made by <see cref="TipsImageEmbeddingEstimator.Fit"/> leaves the model to the caller.</para>
/// </remarks>
public sealed class TipsImageEmbeddingTransformer : ITransformer, IDisposable
{
    private readonly ImageEmbeddingMapping _mapping;
    private readonly bool _ownsModel;

    internal TipsImageEmbeddingTransformer(string outputColumnName, string inputColumnName, TipsModel model, TipsImageEmbeddingOptions options, bool ownsModel)
    {
        Model = model;
        Options = options;
        _ownsModel = ownsModel;
        _mapping = new ImageEmbeddingMapping(outputColumnName, inputColumnName, model, options);
    }

    /// <summary>The model.</summary>
    public TipsModel Model { get; }

    /// <summary>How pictures are embedded.</summary>
    public TipsImageEmbeddingOptions Options { get; }

    /// <summary>Name of the image column.</summary>
    public string InputColumnName => _mapping.Input;

    /// <summary>Name of the embedding column.</summary>
    public string OutputColumnName => _mapping.Output;

    /// <summary>True: each row is transformed by itself, so PredictionEngine works.</summary>
    public bool IsRowToRowMapper => true;

    /// <inheritdoc/>
    public IRowToRowMapper GetRowToRowMapper(DataViewSchema inputSchema) => new BatchedRowMapper(inputSchema, _mapping);

    /// <inheritdoc/>
    /// <exception cref="ArgumentOutOfRangeException">The image column is missing or is no image column.</exception>
    public DataViewSchema GetOutputSchema(DataViewSchema inputSchema) => BatchedDataView.MakeSchema(inputSchema, _mapping);

    /// <inheritdoc/>
    /// <exception cref="ArgumentOutOfRangeException">The image column is missing or is no image column.</exception>
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
        writer.WriteState(ImageEmbeddingLoader.Component, ImageEmbeddingState.From(this, storage), TransformsJsonContext.Default.ImageEmbeddingState);
        SavedModel.Write(writer, storage, Model);
    }

    internal static TipsImageEmbeddingTransformer Load(ComponentReader reader)
    {
        var state = reader.ReadState(ImageEmbeddingLoader.Component, TransformsJsonContext.Default.ImageEmbeddingState);
        var model = SavedModel.Read(reader, state.Model);
        return new TipsImageEmbeddingTransformer(state.Output, state.Input, model, state.ToOptions(), ownsModel: true);
    }
}
