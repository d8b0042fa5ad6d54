namespace Tips.OnnxExport.Checkpoints;

/// <summary>
/// Tensors of a checkpoint under other names. A tensor may be several of the file's, stacked by rows. Disposing this leaves the
/// checkpoint open.
/// </summary>
internal sealed class RenamedCheckpoint : ICheckpoint
{
    private readonly ICheckpoint _whole;
    private readonly Func<string, string> _expectedKey;
    private readonly Dictionary<string, string[]> _sources;
    private readonly RecentTensors _stacked = new();

    /// <param name="whole">The checkpoint.</param>
    /// <param name="expectedKey">What a tensor that is not there would be called in the file, for messages.</param>
    /// <param name="sources">The keys in the file by new name; of several, each must have the same shape.</param>
    public RenamedCheckpoint(ICheckpoint whole, Func<string, string> expectedKey, Dictionary<string, string[]> sources)
    {
        (_whole, _expectedKey, _sources) = (whole, expectedKey, sources);
        Tensors = sources.ToDictionary(
            s => s.Key, s => Stack(s.Key, [.. s.Value.Select(key => whole.Tensors[key])]), StringComparer.Ordinal);
    }

    public string Path => _whole.Path;

    public IReadOnlyList<string> Files => _whole.Files;

    public IReadOnlyDictionary<string, TensorInfo> Tensors { get; }

    public IReadOnlyDictionary<string, string> Others => _whole.Others;

    /// <summary>Two keys of a checkpoint would have the same new name.</summary>
    public static CheckpointException Doubled(ICheckpoint checkpoint, string first, string second)
        => new($"Checkpoint '{checkpoint.Path}' has keys '{first}' and '{second}', which are the same tensor, expected one of them.");

    public string FullName(string name)
        => _sources.TryGetValue(name, out string[]? keys) ? _whole.FullName(string.Join("' + '", keys)) : _expectedKey(name);

    public float[] Read(string name)
    {
        string[] keys = _sources[name];
        return keys.Length == 1 ? _whole.Read(keys[0]) : _stacked.Get(name, () => ReadStacked(name, keys));
    }

    public void Dispose() => _stacked.Clear();

    private float[] ReadStacked(string name, string[] keys)
    {
        float[] values = new float[Tensors[name].Count];
        int done = 0;
        foreach (string key in keys)
        {
            float[] part = _whole.Read(key);
            part.CopyTo(values.AsSpan(done));
            done += part.Length;
        }

        return values;
    }

    private TensorInfo Stack(string name, TensorInfo[] parts)
    {
        var first = parts[0];
        if (parts.Length == 1) return first with { Name = name };
        if (parts.FirstOrDefault(p => p.Shape.Count == 0 || !p.Shape.SequenceEqual(first.Shape)) is { } other)
        {
            throw new CheckpointException(
                $"Checkpoint '{Path}' has key '{first.Name}' with shape {first.ShapeText} and key '{other.Name}' with shape "
                + $"{other.ShapeText}, expected the same shape: they are parts of one tensor.");
        }

        long rows = (long)first.Shape[0] * parts.Length;
        if (rows > int.MaxValue)
            throw new CheckpointException($"Checkpoint '{Path}' has key '{first.Name}' with shape {first.ShapeText}, which is too large.");
        // A part that is not of floating-point numbers decides: the reader refuses it.
        var type = (parts.FirstOrDefault(p => !p.Type.IsFloatingPoint()) ?? first).Type;
        return new TensorInfo(name, type, [(int)rows, .. first.Shape.Skip(1)]);
    }
}
