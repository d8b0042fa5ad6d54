using Tips.MLNet.Images;
using Tips.MLNet.Pipelines.Batching;
using Tips.MLNet.Pipelines.Interop;
using Tips.MLNet.Transforms;

[assembly: LoadableComponent<TipsImageEmbeddingTransformer>(TipsImageEmbeddingTransformer.LoaderName, "TIPS image embedding")]

namespace Tips.MLNet.Transforms;

/// <summary>Embeds pictures with a TIPS model. Made by <see cref="TipsImageEmbeddingEstimator"/> or by loading a saved pipeline.</summary>
/// <remarks>
/// Pictures that are passed through are copies, which belong to whoever reads them until the next row, as with <c>LoadImages</c>.
/// </remarks>
public sealed class TipsImageEmbeddingTransformer : TipsEmbeddingTransformer, ILoadableComponent<TipsImageEmbeddingTransformer>
{
    internal const string LoaderName = "TipsImageEmbedding";

    private static readonly ComponentSignature Signature = new(LoaderName, "TIPSIMGE");

    private readonly PictureMapping _mapping;

    internal TipsImageEmbeddingTransformer(
        string outputColumnName, string inputColumnName, ModelUse use, TipsImageEmbeddingOptions options, PipelineHost host)
        : base(use)
    {
        Options = options;
        var encoder = use.Model.Images;
        PictureMapping.CheckBatchSize(options, encoder.ImageHeight, encoder.ImageWidth, encoder.LargestBatchSize);
        var preprocessor = new ImagePreprocessor(encoder.ImageHeight, encoder.ImageWidth, options.Background);
        _mapping = new PictureMapping(
            new EmbeddingColumns(
                inputColumnName,
                outputColumnName,
                [encoder.EmbeddingLength(options.ClassToken)],
                options.Normalize,
                options.CacheBytes,
                LoaderName,
                "pictures"),
            options,
            encoder.PlanFor(options.BatchSize ?? encoder.DefaultBatchSize, preprocessor.ValueCount),
            (capacity, batchSize) => encoder.CreateBatch(capacity, batchSize, options.ClassToken, options.Normalize, preprocessor),
            host,
            options.Store is { } store ? new KeptEmbeddings(store, EmbeddingKeys.OfPictures(use.Model, options)) : null);
    }

    /// <summary>How pictures are embedded.</summary>
    public TipsImageEmbeddingOptions Options { get; }

    internal override IBatchMapping Mapping => _mapping;

    static ComponentSignature ILoadableComponent<TipsImageEmbeddingTransformer>.Signature => Signature;

    private protected override ComponentSignature ComponentSignature => Signature;

    private protected override EmbeddingMapping EmbeddingMapping => _mapping;

    static TipsImageEmbeddingTransformer ILoadableComponent<TipsImageEmbeddingTransformer>.Load(ComponentReader reader)
    {
        var state = reader.ReadState(TransformsJsonContext.Default.EmbeddingStateTipsImageEmbeddingOptions);
        SavedOptions.CheckColumns(state);
        var options = state.Options;
        SavedOptions.Validate(options.Validate, "image embedding");
        options.UseStore(TipsLoadOptions.Current.Store);
        var use = ModelUse.Of(SavedModel.Read(reader, state.Model));
        SavedOptions.CheckPart(use.Model.HasImages, "image");
        return new TipsImageEmbeddingTransformer(state.Output, state.Input, use, options, reader.Host);
    }

    private protected override void Save(ComponentWriter writer)
    {
        var part = Model.Files.Manifest.Vision!;
        var storage = DecideStorage(Options.Storage, part);
        writer.WriteState(StateWith(Options, storage), TransformsJsonContext.Default.EmbeddingStateTipsImageEmbeddingOptions);
        if (storage == ModelStorage.Embedded) SavedModel.Write(writer, Model, part);
    }
}
