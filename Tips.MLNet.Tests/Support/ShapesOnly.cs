using Tips.OnnxExport.Checkpoints;

namespace Tips.MLNet.Tests.Support;

/// <summary>A checkpoint with shapes but no weights: reading a layout must not read weights.</summary>
internal sealed class ShapesOnly(IEnumerable<(string Key, int[] Shape)> shapes) : ICheckpoint
{
    public string Path => "shapes.npz";

    public IReadOnlyList<string> Files => [Path];

    public IReadOnlyDictionary<string, TensorInfo> Tensors { get; }
        = shapes.ToDictionary(s => s.Key, s => new TensorInfo(s.Key, ElementType.Float32, s.Shape));

    public string FullName(string name) => name;

    public float[] Read(string name) => throw new InvalidOperationException($"'{name}' was read.");

    public void Dispose()
    {
    }
}
