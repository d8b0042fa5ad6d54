using System.Runtime.CompilerServices;
using Tips.MLNet.Encoders;
using Tips.MLNet.Models;
using Tips.MLNet.Text;

namespace Tips.MLNet;

/// <summary>
/// A TIPS model: the image encoder, the text encoder, or both, of a folder that <c>tips-onnx-export</c> made. Pictures and texts become
/// vectors of the same space; their cosine says how well they match.
/// </summary>
/// <remarks>
/// <para>Thread safety: every member may be called from several threads at once.</para>
/// <para>Disposal: the model owns native memory (the sessions of ONNX Runtime). Dispose it when no pipeline uses it anymore; a call in
/// progress at that moment still ends normally. A stream of embeddings is one call from its first item on; it ends with its last, or when
/// its enumerator is disposed. Loading takes little memory: a graph is opened by the first call that needs it. If the files have changed
/// since they were checked, that call throws.</para>
/// <para>Embedding throws <see cref="ObjectDisposedException"/> after <see cref="Dispose"/>, and <see cref="InvalidOperationException"/> if
/// the model lacks the encoder, or if its graph cannot be opened (no native ONNX Runtime, no CUDA), is not what the manifest says, or
/// fails.</para>
/// </remarks>
/// <example>
/// <code>
/// using var model = TipsModel.Load("tips-b14");
/// float[] image = model.EmbedImage("cat.jpg");
/// float[] text = model.EmbedText("a photo of a cat");
/// Console.WriteLine(TipsModel.CosineSimilarity(image, text));
/// </code>
/// </example>
public sealed class TipsModel : IDisposable
{
    private readonly ImageEncoder? _images;
    private readonly TextEncoder? _texts;
    private readonly CallCounter _calls;

    internal TipsModel(ModelFiles files, TipsModelOptions options, Execution execution)
    {
        (Files, Options, Execution) = (files, options, execution);
        if (files.Manifest.Vision is { } vision && files.Has(vision)) _images = new ImageEncoder(files, vision, execution);
        if (files.Manifest.Text is { } text && files.Has(text)) _texts = new TextEncoder(files, text, execution);
        Heads = new HeadSet(files, _images, execution);
        _calls = new CallCounter(typeof(TipsModel), () =>
        {
            Heads.Dispose();
            _images?.Dispose();
            _texts?.Dispose();
        });
    }

    /// <summary>The model's name, given at export.</summary>
    public string Name => Files.Manifest.Name;

    /// <summary>Variant as the papers name it, such as "B/14"; otherwise its width and depth.</summary>
    public string Variant => Files.Manifest.Variant;

    /// <summary>The numbers the model computes with: "fp32", "fp16" or "int8". Inputs and outputs are float32 in all of them.</summary>
    public string Precision => Files.Manifest.Precision;

    /// <summary>License and attribution of the weights.</summary>
    public string License => Files.Manifest.License;

    /// <summary>The options that the model was loaded with.</summary>
    public TipsModelOptions Options { get; }

    /// <summary>Where the model runs.</summary>
    public ExecutionProvider Provider => Execution.Provider;

    /// <summary>
    /// The folder that the model was loaded from, or null if it came from a saved pipeline that contains the model itself.
    /// </summary>
    public string? Folder => (Files as FolderModelFiles)?.Folder;

    /// <summary>Length D of one embedding.</summary>
    public int EmbeddingDimension => Files.Manifest.EmbeddingDimension;

    /// <summary>Whether the model has its image encoder.</summary>
    public bool HasImages => _images is not null;

    /// <summary>Whether the model has its text encoder.</summary>
    public bool HasText => _texts is not null;

    /// <summary>
    /// Whether the model has a tokenizer, so that it can embed texts. One that was exported without it takes token ids only.
    /// </summary>
    public bool HasTokenizer => HasText && Files.Manifest.Text!.Tokenizer is not null;

    /// <summary>Height of the input picture in pixels.</summary>
    /// <exception cref="InvalidOperationException">The model has no image encoder.</exception>
    public int ImageHeight => Images.ImageHeight;

    /// <summary>Width of the input picture in pixels.</summary>
    /// <exception cref="InvalidOperationException">The model has no image encoder.</exception>
    public int ImageWidth => Images.ImageWidth;

    /// <summary>Patch tokens of one picture: (height / patch size) · (width / patch size).</summary>
    /// <exception cref="InvalidOperationException">The model has no image encoder.</exception>
    public int PatchCount => Images.PatchCount;

    /// <summary>What the model has heads for; none if it was exported without.</summary>
    public IReadOnlyList<DenseTask> DenseTasks => Heads.Tasks;

