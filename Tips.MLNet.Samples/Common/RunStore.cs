using Tips.CommandLine;

namespace Tips.MLNet.Samples.Common;

/// <summary>Where a run keeps embeddings, if it was asked to: opened when first needed, closed at the end of the run.</summary>
/// <param name="error">Receives what is wrong with the store.</param>
internal sealed class RunStore(TextWriter error) : IDisposable
{
    private EmbeddingStore? _store;

    /// <summary>The folder; null keeps nothing.</summary>
    public string? Folder { get; set; }

    /// <summary>Embeddings that were computed in this run, and found; null if nothing is kept.</summary>
    public (long Embedded, long Found)? Counts => _store is null ? null : (_store.Misses, _store.Hits);

    /// <returns>The store; null if nothing is kept.</returns>
    public EmbeddingStore? Open()
    {
        if (_store is null && Folder is not null)
            _store = EmbeddingStore.Open(Folder, new EmbeddingStoreOptions { Warn = Warn });
        return _store;
    }

    /// <summary>Says how much was embedded and how much was there already, if there is a store.</summary>
    public void Report(TextWriter writer)
    {
        if (Counts is var (embedded, found)) writer.WriteLine($"embedded {Format.Count(embedded)}, {Format.Count(found)} from the store");
    }

    /// <summary>Writes what was embedded, also after a run that was canceled or has failed.</summary>
    public void Dispose() => _store?.Dispose();

    private void Warn(string message) => error.WriteLine($"warning: {Printable.Escape(message)}");
}
