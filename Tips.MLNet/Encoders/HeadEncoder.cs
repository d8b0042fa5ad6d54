using Tips.MLNet.Models;

namespace Tips.MLNet.Encoders;

/// <summary>Runs one head on the tokens of four blocks of the image encoder. Thread-safe.</summary>
internal sealed class HeadEncoder : IDisposable
{
    private readonly GraphRunner _graph;
    private readonly int _dimension;

    public HeadEncoder(ModelFiles files, HeadManifest head, Execution execution)
    {
        (Head, _dimension) = (head, files.Manifest.EmbeddingDimension);
        Task = head.Task switch
        {
            "depth" => DenseTask.Depth,
            "normals" => DenseTask.Normals,
            _ => DenseTask.Segmentation,
        };
        Channels = Task == DenseTask.Depth ? 1 : head.Outputs;
        long[] map = Task == DenseTask.Depth ? [-1, -1, -1] : [-1, Channels, -1, -1];
        _graph = new GraphRunner(
            typeof(TipsModel),
            files,
            head,
            head.Graph.File,
            execution,
            [
                .. head.Graph.Levels.Select(level => new ExpectedTensor(level, typeof(float), [-1, -1, _dimension])),
                new ExpectedTensor(head.Graph.Grid, typeof(long), [2]),
            ],
            [new ExpectedTensor(head.Graph.Output, typeof(float), map)]);
    }

    public DenseTask Task { get; }

    public HeadManifest Head { get; }

    /// <summary>The names of its classes; numbers where they are unknown. For segmentation only.</summary>
    public IReadOnlyList<string> Labels => Head.Classes ?? [.. Enumerable.Range(0, Channels).Select(i => $"class {i}")];

    /// <summary>Values of a pixel of its map.</summary>
    public int Channels { get; }

    /// <summary>Height and width of its map for a grid of patches.</summary>
    public static (int Height, int Width) MapSize(int rows, int columns) => ((rows + 1) / 2 * 16, (columns + 1) / 2 * 16);

    /// <summary>Computes the maps, batch × channels × height × width.</summary>
    /// <param name="tokens">The final-normed tokens of a block, batch × (2 + patches) × D.</param>
    /// <param name="count">Pictures of the batch.</param>
    /// <param name="grid">Rows and columns of patches.</param>
    /// <param name="cancellationToken">Stops the run.</param>
    public float[] Run(Func<int, float[]> tokens, int count, (int Rows, int Columns) grid, CancellationToken cancellationToken)
    {
        var (height, width) = MapSize(grid.Rows, grid.Columns);
        long values = (long)count * Channels * height * width;
        if (values > TensorLength.Maximum)
        {
            throw new InvalidOperationException(
                $"The maps of the head for {Head.Task} would have {values:N0} values, expected at most {TensorLength.Maximum:N0}.");
        }

        float[] map = new float[values];
        long[] levelShape = [count, grid.Rows * grid.Columns + 2, _dimension], sides = [grid.Rows, grid.Columns];
        NamedTensor[] levels = [.. Head.Graph.Levels.Zip(
            Head.Layers, (name, layer) => NamedTensor.Input<float>(name, tokens(layer), levelShape))];
        long[] shape = Task == DenseTask.Depth ? [count, height, width] : [count, Channels, height, width];
        _graph.Run(
            [.. levels, NamedTensor.Input<long>(Head.Graph.Grid, sides, [2])],
            [NamedTensor.Output<float>(Head.Graph.Output, map, shape)],
            cancellationToken);
        return map;
    }

    public void Dispose() => _graph.Dispose();
}
