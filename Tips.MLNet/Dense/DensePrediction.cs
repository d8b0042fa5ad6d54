using Tips.MLNet.Dense;
using Tips.MLNet.Encoders;
using Tips.MLNet.Images;

namespace Tips.MLNet;

/// <summary>
/// What the dense prediction heads of a model tell about every pixel of a picture: depth, normals, classes. The image encoder runs once,
/// however many heads there are. Immutable and thread-safe.
/// </summary>
/// <example>
/// <code>
/// using var model = TipsModel.Load("tips-v2-b14");
/// var prediction = DensePrediction.Compute(model, "room.jpg");
/// Console.WriteLine($"the middle is {prediction.Depth![prediction.Depth.Height / 2, prediction.Depth.Width / 2]:F1} m away");
/// </code>
/// </example>
public sealed class DensePrediction
{
    private DensePrediction()
    {
    }

    /// <summary>How far away every pixel is; null unless it was asked for.</summary>
    public DepthMap? Depth { get; private set; }

    /// <summary>Which way the surface at every pixel faces; null unless it was asked for.</summary>
    public NormalMap? Normals { get; private set; }

    /// <summary>The class of every pixel; null unless it was asked for.</summary>
    public ClassMap? Segmentation { get; private set; }

    /// <summary>Predicts.</summary>
    /// <param name="model">A model with heads.</param>
    /// <param name="image">The picture.</param>
    /// <param name="options">Tasks and sizes; the defaults if null.</param>
    /// <param name="cancellationToken">Stops it, though not while the picture is decoded and resized.</param>
    /// <returns>The maps.</returns>
    /// <exception cref="ArgumentException">An option is out of range.</exception>
    /// <exception cref="FileNotFoundException">The file is missing.</exception>
    /// <exception cref="InvalidDataException">The picture cannot be read.</exception>
    /// <exception cref="IOException">The file or the stream fails while it is read.</exception>
    /// <exception cref="InvalidOperationException">
    /// The model has no head for a task, cannot be run, or gives a value that is not finite; or the picture does not fit the options.
    /// </exception>
    /// <exception cref="OperationCanceledException">It was canceled.</exception>
    public static DensePrediction Compute(
        TipsModel model, ImageSource image, DensePredictionOptions? options = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(model);
        ArgumentNullException.ThrowIfNull(image);
        options ??= new DensePredictionOptions();
        options.Validate();
        using var call = model.EnterCall();
        var heads = HeadsFor(model, options);
        var (pixels, size, own) = Prepare(model, image, options, cancellationToken);
        float[][] maps = model.Heads.Run(pixels, 1, size, heads, cancellationToken);
        int patch = model.Images.PatchSize;
        var mapSize = HeadEncoder.MapSize(size.Height / patch, size.Width / patch);
        var prediction = new DensePrediction();
        for (int i = 0; i < heads.Length; i++)
        {
            model.Heads.CheckFinite(maps[i], $"the {HeadSet.NameOf(heads[i].Task)} of picture '{image.Name}'");
            prediction.Set(heads[i], maps[i], (mapSize, options.OutputSize ?? own), options.NormalsStyle, cancellationToken);
        }

        return prediction;
    }

    private static HeadEncoder[] HeadsFor(TipsModel model, DensePredictionOptions options)
    {
        if (options.Tasks is { } tasks) return [.. tasks.Distinct().Select(model.Heads.Find)];
        // Without any head, the message names one.
        return model.DenseTasks.Count == 0 ? [model.Heads.Find(DenseTask.Depth)] : [.. model.DenseTasks.Select(model.Heads.Find)];
    }

    private static (float[] Pixels, (int Height, int Width) Size, (int Height, int Width) Own) Prepare(
        TipsModel model, ImageSource image, DensePredictionOptions options, CancellationToken cancellationToken)
    {
        using var decoded = image.Open(options.Background, cancellationToken);
        var layout = model.Images.Patches.Layout(image.Name, decoded.Height, decoded.Width, options.ToPatchOptions());
        var size = (layout.Height, layout.Width);
        float[] pixels = new float[3 * size.Height * size.Width];
        ResizedPicture.From(decoded, size.Height, size.Width, ResizeKernel.Bilinear, options.Background)
            .ToPlanes(0, 0, size.Height, size.Width, pixels);
        return (pixels, size, (decoded.Height, decoded.Width));
    }

    private void Set(
        HeadEncoder head,
        float[] map,
        ((int Height, int Width) Map, (int Height, int Width) Target) sizes,
        NormalsStyle style,
        CancellationToken cancellationToken)
    {
        var (size, target) = sizes;
        switch (head.Task)
        {
            case DenseTask.Depth:
                Depth = new DepthMap(target.Height, target.Width, HeadMaps.Depth(map, size, target, cancellationToken));
                break;
            case DenseTask.Normals:
                Normals = new NormalMap(target.Height, target.Width, HeadMaps.Normals(map, size, target, style, cancellationToken));
                break;
            default:
                Segmentation = HeadMaps.Classes(map, size, target, head.Labels, cancellationToken);
                break;
        }
    }
}
