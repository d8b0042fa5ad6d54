using Tips.MLNet.Dense;
using Tips.MLNet.Images;

namespace Tips.MLNet;

/// <summary>
/// Divides pictures into regions by the names of their classes, without a single example: TIPS's zero-shot segmentation. Each patch is
/// compared with the embedding of every class by cosine; the patches are those of the value path, and the embeddings those of a
/// <see cref="ZeroShotClassifier"/>, whose temperature does not matter here.
/// </summary>
/// <remarks>
/// The model must not be disposed while the segmenter is in use. Immutable; every member may be called from several threads at once.
/// </remarks>
public sealed class ZeroShotSegmenter
{
    private static readonly PatchOptions ValuePath = new() { ValuePath = true }, Ordinary = new();

    private readonly TipsModel _model;
    private readonly float[] _embeddings;

    /// <summary>Makes a segmenter.</summary>
    /// <param name="model">The model; the caller owns it.</param>
    /// <param name="classes">
    /// The classes and their embeddings, made with the same model; at most <see cref="ClassMap.MaximumClasses"/>. What is none of the
    /// things that are asked for can be a class by itself, such as "background".
    /// </param>
    /// <exception cref="ArgumentException">There are too many classes, or they belong to another model.</exception>
    /// <exception cref="InvalidOperationException">The model has no image encoder, or was exported without a value path.</exception>
    public ZeroShotSegmenter(TipsModel model, ZeroShotClassifier classes)
        : this(model, (classes ?? throw new ArgumentNullException(nameof(classes))).Labels, classes.Embeddings)
    {
    }

    internal ZeroShotSegmenter(TipsModel model, IReadOnlyList<string> labels, ReadOnlySpan<float> embeddings)
    {
        ArgumentNullException.ThrowIfNull(model);
        if (labels.Count > ClassMap.MaximumClasses)
            throw new ArgumentException($"There are {labels.Count} classes, expected at most {ClassMap.MaximumClasses}.", nameof(labels));
        if (embeddings.Length != labels.Count * model.EmbeddingDimension)
        {
            throw new ArgumentException(
                $"The embeddings of the classes have {embeddings.Length / labels.Count} values each, but those of model '{model.Name}' "
                + $"have {model.EmbeddingDimension}.",
                nameof(embeddings));
        }

        model.Images.Patches.Check(ValuePath, (model.ImageHeight, model.ImageWidth));
        (_model, Labels, _embeddings) = (model, labels, FeatureMath.Normalized(embeddings, model.EmbeddingDimension));
    }

    /// <summary>The names of the classes.</summary>
    public IReadOnlyList<string> Labels { get; }

    /// <summary>Finds the class of every pixel of a picture, at the picture's own size.</summary>
    /// <param name="image">The picture.</param>
    /// <param name="options">Mode and sizes; the published protocol if null.</param>
    /// <param name="cancellationToken">Stops it, though not while the picture is decoded and resized.</param>
    /// <returns>The classes.</returns>
    /// <exception cref="ArgumentException">An option is out of range.</exception>
    /// <exception cref="FileNotFoundException">The file is missing.</exception>
    /// <exception cref="InvalidDataException">The picture cannot be read.</exception>
    /// <exception cref="IOException">The file or the stream fails while it is read.</exception>
    /// <exception cref="InvalidOperationException">
    /// The model cannot be run, or the picture would need more patches than it may, or is too long for one array.
    /// </exception>
    /// <exception cref="OperationCanceledException">It was canceled.</exception>
    public ClassMap Segment(ImageSource image, SegmentationOptions? options = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(image);
        options ??= new SegmentationOptions();
        var (scores, height, width) = Score(image, options, cancellationToken);
        using (scores as IDisposable) return ClassRows.Best(scores, height, width, Labels, cancellationToken);
    }

