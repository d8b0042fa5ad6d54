using System.Drawing;
using System.Text.Json.Serialization;

namespace Tips.MLNet;

/// <summary>What all transforms of pictures have in common. Immutable.</summary>
public abstract class TipsPictureOptions
{
    internal const long DefaultCacheBytes = 256L << 20;

    private protected TipsPictureOptions()
    {
    }

    /// <summary>
    /// Pictures run through the model together, at least 1. Null, the default, takes about 512 tokens' worth on the CPU, where larger
    /// batches are slower (1 picture at 224 pixels and more, 13 at 84), and 32 pictures on a GPU. A cursor starts with few pictures and
    /// doubles from there.
    /// </summary>
    [JsonRequired]
    public int? BatchSize { get; init; }

    /// <summary>
    /// Folder that the paths of a text column are relative to; the working directory if empty, the default. Absolute paths stay as they
    /// are. It is saved with a pipeline as it is.
    /// </summary>
    [JsonRequired]
    public string ImageFolder
    {
        get;
        init
        {
            ArgumentNullException.ThrowIfNull(value);
            field = value;
        }
    } = "";

    /// <summary>
    /// Whether files are turned the way their EXIF orientation says; see <see cref="ImageDecodingOptions.Upright"/>. Has no effect on image
    /// columns, which ML.NET decodes as they are stored.
    /// </summary>
    [JsonRequired]
    public bool Upright { get; init; }

    /// <summary>
    /// Most pixels of a file; see <see cref="ImageDecodingOptions.MaximumPixels"/>. Has no effect on image columns.
    /// </summary>
    [JsonRequired]
    public long MaximumPixels { get; init; } = ImageDecodingOptions.DefaultMaximumPixels;

    /// <summary>What to do with a null, empty or unreadable picture; throws by default.</summary>
    [JsonRequired]
    public InvalidImageHandling InvalidImages { get; init; } = InvalidImageHandling.Throw;

    /// <summary>Opaque color under transparent pixels; white by default.</summary>
    [JsonRequired]
    public Color Background { get; init; } = Color.White;

    /// <summary>
    /// Text column that names a row in error messages, such as the column with the file's path; null names the row by its number. It must
    /// exist when the pipeline is fitted; later input may lack it, and its rows are then named by number.
    /// </summary>
    [JsonRequired]
    public string? RowNameColumn { get; init; }

    /// <summary>
    /// Memory limit of one view of the data for keeping its results, in bytes; 256 MiB by default, and 0 keeps none. Trainers such as
    /// KMeans and SDCA read their data many times; without the cache every pass would run every picture again. When the cache is full,
    /// further rows are computed again in every pass, and <c>mlContext.Log</c> says so once; it says so, too, when rows are run a second
    /// time because nothing is kept. If a picture changes while the view is alive, the change goes unnoticed. <c>TipsSegmentation</c>
    /// keeps none.
    /// </summary>
    [JsonRequired]
    public long CacheBytes { get; init; } = DefaultCacheBytes;

    /// <summary>How a saved pipeline keeps the model; decided by its size by default.</summary>
    [JsonRequired]
    public ModelStorage Storage { get; init; } = ModelStorage.Automatic;

    internal virtual void Validate()
    {
        if (BatchSize is { } batch) ArgumentOutOfRangeException.ThrowIfNegativeOrZero(batch, nameof(BatchSize));
        ArgumentOutOfRangeException.ThrowIfNegative(CacheBytes);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(MaximumPixels);
        if (!Enum.IsDefined(InvalidImages))
            throw new ArgumentOutOfRangeException(nameof(InvalidImages), InvalidImages, "Unknown handling of invalid images.");
        if (!Enum.IsDefined(Storage)) throw new ArgumentOutOfRangeException(nameof(Storage), Storage, "Unknown model storage.");
        if (Background.A != byte.MaxValue)
            throw new ArgumentException($"The background must be opaque; its alpha is {Background.A}.", nameof(Background));
    }
}