    /// <summary>Blocks whose tokens <see cref="EmbedPatches"/> can return, from 0; the last is always among them.</summary>
    /// <exception cref="InvalidOperationException">The model has no image encoder.</exception>
    public IReadOnlyList<int> PatchLayers => Images.Patches.Layers;

    /// <summary>Floats of one picture in the input tensor: 3 · height · width.</summary>
    /// <exception cref="InvalidOperationException">The model has no image encoder.</exception>
    public int PixelValuesPerImage => Images.PixelValuesPerImage;

    /// <summary>The tokenizer of the text encoder.</summary>
    /// <exception cref="InvalidOperationException">The model has no text encoder, or was exported without a tokenizer.</exception>
    /// <exception cref="InvalidDataException">The tokenizer's file cannot be used.</exception>
    public TipsTokenizer Tokenizer => Texts.Tokenizer;

    /// <summary>
    /// Temperature of the contrastive loss: the logit of a picture and a text is their cosine divided by it. Null if neither the checkpoint
    /// nor a configuration beside it had one.
    /// </summary>
    public float? Temperature => Files.Manifest.Text?.Temperature;

    internal ModelFiles Files { get; }

    internal TipsManifest Manifest => Files.Manifest;

    internal Execution Execution { get; }

    internal ImageEncoder Images => _images ?? throw Missing(
        "image", "export its checkpoint with '--vision FILE' (and '--text' and '--tokenizer' for both), or 'get' it without --no-vision");

    internal HeadSet Heads { get; }

    internal TextEncoder Texts => _texts ?? throw Missing(
        "text", "export its checkpoint with '--text FILE --tokenizer FILE' (and '--vision' for both), or 'get' it without --no-text");

    /// <summary>Begins a call that uses the encoders directly.</summary>
    internal IDisposable EnterCall() => _calls.Enter();

    /// <summary>Loads a model folder.</summary>
    /// <param name="folder">The folder that <c>tips-onnx-export</c> made, by <c>get</c> or <c>export</c>.</param>
    /// <param name="options">How the model is checked and run; the defaults if null.</param>
    /// <param name="warmUp">
    /// Whether to open the sessions that embed pictures and texts now, so that a missing native library or GPU shows here. Those for
    /// patches and heads are opened by the first call that needs them.
    /// </param>
    /// <returns>The model; the caller disposes it.</returns>
    /// <exception cref="DirectoryNotFoundException">There is no such folder.</exception>
    /// <exception cref="FileNotFoundException">The folder has no manifest, or lacks a file that the manifest lists.</exception>
    /// <exception cref="InvalidDataException">The manifest is not valid, or a file's size or SHA-256 is not the listed one.</exception>
    /// <exception cref="InvalidOperationException">A session that should be opened now cannot be opened.</exception>
    public static TipsModel Load(string folder, TipsModelOptions? options = null, bool warmUp = false)
    {
        ArgumentException.ThrowIfNullOrEmpty(folder);
        options ??= new TipsModelOptions();
        options.Validate();
        var execution = Execution.Resolve(options, contextDevice: null, fallBackToCpu: false, out _);
        var model = new TipsModel(FolderModelFiles.Open(folder, options.Verification), options, execution);
        try
        {
            if (warmUp) model.WarmUp();
            return model;
        }
        catch
        {
            model.Dispose();
            throw;
        }
    }

    /// <summary>Embeds a picture.</summary>
    /// <param name="image">The picture: a path, bytes, an <c>MLImage</c>, or what <see cref="ImageSource"/> makes.</param>
    /// <param name="classToken">Which embedding to return.</param>
    /// <param name="normalize">Whether to L2-normalize, x / max(‖x‖₂, 1e-3).</param>
    /// <returns>D values; 2·D for <see cref="ClassToken.Both"/>.</returns>
    /// <exception cref="FileNotFoundException">There is no such file.</exception>
    /// <exception cref="InvalidDataException">The picture cannot be read.</exception>
    /// <exception cref="IOException">The file or the stream fails while it is read.</exception>
    /// <exception cref="InvalidOperationException">The model has no image encoder, or it cannot be run.</exception>
    public float[] EmbedImage(ImageSource image, ClassToken classToken = ClassToken.First, bool normalize = true)
    {
        ArgumentNullException.ThrowIfNull(image);
        using var call = _calls.Enter();
        return Images.CreateBatch(1, 1, Check(classToken), normalize).EmbedOne(image);
    }

