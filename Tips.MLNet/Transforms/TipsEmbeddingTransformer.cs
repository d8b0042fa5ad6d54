using Tips.MLNet.Models;
using Tips.MLNet.Pipelines.Interop;

namespace Tips.MLNet.Transforms;

/// <summary>Embeds a column with a TIPS model. Made by an estimator or by loading a saved pipeline.</summary>
/// <remarks>
/// <para>The model runs only when a cursor moves and the embedding column was asked for. Rows are read ahead on one pool thread at a
/// time, and run in batches: few rows first, then twice as many each time, up to the batch size. Of paths and files' bytes, several
/// batches are read ahead and decoded on all cores. An embedding does not depend on the others in its batch, up to float32 rounding. A row
/// that cannot be embedded throws when its embedding is read; other rows do not.
/// A cursor that is disposed while its source is blocked releases the source as soon as that call returns.</para>
/// <para>A view that <c>Transform</c> returns keeps its embeddings as long as it lives, up to a limit set in the options, so that trainers
/// that read their data many times embed every row once. Changes on disk during that time go unnoticed.</para>
/// <para>Disposal: transformers from a saved pipeline own their model jointly; when the last of them is disposed (disposing the
/// pipeline, or a <c>PredictionEngine</c> made from it, does that), the model is freed. To make several engines from one pipeline, give
/// each <c>new PredictionEngineOptions { OwnsTransformer = false }</c>. One that an estimator made leaves the model to the caller.</para>
/// </remarks>
public abstract class TipsEmbeddingTransformer : MappingTransformer, IDisposable
{
    private readonly SharedModel? _shared;
    private int _disposed;

    private protected TipsEmbeddingTransformer(ModelUse use)
    {
        (Model, _shared) = (use.Model, use.Shared);
        _shared?.AddOwner();
    }

    /// <summary>The model.</summary>
    public TipsModel Model { get; }

    /// <summary>Name of the column of pictures or texts.</summary>
    public string InputColumnName => EmbeddingMapping.Input;

    /// <summary>Name of the embedding column.</summary>
    public string OutputColumnName => EmbeddingMapping.Output;

    private protected abstract EmbeddingMapping EmbeddingMapping { get; }

    /// <summary>Frees the model if it came from a saved pipeline and no other transformer of that pipeline uses it anymore.</summary>
    public void Dispose()
    {
        if (Interlocked.Exchange(ref _disposed, 1) == 0) _shared?.RemoveOwner();
        GC.SuppressFinalize(this);
    }

    private protected EmbeddingState<TOptions> StateWith<TOptions>(TOptions options, ModelStorage storage) => new()
    {
        Output = OutputColumnName,
        Input = InputColumnName,
        Options = options,
        Model = SavedModelState.From(Model, storage),
    };

    private protected ModelStorage DecideStorage(ModelStorage requested, params PartManifest[] parts)
        => SavedModel.Decide(requested, Model, parts);
}
