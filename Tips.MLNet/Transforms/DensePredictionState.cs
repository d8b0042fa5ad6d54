using System.Drawing;

namespace Tips.MLNet.Transforms;

/// <summary>What a saved pipeline says about a dense prediction.</summary>
internal sealed record DensePredictionState : PictureState
{
    public required DenseTask Task { get; init; }

    /// <summary>The size that pictures have, whatever the model's own is.</summary>
    public required int ImageHeight { get; init; }

    public required int ImageWidth { get; init; }

    public required int MaximumPatches { get; init; }

    public required int OutputHeight { get; init; }

    public required int OutputWidth { get; init; }

    public required NormalsStyle NormalsStyle { get; init; }

    public static DensePredictionState From(TipsDensePredictionTransformer transformer, SavedModelState model)
    {
        var options = transformer.Options;
        return new()
        {
            Output = transformer.OutputColumnName,
            Input = transformer.InputColumnName,
            Task = transformer.Task,
            ImageHeight = options.ImageHeight ?? transformer.Model.ImageHeight,
            ImageWidth = options.ImageWidth ?? transformer.Model.ImageWidth,
            MaximumPatches = options.MaximumPatches,
            OutputHeight = transformer.OutputHeight,
            OutputWidth = transformer.OutputWidth,
            NormalsStyle = options.NormalsStyle,
            BatchSize = options.BatchSize,
            InvalidImages = options.InvalidImages,
            Background = options.Background.ToArgb(),
            RowNameColumn = options.RowNameColumn,
            CacheBytes = options.CacheBytes,
            Storage = options.Storage,
            Model = model,
        };
    }

    public TipsDensePredictionOptions ToOptions() => new()
    {
        ImageHeight = ImageHeight,
        ImageWidth = ImageWidth,
        MaximumPatches = MaximumPatches,
        OutputHeight = OutputHeight,
        OutputWidth = OutputWidth,
        NormalsStyle = NormalsStyle,
        BatchSize = BatchSize,
        InvalidImages = InvalidImages,
        Background = Color.FromArgb(Background),
        RowNameColumn = RowNameColumn,
        CacheBytes = CacheBytes,
        Storage = Storage,
    };
}
