using Tips.MLNet.Encoders;
using Tips.MLNet.Models;
using System.Numerics.Tensors;
using System.Security.Cryptography;
using Tips.MLNet.Text;

namespace Tips.MLNet;

/// <summary>
/// A TIPS model: the graphs of a model folder that <c>tips-onnx-export</c> wrote, ready to embed pictures and, if it has a text encoder, texts.
/// </summary>
/// <remarks>
/// <para>Thread safety: every member may be called from several threads at once.</para>
/// <para>Disposal: the model owns native memory (the sessions). Dispose it when no pipeline that uses it runs any more; a call that is
/// under way at that moment still ends normally. Loading is cheap in memory: a graph is opened by the first call that needs it; if the
/// files have changed since they were checked, that call throws.</para>
/// </remarks>
public sealed class TipsModel : IDisposable
{
    /// <summary>Least norm a vector is divided by: the reference's max(‖x‖₂, 1e-3).</summary>
    private const float MinimumNorm = 1e-3f;

    private readonly GraphRunner _embedding, _dense;
    private readonly GraphRunner? _text;
    private readonly Lazy<TipsTokenizer>? _tokenizer;

    internal TipsModel(ModelFiles files, TipsModelOptions options)
    {
        options.Validate();
        Files = files;
        Options = options;
        var vision = files.Manifest.Vision!;
        _embedding = VisionRunner(vision.Embedding);
        _dense = VisionRunner(vision.Dense, new ExpectedTensor(vision.Dense.PatchTokens!, typeof(float), [-1, PatchCount, EmbeddingDimension]));
        if (files.Manifest.Text is not { } text) return;
        _text = new GraphRunner(
            files, text, text.Graph.File, options, [new ExpectedTensor(text.Graph.Input, typeof(long), [-1, -1])], [new ExpectedTensor(text.Graph.Embedding, typeof(float), [-1, EmbeddingDimension])]);
        _tokenizer = new Lazy<TipsTokenizer>(() => LoadTokenizer(text), LazyThreadSafetyMode.PublicationOnly); // a failure may pass

        GraphRunner VisionRunner(GraphManifest graph, params ExpectedTensor[] others) => new(
            files,
            vision,
            graph.File,
            options,
            [new ExpectedTensor(graph.Input, typeof(float), [-1, 3, ImageHeight, ImageWidth])],
            [new ExpectedTensor(graph.ClassTokens, typeof(float), [-1, 2, EmbeddingDimension]), .. others]);
    }

    /// <summary>What the model folder says about itself.</summary>
    internal TipsManifest Manifest => Files.Manifest;

    /// <summary>The options the model was loaded with.</summary>
    public TipsModelOptions Options { get; }

    /// <summary>The folder the model was loaded from, or null if it came out of a saved pipeline that holds the model itself.</summary>
    public string? Folder => (Files as FolderModelFiles)?.Folder;

    /// <summary>Length D of one embedding.</summary>
    public int EmbeddingDimension => Manifest.EmbeddingDimension;

    /// <summary>Height of the input picture in pixels.</summary>
    public int ImageHeight => Manifest.Vision!.ImageHeight;

    /// <summary>Width of the input picture in pixels.</summary>
    public int ImageWidth => Manifest.Vision!.ImageWidth;

    /// <summary>Number of patch tokens of one picture: (height / patch size) · (width / patch size).</summary>
    public int PatchCount => ImageHeight / Manifest.Vision!.PatchSize * (ImageWidth / Manifest.Vision!.PatchSize);

    /// <summary>Number of floats of one picture in the input tensor: 3 · height · width.</summary>
    public int PixelValuesPerImage => 3 * ImageHeight * ImageWidth;

    /// <summary>Whether the model has a text encoder; see <see cref="Tokenizer"/> and <see cref="EmbedTokens"/>.</summary>
    public bool HasText => _text is not null;

    /// <summary>The tokenizer of the text encoder.</summary>
    /// <exception cref="InvalidOperationException">The model has no text encoder.</exception>
    /// <exception cref="InvalidDataException">The tokenizer's file is no SentencePiece model that can be used.</exception>
    public TipsTokenizer Tokenizer => (_tokenizer ?? throw NoText()).Value;

    /// <summary>Temperature of the contrastive loss: the logit of a picture and a text is their cosine divided by it. Null if neither the checkpoint nor a configuration beside it told.</summary>
    public float? Temperature => Manifest.Text?.Temperature;

    internal ModelFiles Files { get; }

