namespace Tips.MLNet;

/// <summary>How an <see cref="EmbeddingStore"/> is opened. Immutable.</summary>
public sealed class EmbeddingStoreOptions
{
    /// <summary>Least value of <see cref="MaximumBytes"/>: 1 MiB.</summary>
    public const long LeastMaximumBytes = 1L << 20;

    /// <summary>
    /// Most bytes of the folder; 4 GiB by default, which hold 1.3 million embeddings of 768 values. Beyond that, what was not used for the
    /// longest time is deleted when the store is opened and closed, in pieces of up to a sixteenth of this.
    /// </summary>
    public long MaximumBytes { get; init; } = 4L << 30;

    /// <summary>
    /// Receives sentences about what went wrong without ending anything: a file of the store is damaged, or the disk is full. Called from
    /// any thread, and must not throw. Null, the default, ignores them.
    /// </summary>
    public Action<string>? Warn { get; init; }

    internal void Validate() => ArgumentOutOfRangeException.ThrowIfLessThan(MaximumBytes, LeastMaximumBytes);
}
