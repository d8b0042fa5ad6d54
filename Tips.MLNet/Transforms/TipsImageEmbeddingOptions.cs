using System.Text.Json.Serialization;

namespace Tips.MLNet;

/// <summary>How <c>TipsImageEmbedding</c> embeds pictures. Immutable; the defaults are what the reference does.</summary>
public sealed class TipsImageEmbeddingOptions : TipsPictureOptions
{
    /// <summary>Which embedding to return; <see cref="ClassToken.First"/> by default.</summary>
    [JsonRequired]
    public ClassToken ClassToken { get; init; } = ClassToken.First;

    /// <summary>Whether to L2-normalize: x / max(‖x‖₂, 1e-3), as TIPS publishes its embeddings. True by default.</summary>
    [JsonRequired]
    public bool Normalize { get; init; } = true;

    internal override void Validate()
    {
        base.Validate();
        if (!Enum.IsDefined(ClassToken)) throw new ArgumentOutOfRangeException(nameof(ClassToken), ClassToken, "Unknown class token.");
    }
}
