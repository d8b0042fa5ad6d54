using System.Numerics.Tensors;
using Tips.MLNet.Images;
using Tips.MLNet.Models;

namespace Tips.MLNet.Encoders;

/// <summary>
/// Embeds the patches of pictures: resizes them as asked, runs them whole or window by window, and chooses a layer. Thread-safe.
/// </summary>
internal sealed class PatchEncoder : IDisposable
{
    private readonly VisionManifest _vision;
    private readonly string _model, _place;
    private readonly int _dimension;
    private readonly GraphRunner _dense;
    private readonly GraphRunner? _valuePath;
    private readonly Func<int, int> _batchSize;

    /// <param name="files">The model's files.</param>
    /// <param name="vision">Its image encoder.</param>
    /// <param name="execution">Where it runs.</param>
    /// <param name="batchSize">How many pictures of so many patches run together.</param>
    public PatchEncoder(ModelFiles files, VisionManifest vision, Execution execution, Func<int, int> batchSize)
    {
        (_vision, _batchSize, _dimension) = (vision, batchSize, files.Manifest.EmbeddingDimension);
        _model = $"Model '{files.Manifest.Name}'";
        _place = $"{_model} ({files.Manifest.Precision})";
        _dense = Runner(vision.Dense);
        if (vision.ValuePath is not null) _valuePath = Runner(vision.ValuePath);

        GraphRunner Runner(GraphManifest graph)
        {
            // A folder without a value path is of the time when graphs had one size.
            bool anySize = vision.ValuePath is not null;
            long[] input = anySize ? [-1, 3, -1, -1] : [-1, 3, vision.ImageHeight, vision.ImageWidth];
            var layers = (graph.Layers ?? []).SelectMany(layer => new[] { layer.Tokens, layer.RawTokens });
            return new GraphRunner(
                typeof(TipsModel),
                files,
                vision,
                graph.File,
                execution,
                [new ExpectedTensor(graph.Input, typeof(float), input)],
                [
                    new ExpectedTensor(graph.ClassTokens, typeof(float), [-1, 2, _dimension]),
                    .. layers.Append(graph.PatchTokens!).Select(name => new ExpectedTensor(name, typeof(float), [-1, -1, _dimension])),
                ]);
        }
    }

    /// <summary>Blocks whose tokens can be had.</summary>
    public IReadOnlyList<int> Layers => _vision.Dense.Layers is { } layers ? [.. layers.Select(l => l.Layer)] : [_vision.Layers - 1];

    private int PatchSize => _vision.PatchSize;

    /// <summary>Values of the patches of a picture of this size.</summary>
    public int ValuesOf(int height, int width) => PatchesOf(height, width) * _dimension;

    /// <summary>Pictures of this size that run together unless the caller asks for another number.</summary>
    public int BatchSizeFor(int height, int width) => _batchSize(PatchesOf(height, width));

    /// <summary>Most pictures of this size whose pixel values and tokens fit into one tensor each.</summary>
    public int LargestBatchSize(int height, int width)
        => TensorLength.Maximum / Math.Max(3 * height * width, ValuesOf(height, width) + 2 * _dimension);

    /// <summary>Computes both CLS tokens, batch × 2 × D, and the patch tokens, batch × patches × D, at the model's own size.</summary>
    public void Run(
        ReadOnlyMemory<float> pixelValues,
        int count,
        Memory<float> classTokens,
        Memory<float> patchTokens,
        CancellationToken cancellationToken)
    {
        var (graph, height, width) = (_vision.Dense, _vision.ImageHeight, _vision.ImageWidth);
        _dense.Run(
            [ImageEncoder.Input(graph.Input, pixelValues, count, height, width)],
            [
                ImageEncoder.Output(graph.ClassTokens, classTokens, [count, 2, _dimension], nameof(classTokens)),
                ImageEncoder.Output(
                    graph.PatchTokens!, patchTokens, [count, PatchesOf(height, width), _dimension], nameof(patchTokens)),
            ],
            cancellationToken);
    }

    /// <summary>Computes the patch tokens that the options ask for, batch × patches × D.</summary>
    public void Run(
        ReadOnlyMemory<float> pixelValues,
        int count,
        (int Height, int Width) size,
        PatchOptions options,
        Memory<float> patches,
        CancellationToken cancellationToken)
    {
        int patchCount = PatchesOf(size.Height, size.Width);
        var graph = options.ValuePath ? _vision.ValuePath! : _vision.Dense;
        var runner = options.ValuePath ? _valuePath! : _dense;
        NamedTensor[] input = [ImageEncoder.Input(graph.Input, pixelValues, count, size.Height, size.Width)];
        if (NameOf(options) is not { } name)
        {
            var output = ImageEncoder.Output(graph.PatchTokens!, patches, [count, patchCount, _dimension], nameof(patches));
            runner.Run(input, [output], cancellationToken);
            return;
        }

        int length = (patchCount + 2) * _dimension;
        float[] tokens = new float[count * length];
        runner.Run(
            input, [ImageEncoder.Output(name, tokens, [count, patchCount + 2, _dimension], nameof(patches))], cancellationToken);
        for (int i = 0; i < count; i++)
        {
            var source = tokens.AsSpan(i * length + 2 * _dimension, patchCount * _dimension);
            source.CopyTo(patches.Span[(i * patchCount * _dimension)..]);
        }
    }

