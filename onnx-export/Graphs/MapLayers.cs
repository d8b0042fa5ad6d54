using Tips.OnnxExport.Towers;

namespace Tips.OnnxExport.Graphs;

/// <summary>The layers of a head that work on maps: batch × channels × height × width, float32.</summary>
internal sealed class MapLayers(GraphBuilder graph)
{
    /// <summary>A 3×3 convolution with a border of zeros, or a 1×1 convolution.</summary>
    /// <param name="name">Prefix of the weights, and name of the result unless it has another.</param>
    /// <param name="kernel">Outputs × inputs × size × size.</param>
    /// <param name="bias">The bias, or null.</param>
    /// <param name="map">The map.</param>
    /// <param name="stride">1 keeps the size; 2 halves it, rounded up.</param>
    /// <param name="output">Name of the result; null for <paramref name="name"/>.</param>
    public string Convolution(string name, Weight kernel, Weight? bias, string map, int stride = 1, string? output = null)
    {
        long size = kernel.Shape[2], padding = size / 2;
        string weight = graph.Weight(name + ".weight", kernel);
        string[] inputs = bias is null ? [map, weight] : [map, weight, graph.Weight(name + ".bias", bias)];
        return graph.Node(
            "Conv",
            output ?? name,
            inputs,
            ("kernel_shape", new[] { size, size }),
            ("pads", new[] { padding, padding, padding, padding }),
            ("strides", new long[] { stride, stride }));
    }

    /// <summary>A transposed convolution whose stride is its size: each pixel becomes a square.</summary>
    public string Transposed(string name, Linear layer, string map)
    {
        long size = layer.Weight.Shape[2];
        return graph.Node(
            "ConvTranspose",
            name,
            [map, graph.Weight(name + ".weight", layer.Weight), graph.Weight(name + ".bias", layer.Bias)],
            ("kernel_shape", new[] { size, size }),
            ("strides", new[] { size, size }));
    }

    public string Unit(string name, ResidualUnit unit, string map)
    {
        string first = Convolution(name + ".first", unit.First, null, Relu(map));
        return graph.Node("Add", name, [map, Convolution(name + ".second", unit.Second, null, Relu(first))]);
    }

    public string Relu(string map) => graph.Node("Relu", map + ".relu", [map]);

    /// <summary>Bilinear interpolation without antialiasing.</summary>
    /// <param name="name">Name of the result.</param>
    /// <param name="map">The map.</param>
    /// <param name="size">Rows and columns of the result. A map of that size already is copied as it is.</param>
    /// <param name="alignCorners">Whether the centers of the corner pixels stay where they are; otherwise the outer edges do.</param>
    public string Resize(string name, string map, string size, bool alignCorners) => graph.Node(
        "Resize",
        name,
        [map, "", "", size],
        ("axes", new long[] { 2, 3 }),
        ("coordinate_transformation_mode", alignCorners ? "align_corners" : "half_pixel"),
        ("mode", "linear"));
}
