using Tips.OnnxExport.Checkpoints;

namespace Tips.MLNet.Tests.Support;

/// <summary>Tensors in memory.</summary>
internal sealed class MemoryCheckpoint : ICheckpoint
{
    private readonly Dictionary<string, (int[] Shape, float[] Values)> _tensors = new(StringComparer.Ordinal);

    public string Path => "memory.safetensors";

    public IReadOnlyList<string> Files => [Path];

    public IReadOnlyDictionary<string, TensorInfo> Tensors
        => _tensors.ToDictionary(t => t.Key, t => new TensorInfo(t.Key, ElementType.Float32, t.Value.Shape));

    public static MemoryCheckpoint Of(ICheckpoint checkpoint)
    {
        var memory = new MemoryCheckpoint();
        foreach (var tensor in checkpoint.Tensors.Values) memory.Set(tensor.Name, [.. tensor.Shape], checkpoint.Read(tensor.Name));
        return memory;
    }

    public string FullName(string name) => name;

    public float[] Read(string name) => _tensors[name].Values;

    public int[] Shape(string name) => _tensors[name].Shape;

    public void Set(string name, int[] shape, float[] values) => _tensors[name] = (shape, values);

    public void Remove(string name) => Assert.IsTrue(_tensors.Remove(name), name);

    public void Rename(string name, string newName)
    {
        var (shape, values) = _tensors[name];
        Remove(name);
        Set(newName, shape, values);
    }

    public void Dispose()
    {
    }
}
