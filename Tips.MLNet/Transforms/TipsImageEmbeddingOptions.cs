using System.Drawing;

namespace Tips.MLNet;

/// <summary>How <c>TipsImageEmbedding</c> embeds pictures. Immutable; the defaults are what the reference does.</summary>
public sealed class TipsImageEmbeddingOptions
{
    internal const long DefaultCacheBytes = 256L << 20;

    /// <summary>Which embedding to return; <see cref="ClassToken.First"/> by default.</summary>
    public ClassToken ClassToken { get; init; } = ClassToken.First;

    /// <summary>Whether to L2-normalize: x / max(‖x‖₂, 1e-3), as TIPS publishes its embeddings. True by default.</summary>
    public bool Normalize { get; init; } = true;

    /// <summary>
    /// Pictures run through the model together, at least 1. Null, the default, takes about 512 tokens' worth on the CPU, where larger
    /// batches are slower (1 picture at 224 pixels and more, 13 at 84), and 32 pictures on a GPU. A cursor starts with one picture and
    /// doubles up to this.
    /// </summary>
    public int? BatchSize { get; init; }

    /// <summary>What to do with a null or unreadable picture; throws by default.</summary>
    public InvalidImageHandling InvalidImages { get; init; } = InvalidImageHandling.Throw;

    /// <summary>Opaque color under transparent pixels; white by default.</summary>
    public Color Background { get; init; } = Color.White;

    /// <summary>
    /// Text column that names a row in error messages, such as the column with the file's path; null names the row by its number. It must
    /// exist when the pipeline is fitted; later input may lack it, and its rows are then named by number.
    /// </summary>
    public string? RowNameColumn { get; init; }

    /// <summary>
    /// Memory limit of one view of the data for keeping its embeddings, in bytes; 256 MiB by default, and 0 keeps none. Trainers such as
    /// KMeans and SDCA read their data many times; without the cache every pass would embed every picture again. When the cache is full,
    /// further rows are embedded again in every pass, and <c>mlContext.Log</c> says so once. If a picture changes while the view is alive,
    /// the change goes unnoticed.
    /// </summary>
    public long CacheBytes { get; init; } = DefaultCacheBytes;

    /// <summary>How a saved pipeline keeps the model; decided by its size by default.</summary>
    public ModelStorage Storage { get; init; } = ModelStorage.Automatic;

    internal void Validate()
    {
        if (BatchSize is { } batch) ArgumentOutOfRangeException.ThrowIfNegativeOrZero(batch, nameof(BatchSize));
        ArgumentOutOfRangeException.ThrowIfNegative(CacheBytes);
        if (!Enum.IsDefined(ClassToken)) throw new ArgumentOutOfRangeException(nameof(ClassToken), ClassToken, "Unknown class token.");
        if (!Enum.IsDefined(InvalidImages))
            throw new ArgumentOutOfRangeException(nameof(InvalidImages), InvalidImages, "Unknown handling of invalid images.");
        if (!Enum.IsDefined(Storage)) throw new ArgumentOutOfRangeException(nameof(Storage), Storage, "Unknown model storage.");
        if (Background.A != byte.MaxValue)
            throw new ArgumentException($"The background must be opaque; its alpha is {Background.A}.", nameof(Background));
    }
}
