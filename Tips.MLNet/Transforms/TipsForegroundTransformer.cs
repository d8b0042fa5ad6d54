using Tips.MLNet.Dense;
using Tips.MLNet.Encoders;
using Tips.MLNet.Pipelines.Batching;
using Tips.MLNet.Pipelines.Interop;
using Tips.MLNet.Transforms;

[assembly: LoadableComponent<TipsForegroundTransformer>(TipsForegroundTransformer.LoaderName, "TIPS foreground segmentation")]

namespace Tips.MLNet.Transforms;

/// <summary>
/// Finds the foreground of pictures. Made by <see cref="TipsForegroundEstimator"/> or by loading a saved pipeline, which holds the
/// classifier and the image encoder. A missing picture, where that is no error, has an empty vector.
/// </summary>
/// <remarks>
/// Pictures that are passed through are copies, which belong to whoever reads them until the next row, as with <c>LoadImages</c>.
/// </remarks>
public sealed class TipsForegroundTransformer : TipsEmbeddingTransformer, ILoadableComponent<TipsForegroundTransformer>
{
    internal const string LoaderName = "TipsForeground";

    private static readonly ComponentSignature Signature = new(LoaderName, "TIPSFORE");

    private readonly PictureMapping _mapping;

    internal TipsForegroundTransformer(
        string outputColumnName,
        string inputColumnName,
        ModelUse use,
        ForegroundClassifier classifier,
        TipsForegroundOptions options,
        PipelineHost host)
        : base(use)
    {
        (Classifier, Options) = (classifier, options);
        classifier.CheckFits(use.Model);
        var encoder = use.Model.Images;
        encoder.Patches.Check(ForegroundExample.LastLayer, isModelSize: false);
        Rows = classifier.ImageHeight / encoder.PatchSize;
        // A square picture stands for all of them in the plan of decoding ahead.
        int values = (int)Math.Min(3L * classifier.ImageHeight * classifier.ImageHeight, TensorLength.Maximum);
        _mapping = new PictureMapping(
            new EmbeddingColumns(
                inputColumnName,
                outputColumnName,
                [Rows, 0],
                Normalize: false,
                options.CacheBytes,
                LoaderName,
                "pictures"),
            options,
            encoder.PlanFor(batchSize: 1, values),
            (capacity, _) => new ForegroundBatch(use.Model, classifier, options.Background, capacity),
            host);
    }

    /// <summary>What tells foreground from background.</summary>
    public ForegroundClassifier Classifier { get; }

    /// <summary>How pictures are read.</summary>
    public TipsForegroundOptions Options { get; }

    /// <summary>Rows of patches, from the top, of every picture. A vector has this many rows of equal length.</summary>
    public int Rows { get; }

    internal override IBatchMapping Mapping => _mapping;

    static ComponentSignature ILoadableComponent<TipsForegroundTransformer>.Signature => Signature;

    private protected override ComponentSignature ComponentSignature => Signature;

    private protected override EmbeddingMapping EmbeddingMapping => _mapping;

    static TipsForegroundTransformer ILoadableComponent<TipsForegroundTransformer>.Load(ComponentReader reader)
    {
        const string component = "foreground classifier";
        var state = reader.ReadState(TransformsJsonContext.Default.ForegroundPipelineState);
        SavedOptions.CheckColumns(state);
        var options = state.Options;
        SavedOptions.Validate(options.Validate, component);
        if (state.Classifier.FindDamage() is { } damage)
            throw new InvalidDataException($"The saved pipeline's {component} is damaged: {damage}.");
        var use = ModelUse.Of(SavedModel.Read(reader, state.Model));
        SavedOptions.CheckPart(use.Model.HasImages, "image");
        var classifier = new ForegroundClassifier(state.Classifier);
        try
        {
            return new TipsForegroundTransformer(state.Output, state.Input, use, classifier, options, reader.Host);
        }
        catch (InvalidOperationException e)
        {
            throw new InvalidDataException($"The saved pipeline's {component} does not fit its model: {e.Message}", e);
        }
    }

    private protected override void Save(ComponentWriter writer)
    {
        var part = Model.Files.Manifest.Vision!;
        var storage = DecideStorage(Options.Storage, part);
        var state = new ForegroundPipelineState
        {
            Output = OutputColumnName,
            Input = InputColumnName,
            Options = Options,
            Model = SavedModelState.From(Model, storage),
            Classifier = ForegroundState.From(Classifier),
        };
        writer.WriteState(state, TransformsJsonContext.Default.ForegroundPipelineState);
        if (storage == ModelStorage.Embedded) SavedModel.Write(writer, Model, part);
    }
}