    /// <summary>Loads a model folder.</summary>
    /// <param name="folder">The folder that <c>tips-onnx-export</c> wrote (its verbs <c>get</c> and <c>export</c>).</param>
    /// <param name="options">How the model is checked and run; the defaults if null.</param>
    /// <returns>The model; the caller disposes it.</returns>
    /// <exception cref="DirectoryNotFoundException">There is no such folder.</exception>
    /// <exception cref="FileNotFoundException">The folder has no manifest, or lacks a file that the manifest lists.</exception>
    /// <exception cref="InvalidDataException">The manifest is not valid, or a file's size or SHA-256 is not the listed one.</exception>
    public static TipsModel Load(string folder, TipsModelOptions? options = null)
    {
        ArgumentException.ThrowIfNullOrEmpty(folder);
        options ??= new TipsModelOptions();
        options.Validate();
        return new TipsModel(FolderModelFiles.Open(folder, options.Verification), options);
    }

    /// <summary>Computes the two CLS tokens of each picture, after the final norm and not L2-normalised.</summary>
    /// <param name="pixelValues">Batch × 3 × height × width, RGB in [0, 1]; see <c>ImagePreprocessor</c>.</param>
    /// <param name="count">Number of pictures, at least 1.</param>
    /// <param name="classTokens">Receives batch × 2 × D values: first CLS token, second CLS token.</param>
    /// <exception cref="ArgumentException">A buffer is too short.</exception>
    /// <exception cref="ObjectDisposedException">The model was disposed.</exception>
    /// <exception cref="InvalidOperationException">The graph cannot be opened with these options, is not what the manifest says, or fails.</exception>
    public void EmbedImages(Memory<float> pixelValues, int count, Memory<float> classTokens)
    {
        CheckInput(pixelValues, count);
        long[] inputShape = InputShape(count);
        var vision = Manifest.Vision!;
        _embedding.Run(
            NamedTensor.Of(vision.Embedding.Input, Take(pixelValues, inputShape, nameof(pixelValues)), inputShape),
            [Output(vision.Embedding.ClassTokens, classTokens, [count, 2, EmbeddingDimension], nameof(classTokens))]);
    }

    /// <summary>Computes the two CLS tokens and every patch token of each picture, after the final norm and not L2-normalised.</summary>
    /// <param name="pixelValues">Batch × 3 × height × width, RGB in [0, 1]; see <c>ImagePreprocessor</c>.</param>
    /// <param name="count">Number of pictures, at least 1.</param>
    /// <param name="classTokens">Receives batch × 2 × D values: first CLS token, second CLS token.</param>
    /// <param name="patchTokens">Receives batch × <see cref="PatchCount"/> × D values, patches row by row.</param>
    /// <exception cref="ArgumentException">A buffer is too short.</exception>
    /// <exception cref="ObjectDisposedException">The model was disposed.</exception>
    /// <exception cref="InvalidOperationException">The graph cannot be opened with these options, is not what the manifest says, or fails.</exception>
    public void EmbedImagesDense(Memory<float> pixelValues, int count, Memory<float> classTokens, Memory<float> patchTokens)
    {
        CheckInput(pixelValues, count);
        long[] inputShape = InputShape(count);
        var dense = Manifest.Vision!.Dense;
        _dense.Run(
            NamedTensor.Of(dense.Input, Take(pixelValues, inputShape, nameof(pixelValues)), inputShape),
            [
                Output(dense.ClassTokens, classTokens, [count, 2, EmbeddingDimension], nameof(classTokens)),
                Output(dense.PatchTokens!, patchTokens, [count, PatchCount, EmbeddingDimension], nameof(patchTokens)),
            ]);
    }

    /// <summary>Computes the embedding of each text, not L2-normalised.</summary>
    /// <param name="tokenIds">Batch × length ids, row by row, each filled up with 0 (see <see cref="TipsTokenizer"/>). A text without tokens gives zeros.</param>
    /// <param name="count">Number of texts, at least 1.</param>
    /// <param name="length">Ids of each, 1 to 64; the length of the longest text is enough and cheapest.</param>
    /// <param name="embeddings">Receives batch × D values.</param>
    /// <exception cref="ArgumentException">A buffer is too short, or an id out of range.</exception>
    /// <exception cref="ObjectDisposedException">The model was disposed.</exception>
    /// <exception cref="InvalidOperationException">The model has no text encoder, or its graph cannot be opened with these options, is not what the manifest says, or fails.</exception>
    public void EmbedTokens(Memory<long> tokenIds, int count, int length, Memory<float> embeddings)
    {
        var text = Manifest.Text ?? throw NoText();
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(count);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(length);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(length, text.MaximumLength);
        var ids = Take(tokenIds, [count, length], nameof(tokenIds));
        if (ids.Span.ContainsAnyExceptInRange(0, text.VocabularySize - 1)) throw new ArgumentException($"An id is out of range; expected 0 to {text.VocabularySize - 1}.", nameof(tokenIds));
        _text!.Run(
            NamedTensor.Of(text.Graph.Input, ids, [count, length]),
            [Output(text.Graph.Embedding, embeddings, [count, EmbeddingDimension], nameof(embeddings))]);
    }

