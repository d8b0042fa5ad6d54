using Tips.MLNet.Models;
using Tips.OnnxExport.Checkpoints;
using Tips.OnnxExport.Graphs;
using Tips.OnnxExport.Towers;

namespace Tips.OnnxExport.Export;

/// <summary>The image encoder's part of an export.</summary>
internal sealed class VisionPart : EncoderPart
{
    private const string EmbeddingFile = "vision_embedding.onnx", DenseFile = "vision_dense.onnx", ValuePathFile = "vision_value_path.onnx";

    private readonly VisionTower _tower;
    private readonly int _height, _width;
    private readonly int[] _layers;
    private readonly GraphBuilder _embedding, _dense, _valuePath;

    private VisionPart(
        ICheckpoint checkpoint, VisionTower tower, (int Height, int Width) size, IReadOnlyList<int> layers, WeightPrecision precision)
        : base(checkpoint, precision)
    {
        (_tower, _height, _width) = (tower, size.Height, size.Width);
        _layers = [.. layers.Append(tower.Blocks.Count - 1).Distinct().Order()];
        _embedding = VisionGraph.Embedding(tower, _height, _width, Weights, precision);
        _dense = VisionGraph.Dense(tower, _layers, Weights, precision);
        _valuePath = VisionGraph.ValuePath(tower, Weights, precision);
    }

    public override int Width => _tower.Width;

    public override string Variant => (_tower.Width, _tower.Blocks.Count) switch
    {
        (384, 12) => "S",
        (768, 12) => "B",
        (1024, 24) => "L",
        (1152, 27) => "So400m",
        (1536, 40) => "g",
        _ => $"D{_tower.Width}x{_tower.Blocks.Count}",
    } + $"/{_tower.PatchSize}";

    public override IEnumerable<string> Sources => Checkpoint.Files;

    protected override string Name => "vision";

    protected override string Title => "image encoder";

    /// <param name="request">Names the checkpoint and the size of the pictures.</param>
    /// <param name="heads">The heads on top of it; their layers are known when this returns.</param>
    /// <returns>Null if the request names no image encoder.</returns>
    /// <exception cref="CheckpointException">
    /// The checkpoint is not an image encoder, contradicts the configuration, or does not belong to the heads.
    /// </exception>
    /// <exception cref="ArgumentException">The encoder cannot take pictures of the size asked for.</exception>
    public static VisionPart? Open(ExportRequest request, HeadParts heads)
    {
        if (request.VisionCheckpoint is null) return null;
        var checkpoint = CheckpointFile.Open(request.VisionCheckpoint);
        try
        {
            var (config, processor) = (request.Repository?.Config, request.Repository?.Processor);
            var tower = TowerLayouts.ReadVision(checkpoint, config?.Vision.Heads?.Value);
            if (config is not null) HuggingFaceChecks.Check(config, tower);
            request.Expected?.Check(checkpoint, tower);
            processor?.CheckSize(tower.PatchSize);
            var size = request.ImageSize
                ?? request.Repository?.ImageSize
                ?? ReleasedCheckpoints.DefaultImageSize(checkpoint.Path, tower);
            CheckSize(request, tower, size);
            CheckLayers(checkpoint, tower, request.Layers);
            heads.Attach(tower.Width, tower.Blocks.Count, checkpoint.Path);
            return new VisionPart(checkpoint, tower, size, [.. request.Layers, .. heads.Layers], request.Precision);
        }
        catch
        {
            checkpoint.Dispose();
            throw;
        }
    }

    private static void CheckLayers(ICheckpoint checkpoint, VisionTower tower, IReadOnlyList<int> layers)
    {
        int last = tower.Blocks.Count - 1;
        if (layers.Where(layer => layer < 0 || layer > last).Select(layer => (int?)layer).FirstOrDefault() is not { } bad) return;
        throw new ArgumentException($"There is no layer {bad}: the image encoder in '{checkpoint.Path}' has the layers 0 to {last}.");
    }

    // A size that nobody asked for is the fault of the file that has it.
    private static void CheckSize(ExportRequest request, VisionTower tower, (int Height, int Width) size)
    {
        try
        {
            CheckImageSize(size.Height, size.Width, tower.PatchSize, tower.Width);
        }
        catch (ArgumentException e) when (request is { ImageSize: null, Repository: { ImageSize: not null } repository })
        {
            throw repository.ImageSizeError($"has a size that cannot be used: {e.Message.TrimEnd('.')}");
        }
    }

    /// <exception cref="ArgumentException">An image encoder of these sizes cannot take pictures of that size.</exception>
    public static void CheckImageSize(int height, int width, int patch, int embeddingWidth)
    {
        if (height <= 0 || width <= 0 || height % patch != 0 || width % patch != 0)
        {
            throw new ArgumentException(
                $"Image size {height}x{width} does not fit: height and width must be positive multiples of the patch size {patch}.");
        }

        // One array holds the pixel values of a picture, another the embeddings of its positions.
        Int128 patches = (Int128)(height / patch) * (width / patch);
        Int128 values = Int128.Max((Int128)3 * height * width, patches * embeddingWidth);
        if (values > Array.MaxLength)
        {
            throw new ArgumentException(
                $"Image size {height}x{width} is too large: it needs tensors of {values:N0} values, expected at most "
                + $"{Array.MaxLength:N0}.");
        }
    }

    public VisionManifest Describe() => new()
    {
        ImageHeight = _height,
        ImageWidth = _width,
        PatchSize = _tower.PatchSize,
        Layers = _tower.Blocks.Count,
        Heads = _tower.Heads,
        FeedForward = _tower.FeedForward.Kind,
        FeedForwardDimension = _tower.FeedForward.HiddenWidth,
        CheckpointGrid = [_tower.Grid.Rows, _tower.Grid.Columns],
        TokenOrder = ["cls_1", "cls_2", "patches"],
        Preprocessing = PreprocessingManifest.Reference,
        Embedding = new GraphManifest(EmbeddingFile, VisionGraph.Input, VisionGraph.ClassTokens),
        Dense = new GraphManifest(DenseFile, VisionGraph.Input, VisionGraph.ClassTokens, VisionGraph.PatchTokens, Describe(_layers)),
        ValuePath = new GraphManifest(ValuePathFile, VisionGraph.Input, VisionGraph.ClassTokens, VisionGraph.PatchTokens),
        Weights = WeightsFile,
        Files = Files,
    };

    protected override IEnumerable<(string Name, Action<Stream> Write)> OtherFiles()
    {
        yield return (EmbeddingFile, Graph(_embedding));
        yield return (DenseFile, Graph(_dense));
        yield return (ValuePathFile, Graph(_valuePath));
    }

    /// <summary>The outputs of a dense graph for layers.</summary>
    public static LayerManifest[] Describe(int[] layers)
        => Array.ConvertAll(layers, layer => new LayerManifest(layer, VisionGraph.TokensOf(layer), VisionGraph.RawTokensOf(layer)));
}
