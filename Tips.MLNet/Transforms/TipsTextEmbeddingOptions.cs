using System.Text.Json.Serialization;

namespace Tips.MLNet;

/// <summary>How <c>TipsTextEmbedding</c> embeds texts. Immutable; the defaults are what the reference does.</summary>
public sealed class TipsTextEmbeddingOptions
{
    private EmbeddingStore? _store;

    /// <summary>Whether to L2-normalize: x / max(‖x‖₂, 1e-3), as TIPS publishes its embeddings. True by default.</summary>
    [JsonRequired]
    public bool Normalize { get; init; } = true;

    /// <summary>
    /// Rows read ahead and sorted by length, 1 to 65,536; 512 by default. Texts that run together are padded only to the longest of them,
    /// so more rows mean less padding and more memory. A cursor starts with one row and doubles up to this.
    /// </summary>
    [JsonRequired]
    public int BatchSize { get; init; } = 512;

    /// <summary>
    /// Memory limit of one view of the data for keeping its embeddings, in bytes; 256 MiB by default, and 0 keeps none. See
    /// <see cref="TipsPictureOptions.CacheBytes"/>.
    /// </summary>
    [JsonRequired]
    public long CacheBytes { get; init; } = TipsPictureOptions.DefaultCacheBytes;

    /// <summary>How a saved pipeline keeps the model; decided by its size by default.</summary>
    [JsonRequired]
    public ModelStorage Storage { get; init; } = ModelStorage.Automatic;

    /// <summary>
    /// Where embeddings are kept between runs; nowhere if null, the default. The store must outlive the transformers. It is not saved with
    /// a pipeline; <see cref="TipsLoadOptions.Store"/> gives one to a pipeline that is loaded.
    /// </summary>
    [JsonIgnore]
    public EmbeddingStore? Store
    {
        get => _store;
        init => _store = value;
    }

    /// <summary>Gives a store to options that were just loaded.</summary>
    internal void UseStore(EmbeddingStore? store) => _store = store;

    internal void Validate()
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(BatchSize);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(BatchSize, 1 << 16);
        ArgumentOutOfRangeException.ThrowIfNegative(CacheBytes);
        if (!Enum.IsDefined(Storage)) throw new ArgumentOutOfRangeException(nameof(Storage), Storage, "Unknown model storage.");
    }
}
