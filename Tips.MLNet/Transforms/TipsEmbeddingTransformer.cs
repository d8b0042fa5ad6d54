using Tips.MLNet.Models;
using Tips.MLNet.Pipelines.Interop;

namespace Tips.MLNet.Transforms;

/// <summary>Embeds a column with a TIPS model. Made by an estimator or by loading a saved pipeline.</summary>
/// <remarks>
/// <para>The model runs only when a cursor moves and the embedding column was asked for. Rows are read ahead on a thread of the pool, never
/// two at a time, and run in batches: one row first, then twice as many each time, up to the batch size. An embedding does not depend on
/// the others in its batch, up to float32 rounding. A row that cannot be embedded throws when its embedding is read, and no other row does.
/// A cursor that is disposed while its source blocks lets go of the source when that returns.</para>
/// <para>A view that <c>Transform</c> returns keeps its embeddings for its own life, up to a limit of the options, so that trainers that
/// read their data many times embed every row once. What changes on disk in that time is not seen.</para>
/// <para>Disposal: transformers out of a saved pipeline own their model together; when the last of them is disposed (disposing the
/// pipeline, or a <c>PredictionEngine</c> made from it, does that), the model is freed. One that an estimator made leaves the model to the
/// caller.</para>
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

    /// <summary>Frees the model if it came out of a saved pipeline and no other transformer of that pipeline uses it any more.</summary>
    public void Dispose()
    {
        if (Interlocked.Exchange(ref _disposed, 1) == 0) _shared?.RemoveOwner();
        GC.SuppressFinalize(this);
    }

    private protected ModelStorage DecideStorage(ModelStorage requested, PartManifest part) => SavedModel.Decide(requested, Model, part);
}
