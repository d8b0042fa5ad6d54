using System.Drawing;

namespace Tips.MLNet.Transforms;

/// <summary>What a saved pipeline says about an image embedding.</summary>
internal sealed record ImageEmbeddingState : PictureState
{
    public required ClassToken ClassToken { get; init; }

    public required bool Normalize { get; init; }

    public static ImageEmbeddingState From(TipsImageEmbeddingTransformer transformer, SavedModelState model)
    {
        var options = transformer.Options;
        return new()
        {
            Output = transformer.OutputColumnName,
            Input = transformer.InputColumnName,
            ClassToken = options.ClassToken,
            Normalize = options.Normalize,
            BatchSize = options.BatchSize,
            InvalidImages = options.InvalidImages,
            Background = options.Background.ToArgb(),
            RowNameColumn = options.RowNameColumn,
            CacheBytes = options.CacheBytes,
            Storage = options.Storage,
            Model = model,
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
        CacheBytes = CacheBytes,
        Storage = Storage,
    };
}
