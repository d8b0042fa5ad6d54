namespace Tips.MLNet;

/// <summary>How <see cref="TipsTextEmbeddingEstimator"/> embeds texts. Immutable; the defaults are what the reference does.</summary>
public sealed record TipsTextEmbeddingOptions
{
    /// <summary>Whether to L2-normalise: x / max(‖x‖₂, 1e-3), as TIPS publishes its embeddings. True by default.</summary>
    public bool Normalize { get; init; } = true;

    /// <summary>
    /// Rows read ahead and cut into batches of like length, 1 to 65,536; 512 by default. Every batch is padded to its own longest
    /// text only, so more rows mean less padding and more memory.
    /// </summary>
    public int BatchSize { get; init; } = 512;

    /// <summary>How a saved pipeline keeps the model; decided by its size by default.</summary>
    public ModelStorage Storage { get; init; } = ModelStorage.Automatic;

    internal void Validate()
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(BatchSize);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(BatchSize, 1 << 16);
        if (!Enum.IsDefined(Storage)) throw new ArgumentOutOfRangeException(nameof(Storage), Storage, "Unknown model storage.");
    }
}
