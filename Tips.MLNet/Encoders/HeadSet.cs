using Tips.MLNet.Models;

namespace Tips.MLNet.Encoders;

/// <summary>The heads of a model, fed by one run of its image encoder however many of them are asked. Thread-safe.</summary>
internal sealed class HeadSet : IDisposable
{
    private readonly string _model;
    private readonly ImageEncoder? _images;
    private readonly HeadEncoder[] _heads;

    public HeadSet(ModelFiles files, ImageEncoder? images, Execution execution)
    {
        (_model, _images) = ($"Model '{files.Manifest.Name}'", images);
        _heads = [.. (files.Manifest.Heads ?? []).Where(files.Has).Select(head => new HeadEncoder(files, head, execution))];
    }

    /// <summary>What there are heads for.</summary>
    public IReadOnlyList<DenseTask> Tasks => _images is null ? [] : Array.ConvertAll(_heads, head => head.Task);

    /// <summary>The head for a task.</summary>
    /// <exception cref="InvalidOperationException">There is none.</exception>
    public HeadEncoder Find(DenseTask task)
    {
        if (!Enum.IsDefined(task)) throw new ArgumentOutOfRangeException(nameof(task), task, "Unknown task.");
        if (_images is not null && Array.Find(_heads, head => head.Task == task) is { } found) return found;
        string name = NameOf(task);
        throw new InvalidOperationException(
            $"{_model} has no head for {name}. Add one with 'tips-onnx-export head MODEL {name}=FILE', export it with "
            + $"'--head {name}=FILE', or 'get' a model that has one with '--heads'.");
    }

    /// <summary>Computes the maps of some heads, in their order: batch × channels × height × width.</summary>
    public float[][] Run(
        ReadOnlyMemory<float> pixelValues,
        int count,
        (int Height, int Width) size,
        IReadOnlyList<HeadEncoder> heads,
        CancellationToken cancellationToken)
    {
        var patches = _images!.Patches;
        int patch = _images.PatchSize;
        int[] layers = [.. heads.SelectMany(head => head.Head.Layers).Distinct()];
        float[][] tokens = patches.RunLevels(pixelValues, count, size, layers, cancellationToken);
        return [.. heads.Select(head => head.Run(
            layer => tokens[Array.IndexOf(layers, layer)], count, (size.Height / patch, size.Width / patch), cancellationToken))];
    }

    /// <summary>Throws if a result of a head is not finite.</summary>
    /// <exception cref="InvalidOperationException">It is not.</exception>
    public void CheckFinite(ReadOnlySpan<float> values, string what) => _images!.Patches.CheckFinite(values, what);

    public void Dispose() => Array.ForEach(_heads, head => head.Dispose());

    /// <summary>The name of a task in messages and on command lines.</summary>
    public static string NameOf(DenseTask task) => task switch
    {
        DenseTask.Depth => "depth",
        DenseTask.Normals => "normals",
        _ => "segmentation",
    };
}