    /// <summary>Embeds pictures, in batches, decoding on all cores (see <see cref="TipsModelOptions.DecodingThreads"/>).</summary>
    /// <param name="images">The pictures, such as <c>paths.Select(ImageSource.FromFile)</c>; read once.</param>
    /// <param name="classToken">Which embedding to return.</param>
    /// <param name="normalize">Whether to L2-normalize, x / max(‖x‖₂, 1e-3).</param>
    /// <param name="progress">Receives the number of pictures embedded so far, after each batch.</param>
    /// <param name="cancellationToken">Stops within the current batch.</param>
    /// <returns>D values for each picture, or 2·D for <see cref="ClassToken.Both"/>, in the order of the pictures.</returns>
    /// <exception cref="ArgumentException">A picture is null.</exception>
    /// <exception cref="FileNotFoundException">A file is missing.</exception>
    /// <exception cref="InvalidDataException">A picture cannot be read; the message names it.</exception>
    /// <exception cref="IOException">A file or a stream fails while it is read.</exception>
    /// <exception cref="InvalidOperationException">The model has no image encoder, or it cannot be run.</exception>
    /// <exception cref="OperationCanceledException">It was canceled.</exception>
    public float[][] EmbedImages(
        IEnumerable<ImageSource> images,
        ClassToken classToken = ClassToken.First,
        bool normalize = true,
        IProgress<int>? progress = null,
        CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(images);
        var embeddings = EmbedImagesAsync(images.ToAsyncEnumerable(), classToken, normalize, progress, cancellationToken);
        return [.. embeddings.ToBlockingEnumerable(cancellationToken)];
    }

    /// <summary>
    /// Embeds a stream of pictures of any length in bounded memory: up to 64 pictures (two for each decoding thread, if that is more) are
    /// taken from it ahead of the encoder, and as many are decoded.
    /// </summary>
    /// <param name="images">The pictures. A stream is read before the next picture is asked for, so the iterator may close it then.</param>
    /// <param name="classToken">Which embedding to return.</param>
    /// <param name="normalize">Whether to L2-normalize, x / max(‖x‖₂, 1e-3).</param>
    /// <param name="progress">Receives the number of pictures embedded so far, after each batch.</param>
    /// <param name="cancellationToken">Stops within the current batch.</param>
    /// <returns>
    /// D values for each picture, or 2·D for <see cref="ClassToken.Both"/>, in the order of the pictures. A picture that cannot be read
    /// causes an exception, as in <see cref="EmbedImages"/>, after the embeddings of all pictures before it.
    /// </returns>
    /// <exception cref="InvalidOperationException">The model has no image encoder.</exception>
    public IAsyncEnumerable<float[]> EmbedImagesAsync(
        IAsyncEnumerable<ImageSource> images,
        ClassToken classToken = ClassToken.First,
        bool normalize = true,
        IProgress<int>? progress = null,
        CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(images);
        _calls.Enter().Dispose();
        var encoder = Images;
        Check(classToken);
        var plan = encoder.PlanFor(encoder.DefaultBatchSize, encoder.PixelValuesPerImage);
        return Counted(
            token => EmbeddingStream.EmbedAsync(
                NotNull(images, "Picture", nameof(images)).Select(image => image.WithStreamRead()),
                () => encoder.CreateBatch(plan.Window, plan.BatchSize, classToken, normalize),
                plan,
                progress,
                token),
            cancellationToken);
    }

    /// <summary>
    /// Embeds the patches of a picture: one vector for each patch, not L2-normalized. By default they are those of the last layer after
    /// the final norm, and the picture is resized to <see cref="ImageHeight"/> × <see cref="ImageWidth"/>.
    /// </summary>
    /// <param name="image">
    /// The picture: a path, the bytes of a file, an <see cref="Microsoft.ML.Data.MLImage"/>, or a source of any kind.
    /// </param>
    /// <param name="options">Layer, value path, and in what size; the defaults if null.</param>
    /// <param name="cancellationToken">Stops it, though not while the picture is decoded and resized.</param>
    /// <returns>The grid of patch embeddings.</returns>
    /// <exception cref="ArgumentException">An option is out of range.</exception>
    /// <exception cref="FileNotFoundException">The file is missing.</exception>
    /// <exception cref="InvalidDataException">The picture cannot be read.</exception>
    /// <exception cref="IOException">The file or the stream fails while it is read.</exception>
    /// <exception cref="InvalidOperationException">
    /// The model has no image encoder, was not exported with what is asked for, cannot be run, or gives a value that is not finite; or the
    /// picture does not fit the options.
    /// </exception>
    /// <exception cref="OperationCanceledException">It was canceled.</exception>
    public PatchFeatures EmbedPatches(ImageSource image, PatchOptions? options = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(image);
        using var call = _calls.Enter();
        return Images.Patches.Embed(image, options ?? new PatchOptions(), cancellationToken);
    }

