using System.Drawing;
using System.Text.Json.Serialization;

namespace Tips.MLNet.Transforms;

/// <summary>What a saved pipeline says about an image embedding.</summary>
internal sealed record ImageEmbeddingState
{
    public required string Output { get; init; }

    public required string Input { get; init; }

    public required ClassToken ClassToken { get; init; }

    public required bool Normalize { get; init; }

    public int? BatchSize { get; init; }

    public required InvalidImageHandling InvalidImages { get; init; }

    /// <summary>0xAARRGGBB.</summary>
    public required int Background { get; init; }

    public string? RowNameColumn { get; init; }

    /// <summary>How the pipeline was asked to keep the model, so that saving it again does the same.</summary>
    public required ModelStorage Storage { get; init; }

    public required SavedModelState Model { get; init; }

    public static ImageEmbeddingState From(TipsImageEmbeddingTransformer transformer, ModelStorage storage)
    {
        var options = transformer.Options;
        return new ImageEmbeddingState
        {
            Output = transformer.OutputColumnName,
            Input = transformer.InputColumnName,
            ClassToken = options.ClassToken,
            Normalize = options.Normalize,
            BatchSize = options.BatchSize,
            InvalidImages = options.InvalidImages,
            Background = options.Background.ToArgb(),
            RowNameColumn = options.RowNameColumn,
            Storage = options.Storage,
            Model = SavedModelState.From(transformer.Model, storage),
        };
    }

    public TipsImageEmbeddingOptions ToOptions() => new()
    {
        ClassToken = ClassToken,
        Normalize = Normalize,
        BatchSize = BatchSize,
        InvalidImages = InvalidImages,
        Background = Color.FromArgb(Background),
        RowNameColumn = RowNameColumn,
        Storage = Storage,
    };
}

[JsonSourceGenerationOptions(UseStringEnumConverter = true, RespectNullableAnnotations = true)]
[JsonSerializable(typeof(ImageEmbeddingState))]
[JsonSerializable(typeof(TextEmbeddingState))]
[JsonSerializable(typeof(ZeroShotState))]
internal sealed partial class TransformsJsonContext : JsonSerializerContext;