    /// <summary>Computes the final-normed tokens of some blocks in one run: for each, batch × (2 + patches) × D.</summary>
    public float[][] RunLevels(
        ReadOnlyMemory<float> pixelValues,
        int count,
        (int Height, int Width) size,
        IReadOnlyList<int> layers,
        CancellationToken cancellationToken)
    {
        var graph = _vision.Dense;
        int tokenCount = PatchesOf(size.Height, size.Width) + 2;
        float[][] tokens = [.. layers.Select(_ => new float[checked(count * tokenCount * _dimension)])];
        _dense.Run(
            [ImageEncoder.Input(graph.Input, pixelValues, count, size.Height, size.Width)],
            [.. layers.Select((layer, i) => ImageEncoder.Output(
                graph.Layers!.First(l => l.Layer == layer).Tokens, tokens[i], [count, tokenCount, _dimension], nameof(tokens)))],
            cancellationToken);
        return tokens;
    }

    /// <summary>Checks that the model gives what the options ask for, of pictures of one size.</summary>
    /// <exception cref="InvalidOperationException">It was not exported.</exception>
    /// <exception cref="ArgumentException">The size does not fit.</exception>
    public void Check(PatchOptions options, (int Height, int Width) size)
    {
        Check(options, size == (_vision.ImageHeight, _vision.ImageWidth));
        if (size.Height % PatchSize != 0 || size.Width % PatchSize != 0)
        {
            throw new ArgumentException(
                $"Pictures of {size.Height}x{size.Width} (height x width) do not fit, expected multiples of the patch size {PatchSize}.");
        }

        if (!FitsTensors(size))
            throw new ArgumentException($"Pictures of {size.Height}x{size.Width} (height x width) do not fit into one tensor.");

        if (TooManyPatches(size, options.MaximumPatches) is { } reason)
            throw new ArgumentException($"Pictures of {size.Height}x{size.Width} (height x width) {reason}");
    }

    /// <summary>Checks that the model gives what the options ask for: a folder written by an earlier version can do less.</summary>
    /// <exception cref="InvalidOperationException">It was not exported.</exception>
    public void Check(PatchOptions options, bool isModelSize)
    {
        if (options.Layer is { } layer && layer >= _vision.Layers)
        {
            throw new InvalidOperationException(
                $"{_model} has no layer {layer}: its layers are 0 to {_vision.Layers - 1}.");
        }

        bool isOld = _vision.ValuePath is null;
        if (isOld && (options.ValuePath || !options.FinalNorm || !isModelSize))
        {
            throw new InvalidOperationException(
                $"{_model} was exported by an earlier version, whose graphs give the last layer's patches at one size. Export it again.");
        }

        if (options.Layer is not { } asked || Layers.Contains(asked)) return;
        throw new InvalidOperationException(
            $"{_model} does not give the tokens of layer {asked}, only those of {string.Join(", ", Layers)}. Export it with "
            + $"'--layers {string.Join(',', Layers.Where(l => l != _vision.Layers - 1).Append(asked).Order())}'.");
    }

    /// <summary>The patch embeddings of one picture.</summary>
    public PatchFeatures Embed(ImageSource image, PatchOptions options, CancellationToken cancellationToken)
    {
        options.Validate();
        Check(options, options.Input == PatchInput.ModelSize);
        PatchLayout layout;
        ResizedPicture picture;
        using (var decoded = image.Open(options.Background, cancellationToken))
        {
            layout = Layout(image.Name, decoded.Height, decoded.Width, options);
            picture = ResizedPicture.From(decoded, layout.Height, layout.Width, ResizeKernel.Bilinear, options.Background);
        }

        return Embed(image.Name, picture, layout, options, cancellationToken);
    }

    /// <summary>The patch embeddings of a picture that has its size.</summary>
    public PatchFeatures Embed(
        string name, ResizedPicture picture, PatchLayout layout, PatchOptions options, CancellationToken cancellationToken)
    {
        var (height, width) = (layout.WindowHeight, layout.WindowWidth);
        var grid = new PatchGrid(layout.PaddedHeight / PatchSize, layout.PaddedWidth / PatchSize, _dimension);
        (int Top, int Left)[] windows = [.. layout.Origins()];
        int batch = Math.Min(BatchSizeFor(height, width), windows.Length);
        float[] pixels = new float[batch * 3 * height * width], patches = new float[batch * ValuesOf(height, width)];
        foreach (var origins in windows.Chunk(batch))
            RunWindows(picture, layout, origins, options, (pixels, patches, grid), cancellationToken);
        var features = grid.ToFeatures();
        CheckFinite(features.Values, $"the patches of picture '{name}'");
        return features;
    }