    /// <summary>Embeds a text. What comes after its first 64 tokens is cut off; a text without tokens gives the zero vector.</summary>
    /// <param name="text">The text.</param>
    /// <param name="normalize">Whether to L2-normalize, x / max(‖x‖₂, 1e-3).</param>
    /// <returns>D values.</returns>
    /// <exception cref="InvalidDataException">The tokenizer's file is not the one that the manifest lists, or cannot be used.</exception>
    /// <exception cref="InvalidOperationException">The model has no text encoder or no tokenizer, or cannot be run.</exception>
    public float[] EmbedText(string text, bool normalize = true)
    {
        ArgumentNullException.ThrowIfNull(text);
        using var call = _calls.Enter();
        return Texts.CreateBatch(1, normalize).EmbedOne(text);
    }

    /// <summary>Embeds texts, running those of similar length together.</summary>
    /// <param name="texts">The texts; read once.</param>
    /// <param name="normalize">Whether to L2-normalize, x / max(‖x‖₂, 1e-3).</param>
    /// <param name="progress">Receives the number of texts embedded so far, after each batch.</param>
    /// <param name="cancellationToken">Stops within the current batch.</param>
    /// <returns>D values for each text, in the order of the texts.</returns>
    /// <exception cref="ArgumentException">A text is null.</exception>
    /// <exception cref="InvalidDataException">The tokenizer's file is not the one that the manifest lists, or cannot be used.</exception>
    /// <exception cref="InvalidOperationException">The model has no text encoder or no tokenizer, or cannot be run.</exception>
    /// <exception cref="OperationCanceledException">It was canceled.</exception>
    public float[][] EmbedTexts(
        IEnumerable<string> texts, bool normalize = true, IProgress<int>? progress = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(texts);
        var embeddings = EmbedTextsAsync(texts.ToAsyncEnumerable(), normalize, progress, cancellationToken);
        return [.. embeddings.ToBlockingEnumerable(cancellationToken)];
    }

    /// <summary>Embeds a stream of texts of any length in bounded memory: at most two batches are held at a time.</summary>
    /// <param name="texts">The texts.</param>
    /// <param name="normalize">Whether to L2-normalize, x / max(‖x‖₂, 1e-3).</param>
    /// <param name="progress">Receives the number of texts embedded so far, after each batch.</param>
    /// <param name="cancellationToken">Stops within the current batch.</param>
    /// <returns>
    /// D values for each text, in the order of the texts. A null text causes an exception, as in <see cref="EmbedTexts"/>, after the
    /// embeddings of all texts before it.
    /// </returns>
    /// <exception cref="InvalidOperationException">The model has no text encoder.</exception>
    public IAsyncEnumerable<float[]> EmbedTextsAsync(
        IAsyncEnumerable<string> texts,
        bool normalize = true,
        IProgress<int>? progress = null,
        CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(texts);
        _calls.Enter().Dispose();
        var encoder = Texts;
        return Counted(
            token => EmbeddingStream.EmbedAsync(
                NotNull(texts, "Text", nameof(texts)),
                () => encoder.CreateBatch(TextEncoder.DefaultBatchSize, normalize),
                new DecodingPlan(
                    TextEncoder.DefaultBatchSize, TextEncoder.DefaultBatchSize, Environment.ProcessorCount, TakesTurns: false),
                progress,
                token),
            cancellationToken);
    }

    /// <summary>
    /// Runs the image encoder on pixel values: the two CLS tokens of each picture, after the final norm and not normalized.
    /// </summary>
    /// <param name="pixelValues">Batch × 3 × height × width, RGB in [0, 1]; see <c>ImagePreprocessor</c>.</param>
    /// <param name="count">Number of pictures, at least 1.</param>
    /// <param name="classTokens">Receives batch × 2 × D values: first CLS token, second CLS token.</param>
    /// <param name="cancellationToken">Stops the run.</param>
    /// <exception cref="ArgumentException">A buffer is too short.</exception>
    /// <exception cref="InvalidOperationException">The model has no image encoder, or it cannot be run.</exception>
    /// <exception cref="OperationCanceledException">It was canceled.</exception>
    public void RunPixels(
        ReadOnlyMemory<float> pixelValues, int count, Memory<float> classTokens, CancellationToken cancellationToken = default)
    {
        using var call = _calls.Enter();
        Images.Run(pixelValues, count, classTokens, cancellationToken);
    }

