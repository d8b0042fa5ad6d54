using Google.Protobuf;
using Tips.MLNet.Models;
using Tips.OnnxExport.Checkpoints;
using Tips.OnnxExport.Files;
using Tips.OnnxExport.Graphs;

namespace Tips.OnnxExport.Export;

/// <summary>An encoder or a head on its way into a model folder: its checkpoint, its weights and its files.</summary>
internal abstract class ExportPart(ICheckpoint checkpoint, WeightPrecision precision) : IDisposable
{
    private readonly List<ManifestFile> _files = [];

    /// <summary>The files that the part is made from.</summary>
    public abstract IEnumerable<string> Sources { get; }

    /// <summary>Bytes of the weights file.</summary>
    public long WeightsLength => Weights.FileLength;

    protected ICheckpoint Checkpoint => checkpoint;

    protected WeightTable Weights { get; } = new();

    protected IReadOnlyList<ManifestFile> Files => _files;

    /// <summary>"vision", "text" or the task of a head, as in the names of files.</summary>
    protected abstract string Name { get; }

    /// <summary>What it is, for messages.</summary>
    protected abstract string Title { get; }

    protected string WeightsFile => $"{Name}.{precision.Name()}.safetensors";

    /// <summary>Writes every file of the part, the weights first.</summary>
    /// <exception cref="CheckpointException">A weight cannot be exported.</exception>
    public void Write(OutputFolder folder, IProgress<WorkProgress>? progress, CancellationToken cancellationToken)
    {
        _files.Add(folder.Write(WeightsFile, stream => WriteWeights(stream, progress, cancellationToken)));
        foreach (var (name, write) in OtherFiles()) _files.Add(folder.Write(name, write));
    }

    public void Dispose() => checkpoint.Dispose();

    /// <summary>Graphs and whatever else goes beside the weights.</summary>
    protected abstract IEnumerable<(string Name, Action<Stream> Write)> OtherFiles();

    protected Action<Stream> Graph(GraphBuilder graph)
        => stream => graph.Build(WeightsFile, ToolInfo.Name, ToolInfo.Version).WriteTo(stream);

    private void WriteWeights(Stream stream, IProgress<WorkProgress>? progress, CancellationToken cancellationToken)
    {
        try
        {
            string step = $"Writing the weights of the {Title}";
            Weights.Write(stream, done => progress?.Report(new(step, done, Weights.FileLength)), cancellationToken);
        }
        catch (WeightException e)
        {
            throw new CheckpointException($"Checkpoint '{checkpoint.Path}' cannot be exported: {e.Message}", e);
        }
    }
}
