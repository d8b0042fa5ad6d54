using Tips.MLNet.Encoders;
using Tips.MLNet.Images;
using Tips.MLNet.Models;
using Tips.MLNet.Pipelines.Batching;
using Tips.MLNet.Pipelines.Interop;
using Tips.MLNet.Transforms;

[assembly: LoadableComponent<TipsDensePredictionTransformer>(TipsDensePredictionTransformer.LoaderName, "TIPS dense prediction")]

namespace Tips.MLNet.Transforms;

/// <summary>
/// Predicts depth, normals or classes of every pixel with a head of a TIPS model. Made by <see cref="TipsDensePredictionEstimator"/> or by
/// loading a saved pipeline, which holds the image encoder and the head.
/// </summary>
/// <remarks>
/// Pictures that are passed through are copies, which belong to whoever reads them until the next row, as with <c>LoadImages</c>.
/// </remarks>
public sealed class TipsDensePredictionTransformer : TipsEmbeddingTransformer, ILoadableComponent<TipsDensePredictionTransformer>
{
    internal const string LoaderName = "TipsDensePrediction";

    private static readonly ComponentSignature Signature = new(LoaderName, "TIPSDPTH");

    private readonly HeadEncoder _head;
    private readonly PictureMapping _mapping;

    internal TipsDensePredictionTransformer(
        string outputColumnName,
        string inputColumnName,
        ModelUse use,
        DenseTask task,
        TipsDensePredictionOptions options,
        PipelineHost host)
        : base(use)
    {
        (Task, Options, _head) = (task, options, use.Model.Heads.Find(task));
        var encoder = use.Model.Images;
        var (height, width) = (options.ImageHeight ?? encoder.ImageHeight, options.ImageWidth ?? encoder.ImageWidth);
        encoder.Patches.Check(new PatchOptions { MaximumPatches = options.MaximumPatches }, (height, width));
        (OutputHeight, OutputWidth) = (options.OutputHeight ?? height, options.OutputWidth ?? width);
        if (OutputHeight > Array.MaxLength / 3 / OutputWidth)
            throw new ArgumentException($"Maps of {OutputHeight}x{OutputWidth} (height x width) do not fit into one array.");
        bool isClasses = task == DenseTask.Segmentation;
        if (isClasses && options.InvalidImages == InvalidImageHandling.MissingValue)
            throw new ArgumentException("A class is a byte, which has no missing value: invalid pictures can only throw.");
        var (mapHeight, mapWidth) = HeadEncoder.MapSize(height / encoder.PatchSize, width / encoder.PatchSize);
        long mapValues = (long)_head.Channels * mapHeight * mapWidth;
        if (mapValues > TensorLength.Maximum)
        {
            throw new ArgumentException(
                $"The head's maps of {_head.Channels} x {mapHeight}x{mapWidth} (channels x height x width) do not fit into one tensor.");
        }

        int largest = Math.Min(encoder.Patches.LargestBatchSize(height, width), (int)(TensorLength.Maximum / mapValues));
        PictureMapping.CheckBatchSize(options, height, width, largest);
        var preprocessor = new ImagePreprocessor(height, width, options.Background);
        _mapping = new PictureMapping(
            new EmbeddingColumns(
                inputColumnName,
                outputColumnName,
                task == DenseTask.Normals ? [OutputHeight, OutputWidth, 3] : [OutputHeight, OutputWidth],
                Normalize: false,
                options.CacheBytes,
                LoaderName,
                "pictures",
                isClasses ? _head.Labels : null),
            options,
            encoder.PlanFor(options.BatchSize ?? encoder.Patches.BatchSizeFor(height, width), preprocessor.ValueCount),
            (capacity, _) => CreateBatch(capacity),
            host);

        PictureBatch CreateBatch(int capacity)
        {
            var (heads, patch, output) = (use.Model.Heads, encoder.PatchSize, (OutputHeight, OutputWidth));
            return isClasses
                ? new SegmentationBatch(heads, _head, preprocessor, patch, output, capacity)
                : new DensePredictionBatch(heads, _head, preprocessor, patch, output, options.NormalsStyle, capacity);
        }
    }

    /// <summary>What is predicted.</summary>
    public DenseTask Task { get; }

    /// <summary>How it is predicted.</summary>
    public TipsDensePredictionOptions Options { get; }

    /// <summary>Height of the maps in pixels.</summary>
    public int OutputHeight { get; }

    /// <summary>Width of the maps in pixels.</summary>
    public int OutputWidth { get; }

    internal override IBatchMapping Mapping => _mapping;

    static ComponentSignature ILoadableComponent<TipsDensePredictionTransformer>.Signature => Signature;

    private protected override ComponentSignature ComponentSignature => Signature;

    private protected override EmbeddingMapping EmbeddingMapping => _mapping;

    static TipsDensePredictionTransformer ILoadableComponent<TipsDensePredictionTransformer>.Load(ComponentReader reader)
    {
        var state = reader.ReadState(TransformsJsonContext.Default.DensePredictionState);
        SavedOptions.CheckColumns(state);
        var options = state.Options;
        SavedOptions.Validate(options.Validate, "dense prediction");
        var use = ModelUse.Of(SavedModel.Read(reader, state.Model));
        SavedOptions.CheckPart(use.Model.HasImages, "image");
        SavedOptions.CheckHead(use.Model, state.Task);
        TipsDensePredictionTransformer? transformer = null;
        SavedOptions.Validate(
            () => transformer = new(state.Output, state.Input, use, state.Task, options, reader.Host), "dense prediction");
        return transformer!;
    }

    private protected override void Save(ComponentWriter writer)
    {
        PartManifest[] parts = [Model.Files.Manifest.Vision!, _head.Head];
        var storage = DecideStorage(Options.Storage, parts);
        var state = new DensePredictionState
        {
            Output = OutputColumnName,
            Input = InputColumnName,
            Task = Task,
            Options = Options,
            Model = SavedModelState.From(Model, storage),
        };
        writer.WriteState(state, TransformsJsonContext.Default.DensePredictionState);
        if (storage == ModelStorage.Embedded) SavedModel.Write(writer, Model, parts);
    }
}