    /// <summary>
    /// Runs the image encoder on pixel values: the two CLS tokens and every patch token of each picture, after the final norm and not
    /// normalized.
    /// </summary>
    /// <param name="pixelValues">Batch × 3 × height × width, RGB in [0, 1]; see <c>ImagePreprocessor</c>.</param>
    /// <param name="count">Number of pictures, at least 1.</param>
    /// <param name="classTokens">Receives batch × 2 × D values: first CLS token, second CLS token.</param>
    /// <param name="patchTokens">Receives batch × <see cref="PatchCount"/> × D values, patches row by row.</param>
    /// <param name="cancellationToken">Stops the run.</param>
    /// <exception cref="ArgumentException">A buffer is too short.</exception>
    /// <exception cref="InvalidOperationException">The model has no image encoder, or it cannot be run.</exception>
    /// <exception cref="OperationCanceledException">It was canceled.</exception>
    public void RunPixels(
        ReadOnlyMemory<float> pixelValues,
        int count,
        Memory<float> classTokens,
        Memory<float> patchTokens,
        CancellationToken cancellationToken = default)
    {
        using var call = _calls.Enter();
        Images.Patches.Run(pixelValues, count, classTokens, patchTokens, cancellationToken);
    }

    /// <summary>Runs the text encoder on token ids: the embedding of each text, not normalized.</summary>
    /// <param name="tokenIds">
    /// Batch × length ids, row by row, each padded with 0 (see <see cref="TipsTokenizer"/>). A text without tokens gives zeros.
    /// </param>
    /// <param name="count">Number of texts, at least 1.</param>
    /// <param name="length">Ids per text, 1 to 64; the length of the longest text is enough, and costs the least.</param>
    /// <param name="embeddings">Receives batch × D values.</param>
    /// <param name="cancellationToken">Stops the run.</param>
    /// <exception cref="ArgumentException">A buffer is too short, or an id out of range.</exception>
    /// <exception cref="InvalidOperationException">The model has no text encoder, or it cannot be run.</exception>
    /// <exception cref="OperationCanceledException">It was canceled.</exception>
    public void RunTokens(
        ReadOnlyMemory<long> tokenIds, int count, int length, Memory<float> embeddings, CancellationToken cancellationToken = default)
    {
        using var call = _calls.Enter();
        Texts.Run(tokenIds, count, length, embeddings, cancellationToken);
    }

    /// <summary>Divides an embedding by max(‖x‖₂, 1e-3) in place, as the reference does before it computes cosines.</summary>
    /// <param name="embedding">One embedding.</param>
    public static void Normalize(Span<float> embedding) => Embedding.Normalize(embedding);

    /// <summary>Cosine of the angle between two embeddings, from −1 to 1; 0 if one of them is the zero vector.</summary>
    /// <param name="first">An embedding, normalized or not.</param>
    /// <param name="second">Another of the same length.</param>
    /// <returns>The cosine.</returns>
    /// <exception cref="ArgumentException">The lengths differ.</exception>
    public static float CosineSimilarity(ReadOnlySpan<float> first, ReadOnlySpan<float> second)
    {
        if (first.Length != second.Length)
            throw new ArgumentException($"The second embedding has {second.Length} values, expected {first.Length}.", nameof(second));
        return Embedding.Cosine(first, second);
    }

    /// <summary>Frees the sessions. Calls in progress end normally; later ones throw <see cref="ObjectDisposedException"/>.</summary>
    public void Dispose() => _calls.Dispose();

    private static ClassToken Check(ClassToken classToken) => Enum.IsDefined(classToken)
        ? classToken
        : throw new ArgumentOutOfRangeException(nameof(classToken), classToken, "Unknown class token.");

    private static IAsyncEnumerable<T> NotNull<T>(IAsyncEnumerable<T> items, string kind, string parameter)
        where T : class
        => items.Select((item, index) => item ?? throw new ArgumentException($"{kind} {index} is null.", parameter));

    // A stream is one call, from its first item to its last.
    private async IAsyncEnumerable<float[]> Counted(
        Func<CancellationToken, IAsyncEnumerable<float[]>> embed, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        using var call = _calls.Enter();
        await foreach (float[] embedding in embed(cancellationToken).ConfigureAwait(false)) yield return embedding;
    }

    private void WarmUp()
    {
        _images?.WarmUp();
        _texts?.WarmUp();
    }

    private InvalidOperationException Missing(string encoder, string remedy)
        => new($"Model '{Name}' has no {encoder} encoder. To add it, {remedy}.");
}
