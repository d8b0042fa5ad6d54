namespace Tips.OnnxExport.Checkpoints;

/// <summary>
/// The tensors of a checkpoint whose keys start with a prefix, under their names without it. Disposing this leaves the checkpoint open.
/// </summary>
internal sealed class CheckpointPart : ICheckpoint
{
    private readonly ICheckpoint _whole;

    public CheckpointPart(ICheckpoint whole, string prefix)
    {
        (_whole, Prefix) = (whole, prefix);
        Tensors = whole.Tensors.Values.Where(t => t.Name.StartsWith(prefix, StringComparison.Ordinal))
            .Select(t => t with { Name = t.Name[prefix.Length..] })
            .ToDictionary(t => t.Name, StringComparer.Ordinal);
    }

    public string Path => _whole.Path;

    public string Prefix { get; }

    public IReadOnlyDictionary<string, TensorInfo> Tensors { get; }

    public float[] Read(string name) => _whole.Read(Prefix + name);

    public void Dispose()
    {
    }
}
