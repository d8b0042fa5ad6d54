using Tips.MLNet.Models;
using Tips.OnnxExport.Checkpoints;
using Tips.OnnxExport.Graphs;
using Tips.OnnxExport.Towers;

namespace Tips.OnnxExport.Export;

/// <summary>A head's part of an export. Heads are float32 whatever the precision of the encoders.</summary>
internal sealed class HeadPart : ExportPart
{
    private readonly DptHead _head;
    private readonly HeadOptions _options;
    private readonly HuggingFaceConfig? _config;
    private readonly IReadOnlyList<string>? _classes;
    private readonly string[] _files;
    private readonly GraphBuilder _graph;

    private HeadPart(HeadSource source, ICheckpoint checkpoint, HuggingFaceConfig? config, HeadSettings settings)
        : base(checkpoint, WeightPrecision.Float32)
    {
        (Task, _config) = (source.Task, config);
        _head = DptLayouts.Recognizes(checkpoint) || !DptLayouts.IsHuggingFace(checkpoint)
            ? DptLayouts.Read(checkpoint, Task)
            : DptLayouts.ReadHuggingFace(checkpoint, Task);
        if (config is not null) HuggingFaceChecks.Check(config, Task, _head);
        if (Task == HeadTask.Segmentation && _head.Outputs > HeadManifest.MaximumClasses)
        {
            throw new CheckpointException(
                $"Checkpoint '{source.Checkpoint}' has a head for segmentation with {_head.Outputs} classes, expected at most "
                + $"{HeadManifest.MaximumClasses}.");
        }

        _options = Options(Task, config, settings);
        string? names = Task == HeadTask.Segmentation ? settings.ClassNames : null;
        if (Task == HeadTask.Segmentation) _classes = Classes(names);
        _files = [.. checkpoint.Files, .. config is null ? (string[])[] : [config.Path], .. names is null ? (string[])[] : [names]];
        _graph = DptGraph.Build(_head, Task, _options, Weights);
    }

    public HeadTask Task { get; }

    /// <summary>The name of the task.</summary>
    public string TaskName => Task.Name();

    /// <summary>The blocks, from 0, whose tokens it takes; known when it is attached to an encoder.</summary>
    public IReadOnlyList<int> Layers { get; private set; } = [];

    public override IEnumerable<string> Sources => _files;

    protected override string Name => TaskName;

    protected override string Title => $"head for {Name}";

    private string GraphFile => Name + ".onnx";

    /// <exception cref="CheckpointException">The file has no such head, or contradicts the configuration beside it.</exception>
    public static HeadPart Open(HeadSource source, HeadSettings settings)
    {
        var checkpoint = CheckpointFile.Open(source.Checkpoint);
        try
        {
            bool isPublished = DptLayouts.Recognizes(checkpoint);
            var config = isPublished ? null : ConfigBeside(source.Checkpoint);
            if (!isPublished && config is null) CheckSettings(source, settings);
            if (config?.Heads is { } facts) CheckTask(source, DptLayouts.TasksIn(checkpoint, facts.Architecture));
            return new HeadPart(source, checkpoint, config, settings);
        }
        catch
        {
            checkpoint.Dispose();
            throw;
        }
    }

    /// <summary>Finds the blocks of an encoder that feed the head.</summary>
    /// <exception cref="CheckpointException">The head cannot be of this encoder.</exception>
    public void Attach(int width, int blocks, string encoder)
    {
        if (_head.Width != width)
        {
            throw new CheckpointException(
                $"Checkpoint '{Checkpoint.Path}' has a head for {Name} of width {_head.Width}, but the image encoder in '{encoder}' has "
                + $"{width}: they are not of one model.");
        }

        Layers = HeadLayers.Of(_config, blocks, encoder);
    }

    /// <param name="sources">The files that the head is made from.</param>
    public HeadManifest Describe(IReadOnlyList<ManifestFile> sources)
    {
        bool isDepth = Task == HeadTask.Depth;
        return new()
        {
            Task = Name,
            Layers = Layers,
            Graph = new HeadGraphManifest(
                GraphFile, [.. Enumerable.Range(0, DptHead.LevelCount).Select(DptGraph.Level)], DptGraph.Grid, DptGraph.OutputOf(Task)),
            Channels = _head.Channels,
            Outputs = _head.Outputs,
            Activation = _options.ReluAfterProject ? "relu" : "linear",
            MinDepth = isDepth ? _options.MinDepth : null,
            MaxDepth = isDepth ? _options.MaxDepth : null,
            Classes = _classes,
            Sources = sources,
            Weights = WeightsFile,
            Files = Files,
        };
    }

    protected override IEnumerable<(string Name, Action<Stream> Write)> OtherFiles() => [(GraphFile, Graph(_graph))];

    // A dense model of Hugging Face says in its configuration what its tensors do not.
    private static HuggingFaceConfig? ConfigBeside(string checkpoint)
    {
        string path = Path.Combine(Path.GetDirectoryName(Path.GetFullPath(checkpoint))!, HuggingFaceConfig.FileName);
        return File.Exists(path) && HuggingFaceConfig.Read(path) is { Heads: not null } config ? config : null;
    }

    // Transformers' models have ReLU there, the published ones have none: a file that does not say which would be read wrong, by meters.
    private static void CheckSettings(HeadSource source, HeadSettings settings)
    {
        if (source.Task != HeadTask.Depth || settings.ReluAfterProject is not null) return;
        throw new CheckpointException(
            $"Checkpoint '{source.Checkpoint}' has no {HuggingFaceConfig.FileName} beside it, which would say whether ReLU follows the "
            + "last convolution of its head for depth. Put it there, or give --relu-after-project true or false.");
    }

    private static void CheckTask(HeadSource source, IReadOnlyList<HeadTask> tasks)
    {
        if (tasks.Count == 0 || tasks.Contains(source.Task)) return;
        throw new CheckpointException(
            $"Checkpoint '{source.Checkpoint}' has no head for {source.Task.Name()}; it has one for "
            + $"{string.Join(" and ", tasks.Select(t => t.Name()))}.");
    }

    private static HeadOptions Options(HeadTask task, HuggingFaceConfig? config, HeadSettings settings)
    {
        var (published, facts) = (new HeadOptions(), config?.Heads);
        if (task != HeadTask.Depth) return published;
        var options = new HeadOptions
        {
            ReluAfterProject = settings.ReluAfterProject ?? facts?.HasReluForDepth ?? published.ReluAfterProject,
            MinDepth = settings.DepthRange?.Minimum ?? facts?.MinDepth ?? published.MinDepth,
            MaxDepth = settings.DepthRange?.Maximum ?? facts?.MaxDepth ?? published.MaxDepth,
        };
        if (settings.DepthRange is null && config is not null && options.MinDepth >= options.MaxDepth)
            throw config.Error($"has depths from {options.MinDepth} to {options.MaxDepth}, expected the smaller one first");
        return options;
    }

    private IReadOnlyList<string>? Classes(string? file)
    {
        if (file is not null) return ClassNames.Read(file, _head.Outputs);
        return _config?.Heads?.Classes ?? (_head.Outputs == ClassNames.Ade20K.Count ? ClassNames.Ade20K : null);
    }
}
