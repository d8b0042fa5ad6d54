using Tips.OnnxExport.Towers;

namespace Tips.OnnxExport.Graphs;

/// <summary>
/// Resizes the grid of position embeddings inside a graph to the grid of the picture that runs through it. The weights are those of
/// <see cref="PositionGrid"/>, made of plain operators: the antialiased Resize operator differs between runtimes and devices.
/// </summary>
internal sealed class DynamicPositions(GraphBuilder graph, VisionTower tower)
{
    private const string Name = "vision.positions";

    /// <summary>The positions of a map's patches, 1 × patches × D.</summary>
    /// <param name="map">Batch × D × rows × columns.</param>
    public string For(string map)
    {
        var (rows, columns) = tower.Grid;
        var grid = tower.Positions.Reshape(rows, columns * tower.Width);
        string byRow = graph.Node("MatMul", Name + ".by_row", [Mix(map, "rows", axis: 2, rows), graph.Weight(Name + ".grid", grid)]);
        string cells = graph.Node("Reshape", Name + ".cells", [byRow, graph.Integers(-1, columns, tower.Width)]);
        string resized = graph.Node("MatMul", Name + ".resized", [Mix(map, "columns", axis: 3, columns), cells]);
        return graph.Node("Reshape", Name, [resized, graph.Integers(1, -1, tower.Width)]);
    }

    // New size × size: how much each of the checkpoint's rows (or columns) counts in each of the picture's.
    private string Mix(string map, string side, int axis, int size)
    {
        string name = $"{Name}.{side}";
        string newSize = graph.Node("Shape", name + ".count", [map], ("start", axis), ("end", axis + 1));
        string scale = graph.Node("Div", name + ".scale", [graph.Number(size), graph.ToFloat(name + ".count.float", newSize)]);
        string support = graph.Node("Max", name + ".support", [scale, graph.Number(1)]);
        string scalarSize = graph.Node("Squeeze", name + ".count.scalar", [newSize]);
        string indices = graph.Node("Range", name + ".index", [graph.Integer(0), scalarSize, graph.Integer(1)]);
        string middles = graph.Node("Add", name + ".middle", [graph.ToFloat(name + ".index.float", indices), graph.Number(0.5f)]);
        string centers = graph.Node("Mul", name + ".center", [middles, scale]);
        string column = graph.Node("Unsqueeze", name + ".center.column", [centers, graph.Integers(1)]);
        var taps = new Weight([1, size], () => [.. Enumerable.Range(0, size).Select(i => i + 0.5f)]);
        string distances = graph.Node("Abs", name + ".distance", [
            graph.Node("Sub", name + ".offset", [graph.Weight(name + ".taps", taps), column])]);
        string slopes = graph.Node("Div", name + ".slope", [distances, support]);
        string triangle = graph.Node("Relu", name + ".triangle", [graph.Node("Sub", name + ".height", [graph.Number(1), slopes])]);
        string total = graph.Node("ReduceSum", name + ".total", [triangle, graph.Integers(1)], ("keepdims", 1));
        return graph.Node("Div", name + ".mix", [triangle, total]);
    }
}
