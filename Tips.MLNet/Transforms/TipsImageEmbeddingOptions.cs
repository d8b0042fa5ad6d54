using System.Text.Json.Serialization;

namespace Tips.MLNet;

/// <summary>How <c>TipsImageEmbedding</c> embeds pictures. Immutable; the defaults are what the reference does.</summary>
public sealed class TipsImageEmbeddingOptions : TipsPictureOptions
{
    private EmbeddingStore? _store;

    /// <summary>Which embedding to return; <see cref="ClassToken.First"/> by default.</summary>
    [JsonRequired]
    public ClassToken ClassToken { get; init; } = ClassToken.First;

    /// <summary>Whether to L2-normalize: x / max(‖x‖₂, 1e-3), as TIPS publishes its embeddings. True by default.</summary>
    [JsonRequired]
    public bool Normalize { get; init; } = true;

    /// <summary>
    /// Where embeddings are kept between runs; nowhere if null, the default. Files whose embedding is there are neither decoded nor run,
    /// and those that have not changed since it was put there are not even read. The store must outlive the transformers. Has no effect on
    /// image columns, whose pictures have no file to know them by. It is not saved with a pipeline; <see cref="TipsLoadOptions.Store"/>
    /// gives one to a pipeline that is loaded.
    /// </summary>
    [JsonIgnore]
    public EmbeddingStore? Store
    {
        get => _store;
        init => _store = value;
    }

    /// <summary>Gives a store to options that were just loaded.</summary>
    internal void UseStore(EmbeddingStore? store) => _store = store;

    internal override void Validate()
    {
        base.Validate();
        if (!Enum.IsDefined(ClassToken)) throw new ArgumentOutOfRangeException(nameof(ClassToken), ClassToken, "Unknown class token.");
    }
}