    /// <summary>Tokenises and embeds texts, those of like length together.</summary>
    /// <param name="texts">The texts; what is behind 64 tokens is cut off.</param>
    /// <param name="normalize">Whether to L2-normalise, x / max(‖x‖₂, 1e-3).</param>
    /// <returns>texts × D values, in the order of the texts.</returns>
    /// <exception cref="ArgumentException">There are more texts than one array has room for.</exception>
    /// <exception cref="InvalidDataException">The tokenizer's file is not the one the manifest lists, or cannot be used.</exception>
    /// <exception cref="ObjectDisposedException">The model was disposed.</exception>
    /// <exception cref="InvalidOperationException">The model has no text encoder, or its graph cannot be opened with these options, is not what the manifest says, or fails.</exception>
    public float[] EmbedTexts(IReadOnlyList<string> texts, bool normalize = true)
    {
        ArgumentNullException.ThrowIfNull(texts);
        long needed = (long)texts.Count * Math.Max(EmbeddingDimension, TipsTokenizer.MaximumLength);
        if (needed > Array.MaxLength) throw new ArgumentException($"{texts.Count} texts are more than one array has room for; embed them in parts.", nameof(texts));
        float[] embeddings = TextEncoder.Embed(this, texts);
        if (!normalize) return embeddings;
        for (int start = 0; start < embeddings.Length; start += EmbeddingDimension) Normalize(embeddings.AsSpan(start, EmbeddingDimension));
        return embeddings;
    }

    /// <summary>Divides an embedding by max(‖x‖₂, 1e-3) in place, as the reference does before it compares embeddings by cosine.</summary>
    /// <param name="embedding">One embedding.</param>
    public static void Normalize(Span<float> embedding)
        => TensorPrimitives.Divide(embedding, MathF.Max(TensorPrimitives.Norm(embedding), MinimumNorm), embedding);

    /// <summary>Frees the sessions. Calls under way end normally; later ones throw <see cref="ObjectDisposedException"/>.</summary>
    public void Dispose()
    {
        _embedding.Dispose();
        _dense.Dispose();
        _text?.Dispose();
    }

    private static void CheckInput(Memory<float> pixelValues, int count)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(count);
        if (pixelValues.IsEmpty) throw new ArgumentException("The buffer is empty.", nameof(pixelValues));
    }

    private long[] InputShape(int count) => [count, 3, ImageHeight, ImageWidth];

    private static NamedTensor Output(string name, Memory<float> buffer, long[] shape, string argument) => NamedTensor.Of(name, Take(buffer, shape, argument), shape);

    private InvalidOperationException NoText() => new($"Model '{Manifest.Name}' has no text encoder. Make it with one: 'get' without --no-text, or 'export' with --text and --tokenizer.");

    private TipsTokenizer LoadTokenizer(TextManifest text)
    {
        var file = Manifest.Files.First(f => f.Name == text.Tokenizer);
        string place = $"Tokenizer '{text.Tokenizer}' of the {Files.Place}";
        byte[] bytes;
        using (var stream = Files.OpenRead(file))
        {
            bytes = new byte[stream.Length];
            stream.ReadExactly(bytes);
        }

        if (Convert.ToHexStringLower(SHA256.HashData(bytes)) != file.Sha256) throw new InvalidDataException($"{place} is not the one the manifest lists: its SHA-256 is another. Export the model again.");
        var tokenizer = TipsTokenizer.Load(bytes, place);
        if (!tokenizer.ReservesPad) throw new InvalidDataException($"{place} uses the id {TipsTokenizer.PadId} for '{tokenizer.GetPiece(TipsTokenizer.PadId)}', expected a control piece for padding.");
        return tokenizer.VocabularySize <= text.VocabularySize
            ? tokenizer
            : throw new InvalidDataException($"{place} has {tokenizer.VocabularySize} pieces, but the text encoder only {text.VocabularySize}.");
    }

    private static Memory<T> Take<T>(Memory<T> buffer, long[] shape, string argument)
    {
        long length = shape.Aggregate(1L, (a, b) => checked(a * b));
        if (buffer.Length < length) throw new ArgumentException($"The buffer has {buffer.Length} elements; [{string.Join(", ", shape)}] needs {length}.", argument);
        return buffer[..(int)length];
    }
}