    /// <summary>
    /// The scores of a picture, and its own size: probabilities at the size that it is resized to, or cosines on the grid of its patches.
    /// </summary>
    internal (IScoreRows Scores, int Height, int Width) Score(
        ImageSource image, SegmentationOptions options, CancellationToken cancellationToken)
    {
        options.Validate();
        int size = options.ImageSize ?? _model.ImageHeight, patch = _model.Images.PatchSize;
        int stride = options.Stride ?? Math.Max(1, size * 3 / 4);
        if (size % patch != 0)
        {
            throw new ArgumentException(
                $"The image size {size} does not fit, expected a multiple of the patch size {patch}.", nameof(options));
        }

        if (stride > size)
            throw new ArgumentException($"A stride of {stride} pixels would leave gaps between windows of {size}.", nameof(options));
        using var call = _model.EnterCall();
        int height, width;
        ResizedPicture picture;
        using (var decoded = image.Open(options.Background, cancellationToken))
        {
            (height, width) = (decoded.Height, decoded.Width);
            var (newHeight, newWidth) = SlideWindows.Resized(image.Name, height, width, size);
            Check(image.Name, newHeight, newWidth, options, size);
            picture = ResizedPicture.From(decoded, newHeight, newWidth, ResizeKernel.Bicubic, options.Background);
        }

        var features = options.ValuePath ? ValuePath : Ordinary;
        IScoreRows scores = options.Mode == SegmentationMode.Slide
            ? Slide(image.Name, picture, size, stride, features, cancellationToken)
            : Whole(image.Name, picture, features, cancellationToken);
        return (scores, height, width);
    }

    private void Check(string name, int height, int width, SegmentationOptions options, int size)
    {
        int patch = _model.Images.PatchSize;
        bool isSlide = options.Mode == SegmentationMode.Slide;
        long patches = isSlide
            ? (long)(size / patch) * (size / patch)
            : (long)((height + patch - 1) / patch) * ((width + patch - 1) / patch);
        if (patches > options.MaximumPatches)
        {
            throw new InvalidOperationException(
                $"Picture '{name}' would run with {patches:N0} patches together, expected at most {options.MaximumPatches:N0}. Raise "
                + $"{nameof(SegmentationOptions)}.{nameof(SegmentationOptions.MaximumPatches)}, or use "
                + $"{nameof(SegmentationMode)}.{nameof(SegmentationMode.Slide)}.");
        }
    }

    private SlideScores Slide(
        string name, ResizedPicture picture, int size, int stride, PatchOptions features, CancellationToken cancellationToken)
    {
        var encoder = _model.Images.Patches;
        var scores = new SlideScores((picture.Height, picture.Width), size, _model.Images.PatchSize, Labels.Count);
        (int Top, int Left)[] origins = [.. SlideWindows.Origins(picture.Height, picture.Width, size, stride)];
        int batch = Math.Min(encoder.BatchSizeFor(size, size), origins.Length);
        int pixelCount = 3 * size * size, valueCount = encoder.ValuesOf(size, size);
        float[] pixels = new float[batch * pixelCount], patches = new float[batch * valueCount];
        foreach (var group in origins.Chunk(batch))
        {
            for (int i = 0; i < group.Length; i++)
                picture.ToPlanes(group[i].Top, group[i].Left, size, size, pixels.AsSpan(i * pixelCount, pixelCount));
            encoder.Run(pixels, group.Length, (size, size), features, patches, cancellationToken);
            for (int i = 0; i < group.Length; i++)
                scores.Add(group[i].Top, group[i].Left, Cosines(name, patches.AsMemory(i * valueCount, valueCount)));
        }

        return scores;
    }

    private ScoreMap Whole(string name, ResizedPicture picture, PatchOptions features, CancellationToken cancellationToken)
    {
        int patch = _model.Images.PatchSize;
        var size = (picture.Height, picture.Width);
        var padded = (Height: Up(picture.Height), Width: Up(picture.Width));
        float[] pixels = new float[3 * size.Height * size.Width];
        picture.ToPlanes(0, 0, size.Height, size.Width, pixels);
        if (padded != size) pixels = BicubicEnlargement.Resize(pixels, size, padded, cancellationToken);
        float[] patches = new float[_model.Images.Patches.ValuesOf(padded.Height, padded.Width)];
        _model.Images.Patches.Run(pixels, 1, padded, features, patches, cancellationToken);
        var map = new ScoreMap(padded.Height / patch, padded.Width / patch, Labels.Count);
        Cosines(name, patches).CopyTo(map.Memory);
        return map;

        int Up(int side) => (side + patch - 1) / patch * patch;
    }

    // Patches x classes.
    private float[] Cosines(string name, ReadOnlyMemory<float> patches)
    {
        _model.Images.Patches.CheckFinite(patches.Span, $"the patches of picture '{name}'");
        float[] cosines = new float[patches.Length / _model.EmbeddingDimension * Labels.Count];
        FeatureMath.Cosines(patches, _embeddings, _model.EmbeddingDimension, cosines);
        return cosines;
    }
}
