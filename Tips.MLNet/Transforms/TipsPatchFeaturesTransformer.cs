using Tips.MLNet.Encoders;
using Tips.MLNet.Images;
using Tips.MLNet.Pipelines.Batching;
using Tips.MLNet.Pipelines.Interop;
using Tips.MLNet.Transforms;

[assembly: LoadableComponent<TipsPatchFeaturesTransformer>(TipsPatchFeaturesTransformer.LoaderName, "TIPS patch features")]

namespace Tips.MLNet.Transforms;

/// <summary>
/// Embeds the patches of pictures with a TIPS model. Made by <see cref="TipsPatchFeaturesEstimator"/> or by loading a saved pipeline.
/// </summary>
/// <remarks>
/// Pictures that are passed through are copies, which belong to whoever reads them until the next row, as with <c>LoadImages</c>.
/// </remarks>
public sealed class TipsPatchFeaturesTransformer : TipsEmbeddingTransformer, ILoadableComponent<TipsPatchFeaturesTransformer>
{
    internal const string LoaderName = "TipsPatchFeatures";

    private static readonly ComponentSignature Signature = new(LoaderName, "TIPSPTCH");

    private readonly PictureMapping _mapping;

    internal TipsPatchFeaturesTransformer(
        string outputColumnName, string inputColumnName, ModelUse use, TipsPatchFeaturesOptions options, PipelineHost host)
        : base(use)
    {
        Options = options;
        var encoder = use.Model.Images;
        var (height, width) = (options.ImageHeight ?? encoder.ImageHeight, options.ImageWidth ?? encoder.ImageWidth);
        var patchOptions = options.ToPatchOptions();
        encoder.Patches.Check(patchOptions, (height, width));
        (Rows, Columns) = (height / encoder.PatchSize, width / encoder.PatchSize);
        PictureMapping.CheckBatchSize(options, height, width, encoder.Patches.LargestBatchSize(height, width));
        var preprocessor = new ImagePreprocessor(height, width, options.Background);
        _mapping = new PictureMapping(
            new EmbeddingColumns(
                inputColumnName,
                outputColumnName,
                [Rows, Columns, encoder.EmbeddingDimension],
                Normalize: false,
                options.CacheBytes,
                LoaderName,
                "pictures"),
            options,
            encoder.PlanFor(options.BatchSize ?? encoder.Patches.BatchSizeFor(height, width), preprocessor.ValueCount),
            (capacity, batchSize) => new PatchBatch(encoder.Patches, preprocessor, capacity, batchSize, patchOptions),
            host);
    }

    /// <summary>How patches are embedded.</summary>
    public TipsPatchFeaturesOptions Options { get; }

    /// <summary>Rows of patches, from the top.</summary>
    public int Rows { get; }

    /// <summary>Patches of a row, from the left.</summary>
    public int Columns { get; }

    internal override IBatchMapping Mapping => _mapping;

    static ComponentSignature ILoadableComponent<TipsPatchFeaturesTransformer>.Signature => Signature;

    private protected override ComponentSignature ComponentSignature => Signature;

    private protected override EmbeddingMapping EmbeddingMapping => _mapping;

    static TipsPatchFeaturesTransformer ILoadableComponent<TipsPatchFeaturesTransformer>.Load(ComponentReader reader)
    {
        var state = reader.ReadState(TransformsJsonContext.Default.EmbeddingStateTipsPatchFeaturesOptions);
        SavedOptions.CheckColumns(state);
        var options = state.Options;
        SavedOptions.Validate(options.Validate, "patch features");
        var use = ModelUse.Of(SavedModel.Read(reader, state.Model));
        SavedOptions.CheckPart(use.Model.HasImages, "image");
        TipsPatchFeaturesTransformer? transformer = null;
        SavedOptions.Validate(() => transformer = new(state.Output, state.Input, use, options, reader.Host), "patch features");
        return transformer!;
    }

    private protected override void Save(ComponentWriter writer)
    {
        var part = Model.Files.Manifest.Vision!;
        var storage = DecideStorage(Options.Storage, part);
        writer.WriteState(StateWith(Options, storage), TransformsJsonContext.Default.EmbeddingStateTipsPatchFeaturesOptions);
        if (storage == ModelStorage.Embedded) SavedModel.Write(writer, Model, part);
    }
}
