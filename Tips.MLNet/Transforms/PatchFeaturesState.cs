using System.Drawing;

namespace Tips.MLNet.Transforms;

/// <summary>What a saved pipeline says about patch features.</summary>
internal sealed record PatchFeaturesState : PictureState
{
    public int? Layer { get; init; }

    public required bool FinalNorm { get; init; }

    public required bool ValuePath { get; init; }

    /// <summary>The size that pictures have, whatever the model's own is.</summary>
    public required int ImageHeight { get; init; }

    public required int ImageWidth { get; init; }

    public required int MaximumPatches { get; init; }

    public static PatchFeaturesState From(TipsPatchFeaturesTransformer transformer, SavedModelState model)
    {
        var options = transformer.Options;
        return new()
        {
            Output = transformer.OutputColumnName,
            Input = transformer.InputColumnName,
            Layer = options.Layer,
            FinalNorm = options.FinalNorm,
            ValuePath = options.ValuePath,
            ImageHeight = options.ImageHeight ?? transformer.Model.ImageHeight,
            ImageWidth = options.ImageWidth ?? transformer.Model.ImageWidth,
            MaximumPatches = options.MaximumPatches,
            BatchSize = options.BatchSize,
            InvalidImages = options.InvalidImages,
            Background = options.Background.ToArgb(),
            RowNameColumn = options.RowNameColumn,
            CacheBytes = options.CacheBytes,
            Storage = options.Storage,
            Model = model,
        };
    }

    public TipsPatchFeaturesOptions ToOptions() => new()
    {
        Layer = Layer,
        FinalNorm = FinalNorm,
        ValuePath = ValuePath,
        ImageHeight = ImageHeight,
        ImageWidth = ImageWidth,
        MaximumPatches = MaximumPatches,
        BatchSize = BatchSize,
        InvalidImages = InvalidImages,
        Background = Color.FromArgb(Background),
        RowNameColumn = RowNameColumn,
        CacheBytes = CacheBytes,
        Storage = Storage,
    };
}
