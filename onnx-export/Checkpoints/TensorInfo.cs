namespace Tips.OnnxExport.Checkpoints;

/// <summary>Name, element type and shape of a tensor in a checkpoint, known without reading its data.</summary>
/// <param name="Name">The key.</param>
/// <param name="Type">Element type.</param>
/// <param name="Shape">Dimensions, outermost first; empty for a scalar.</param>
internal sealed record TensorInfo(string Name, ElementType Type, IReadOnlyList<int> Shape)
{
    public long Count => Shape.Aggregate(1L, (a, b) => a * b);

    public string ShapeText => FormatShape(Shape);

    public static string FormatShape(IEnumerable<int> shape) => $"[{string.Join(", ", shape)}]";
}
