using Tips.MLNet.Images;
using Tips.MLNet.Models;

namespace Tips.MLNet.Encoders;

/// <summary>
/// Embeds pictures: decode and resize, collect a batch, run the graph, choose and normalize a CLS token. The twin of
/// <see cref="TextEncoder"/>. Thread-safe.
/// </summary>
internal sealed class ImageEncoder : IDisposable
{
    /// <summary>
    /// One 448-pixel picture (1,026 tokens) keeps all CPU cores busy, and larger batches only overflow the caches. This many tokens are
    /// enough to spread the fixed costs over several small pictures.
    /// </summary>
    private const int CpuTokensPerBatch = 512;

    /// <summary>32 pictures at 448; of larger ones fewer, since attention takes memory with the square of their tokens.</summary>
    private const int GpuTokensPerBatch = 32 * 1026;

    private const int LargestBatch = 32;

    private readonly VisionManifest _vision;
    private readonly GraphRunner _embedding;
    private readonly int _decodingThreads;
    private readonly bool _takesTurns;

    public ImageEncoder(ModelFiles files, VisionManifest vision, Execution execution)
    {
        _vision = vision;
        (_decodingThreads, _takesTurns) = (execution.DecodingThreads, execution.TakesTurns);
        EmbeddingDimension = files.Manifest.EmbeddingDimension;
        var graph = vision.Embedding;
        _embedding = new GraphRunner(
            typeof(TipsModel),
            files,
            vision,
            graph.File,
            execution,
            [new ExpectedTensor(graph.Input, typeof(float), [-1, 3, vision.ImageHeight, vision.ImageWidth])],
            [new ExpectedTensor(graph.ClassTokens, typeof(float), [-1, 2, EmbeddingDimension])]);
        Patches = new PatchEncoder(files, vision, execution, BatchSize);
        DefaultBatchSize = BatchSize(PatchCount);

        int BatchSize(int patches)
        {
            bool isGpu = execution.Provider == ExecutionProvider.Cuda;
            return Math.Clamp((isGpu ? GpuTokensPerBatch : CpuTokensPerBatch) / (patches + 2), 1, LargestBatch);
        }
    }

    /// <summary>What embeds patches; its sessions are opened by the first call that needs them.</summary>
    public PatchEncoder Patches { get; }

    public int EmbeddingDimension { get; }

    public int ImageHeight => _vision.ImageHeight;

    public int ImageWidth => _vision.ImageWidth;

    public int PatchSize => _vision.PatchSize;

    /// <summary>Patch tokens of one picture.</summary>
    public int PatchCount => ImageHeight / PatchSize * (ImageWidth / PatchSize);

    /// <summary>Floats of one picture in the input tensor.</summary>
    public int PixelValuesPerImage => 3 * ImageHeight * ImageWidth;

    /// <summary>Pictures run together unless the caller asks for another number.</summary>
    public int DefaultBatchSize { get; }

    /// <summary>Most pictures whose pixel values fit into one tensor.</summary>
    public int LargestBatchSize => TensorLength.Maximum / PixelValuesPerImage;

    /// <summary>Opens the session that embeds; the one for patch tokens is opened by the first call that needs it.</summary>
    public void WarmUp() => _embedding.Open();

    /// <summary>How pictures of the model's own size, or another, are decoded and run.</summary>
    public DecodingPlan PlanFor(int batchSize, int valuesPerPicture)
        => DecodingPlan.For(batchSize, valuesPerPicture, _decodingThreads, _takesTurns);

    /// <summary>Makes room for a batch.</summary>
    /// <param name="capacity">Pictures that are prepared at a time.</param>
    /// <param name="batchSize">Pictures that run together.</param>
    /// <param name="classToken">Which embedding to return.</param>
    /// <param name="normalize">Whether to L2-normalize.</param>
    /// <param name="preprocessor">How decoded pictures become pixel values; null does what the reference does.</param>
    public ImageBatch CreateBatch(
        int capacity, int batchSize, ClassToken classToken, bool normalize, ImagePreprocessor? preprocessor = null)
        => new(this, preprocessor ?? new ImagePreprocessor(ImageHeight, ImageWidth), capacity, batchSize, classToken, normalize);

    /// <summary>Length of an embedding.</summary>
    public int EmbeddingLength(ClassToken classToken) => EmbeddingDimension * (classToken == ClassToken.Both ? 2 : 1);

    /// <summary>Computes both CLS tokens of each picture, batch × 2 × D, not normalized.</summary>
    public void Run(ReadOnlyMemory<float> pixelValues, int count, Memory<float> classTokens, CancellationToken cancellationToken)
    {
        var graph = _vision.Embedding;
        _embedding.Run(
            [Input(graph.Input, pixelValues, count, ImageHeight, ImageWidth)],
            [Output(graph.ClassTokens, classTokens, [count, 2, EmbeddingDimension], nameof(classTokens))],
            cancellationToken);
    }

    public void Dispose()
    {
        _embedding.Dispose();
        Patches.Dispose();
    }

    /// <summary>An input of pixel values, batch × 3 × height × width.</summary>
    public static NamedTensor Input(string name, ReadOnlyMemory<float> pixelValues, int count, int height, int width)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(count);
        long[] shape = [count, 3, height, width];
        return NamedTensor.Input(name, pixelValues[..TensorLength.Check(pixelValues.Length, shape, nameof(pixelValues))], shape);
    }

    /// <summary>An output of the given shape.</summary>
    public static NamedTensor Output(string name, Memory<float> buffer, long[] shape, string parameter)
        => NamedTensor.Output(name, buffer[..TensorLength.Check(buffer.Length, shape, parameter)], shape);
}
