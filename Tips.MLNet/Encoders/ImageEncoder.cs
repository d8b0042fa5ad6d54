using System.Numerics.Tensors;
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

    private const int GpuBatchSize = 32, LargestCpuBatchSize = 32;

    private readonly VisionManifest _vision;
    private readonly string _place;
    private readonly GraphRunner _embedding, _dense;

    public ImageEncoder(ModelFiles files, VisionManifest vision, Execution execution)
    {
        (_vision, _place) = (vision, $"Model '{files.Manifest.Name}' ({files.Manifest.Precision})");
        EmbeddingDimension = files.Manifest.EmbeddingDimension;
        _embedding = Runner(vision.Embedding);
        _dense = Runner(vision.Dense, new ExpectedTensor(vision.Dense.PatchTokens!, typeof(float), [-1, PatchCount, EmbeddingDimension]));
        DefaultBatchSize = execution.Provider == ExecutionProvider.Cuda
            ? GpuBatchSize
            : Math.Clamp(CpuTokensPerBatch / (PatchCount + 2), 1, LargestCpuBatchSize);

        GraphRunner Runner(GraphManifest graph, params ExpectedTensor[] others) => new(
            typeof(TipsModel),
            files,
            vision,
            graph.File,
            execution,
            [new ExpectedTensor(graph.Input, typeof(float), [-1, 3, vision.ImageHeight, vision.ImageWidth])],
            [new ExpectedTensor(graph.ClassTokens, typeof(float), [-1, 2, EmbeddingDimension]), .. others]);
    }

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

    /// <summary>Most pictures whose pixel values fit into one array.</summary>
    public int LargestBatchSize => Array.MaxLength / PixelValuesPerImage;

    /// <summary>Opens the session that embeds; the one for patch tokens is opened by the first call that needs it.</summary>
    public void WarmUp() => _embedding.Open();

    /// <summary>Makes room for a batch.</summary>
    /// <param name="capacity">Pictures of the batch.</param>
    /// <param name="classToken">Which embedding to return.</param>
    /// <param name="normalize">Whether to L2-normalize.</param>
    /// <param name="preprocessor">How decoded pictures become pixel values; null does what the reference does.</param>
    public ImageBatch CreateBatch(int capacity, ClassToken classToken, bool normalize, ImagePreprocessor? preprocessor = null)
        => new(this, preprocessor ?? new ImagePreprocessor(ImageHeight, ImageWidth), capacity, classToken, normalize);

    /// <summary>Length of an embedding.</summary>
    public int EmbeddingLength(ClassToken classToken) => EmbeddingDimension * (classToken == ClassToken.Both ? 2 : 1);

    /// <summary>Computes both CLS tokens of each picture, batch × 2 × D, not normalized.</summary>
    public void Run(ReadOnlyMemory<float> pixelValues, int count, Memory<float> classTokens, CancellationToken cancellationToken)
    {
        var graph = _vision.Embedding;
        _embedding.Run(
            Input(graph.Input, pixelValues, count),
            [Output(graph.ClassTokens, classTokens, [count, 2, EmbeddingDimension], nameof(classTokens))],
            cancellationToken);
    }

    /// <summary>
    /// Computes both CLS tokens, batch × 2 × D, and the patch tokens, batch × patches × D, of each picture, not normalized.
    /// </summary>
    public void RunDense(
        ReadOnlyMemory<float> pixelValues,
        int count,
        Memory<float> classTokens,
        Memory<float> patchTokens,
        CancellationToken cancellationToken)
    {
        var graph = _vision.Dense;
        _dense.Run(
            Input(graph.Input, pixelValues, count),
            [
                Output(graph.ClassTokens, classTokens, [count, 2, EmbeddingDimension], nameof(classTokens)),
                Output(graph.PatchTokens!, patchTokens, [count, PatchCount, EmbeddingDimension], nameof(patchTokens)),
            ],
            cancellationToken);
    }

    /// <summary>The patch embeddings of one picture, after the final norm and not normalized.</summary>
    public PatchFeatures EmbedPatches(ImageSource image)
    {
        float[] pixels = new float[PixelValuesPerImage], classTokens = new float[2 * EmbeddingDimension];
        float[] patches = new float[PatchCount * EmbeddingDimension];
        image.Decode(decoded => new ImagePreprocessor(ImageHeight, ImageWidth).Preprocess(decoded, pixels));
        RunDense(pixels, 1, classTokens, patches, CancellationToken.None);
        if (!TensorPrimitives.IsFiniteAll<float>(patches))
        {
            throw new InvalidOperationException(
                $"{_place} gives a value that is not finite in the patches of picture '{image.Name}': its weights are damaged, or its "
                + "precision is too small for them.");
        }

        return PatchFeatures.Wrap(ImageHeight / PatchSize, ImageWidth / PatchSize, EmbeddingDimension, patches);
    }

    public void Dispose()
    {
        _embedding.Dispose();
        _dense.Dispose();
    }

    private NamedTensor Input(string name, ReadOnlyMemory<float> pixelValues, int count)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(count);
        long[] shape = [count, 3, ImageHeight, ImageWidth];
        return NamedTensor.Input(name, pixelValues[..TensorLength.Check(pixelValues.Length, shape, nameof(pixelValues))], shape);
    }

    private static NamedTensor Output(string name, Memory<float> buffer, long[] shape, string parameter)
        => NamedTensor.Output(name, buffer[..TensorLength.Check(buffer.Length, shape, parameter)], shape);
}