    /// <summary>Throws if a result of the model is not finite.</summary>
    /// <exception cref="InvalidOperationException">It is not.</exception>
    public void CheckFinite(ReadOnlySpan<float> values, string what)
    {
        if (TensorPrimitives.IsFiniteAll(values)) return;
        throw new InvalidOperationException(
            $"{_place} gives a value that is not finite in {what}: its weights are damaged, or its precision is too small for them.");
    }

    public void Dispose()
    {
        _dense.Dispose();
        _valuePath?.Dispose();
    }

    private int PatchesOf(int height, int width) => height / PatchSize * (width / PatchSize);

    private bool FitsTensors((int Height, int Width) size)
        => Int128.Max(
            (Int128)3 * size.Height * size.Width,
            ((Int128)(size.Height / PatchSize) * (size.Width / PatchSize) + 2) * _dimension) <= TensorLength.Maximum;

    private string? TooManyPatches((int Height, int Width) size, int most)
    {
        long patches = (long)(size.Height / PatchSize) * (size.Width / PatchSize);
        return patches <= most
            ? null
            : $"would run with {patches:N0} patches together, expected at most {most:N0} ({nameof(PatchOptions.MaximumPatches)}).";
    }

    // The output that has the layer, or null for the one that has the last layer's patches alone.
    private string? NameOf(PatchOptions options)
    {
        int last = _vision.Layers - 1, layer = options.Layer ?? last;
        if (layer == last && options.FinalNorm) return null;
        var found = _vision.Dense.Layers!.First(l => l.Layer == layer);
        return options.FinalNorm ? found.Tokens : found.RawTokens;
    }

    /// <summary>Lays out a picture, unless it does not fit the options.</summary>
    public PatchLayout Layout(string name, int height, int width, PatchOptions options)
    {
        PatchLayout layout;
        try
        {
            layout = options.Input.Layout(height, width, (_vision.ImageHeight, _vision.ImageWidth), PatchSize);
        }
        catch (ArgumentException e)
        {
            throw new InvalidOperationException($"Picture '{name}' cannot be used: {e.Message}", e);
        }

        if (TooManyPatches((layout.WindowHeight, layout.WindowWidth), options.MaximumPatches) is { } reason)
            throw new InvalidOperationException($"Picture '{name}' {reason} Make it smaller, or raise that limit.");
        if (!FitsTensors((layout.WindowHeight, layout.WindowWidth)))
        {
            throw new InvalidOperationException(
                $"Picture '{name}' would run with {layout.WindowHeight}x{layout.WindowWidth} pixels (height x width), which do not fit "
                + "into one tensor.");
        }

        if ((long)layout.Height * layout.Width * 4 > Array.MaxLength)
        {
            throw new InvalidOperationException(
                $"Picture '{name}' resized to {layout.Height}x{layout.Width} (height x width) does not fit into one array.");
        }

        long values = (long)(layout.PaddedHeight / PatchSize) * (layout.PaddedWidth / PatchSize) * _dimension;
        return values <= Array.MaxLength
            ? layout
            : throw new InvalidOperationException(
                $"The patches of picture '{name}' would have {values:N0} values, expected at most {Array.MaxLength:N0}.");
    }

    private void RunWindows(
        ResizedPicture picture,
        PatchLayout layout,
        (int Top, int Left)[] origins,
        PatchOptions options,
        (float[] Pixels, float[] Patches, PatchGrid Grid) buffers,
        CancellationToken cancellationToken)
    {
        var (pixels, patches, grid) = buffers;
        var (height, width) = (layout.WindowHeight, layout.WindowWidth);
        int pixelCount = 3 * height * width, valueCount = ValuesOf(height, width);
        for (int i = 0; i < origins.Length; i++)
        {
            var planes = pixels.AsSpan(i * pixelCount, pixelCount);
            if (height * width == picture.Height * picture.Width || !layout.IsWhole)
                picture.ToPlanes(origins[i].Top, origins[i].Left, height, width, planes);
            else Pad(picture, layout, planes);
        }

        Run(pixels, origins.Length, (height, width), options, patches, cancellationToken);
        for (int i = 0; i < origins.Length; i++)
        {
            grid.Add(
                origins[i].Top / PatchSize,
                origins[i].Left / PatchSize,
                height / PatchSize,
                width / PatchSize,
                patches.AsSpan(i * valueCount, valueCount));
        }
    }

    // Zeros are already there.
    private static void Pad(ResizedPicture picture, PatchLayout layout, Span<float> planes)
    {
        var (height, width) = (picture.Height, picture.Width);
        float[] whole = new float[3 * height * width];
        picture.ToPlanes(0, 0, height, width, whole);
        for (int row = 0; row < 3 * height; row++)
        {
            var (plane, y) = Math.DivRem(row, height);
            int start = (plane * layout.PaddedHeight + layout.Top + y) * layout.PaddedWidth + layout.Left;
            whole.AsSpan(row * width, width).CopyTo(planes[start..]);
        }
    }
}
