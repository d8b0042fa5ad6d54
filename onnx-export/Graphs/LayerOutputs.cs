using Tips.MLNet.Models.Onnx;

namespace Tips.OnnxExport.Graphs;

/// <summary>
/// The outputs of blocks in a dense graph that is written already: the graph gets just what <see cref="VisionGraph"/> would have given it.
/// </summary>
internal static class LayerOutputs
{
    /// <param name="model">The dense graph, which is changed.</param>
    /// <param name="present">Blocks whose outputs it has.</param>
    /// <param name="wanted">Blocks whose outputs it shall have, in their order.</param>
    /// <param name="last">The last block.</param>
    /// <param name="width">Width of a token.</param>
    /// <exception cref="InvalidDataException">The graph does not have the value of a block, or its final norm, under its name.</exception>
    public static void Replace(ModelProto model, IReadOnlyList<int> present, IReadOnlyList<int> wanted, int last, int width)
    {
        var graph = model.Graph ?? throw new InvalidDataException("it has no graph");
        var values = graph.Node.SelectMany(n => n.Output).ToHashSet(StringComparer.Ordinal);
        if (wanted.Select(VisionGraph.BlockName).FirstOrDefault(name => !values.Contains(name)) is { } missing)
            throw new InvalidDataException($"it has no value '{missing}'");
        var norm = graph.Node.FirstOrDefault(n => n is { OpType: "LayerNormalization", Output: [VisionGraph.FinalNorm], Input.Count: > 0 })
            ?? throw new InvalidDataException($"it has no layer norm '{VisionGraph.FinalNorm}'");
        Remove(graph, present);

        var builder = new GraphBuilder(graph.Name, new WeightTable());
        foreach (int layer in wanted) VisionGraph.DeclareLayer(builder, layer, width);
        graph.Output.AddRange(builder.Build("", "", "").Graph.Output);
        foreach (int layer in wanted) AddNodes(graph, norm, layer, isLast: layer == last);
    }

    private static void Remove(GraphProto graph, IReadOnlyList<int> layers)
    {
        HashSet<string> names = [.. layers.Select(VisionGraph.TokensOf), .. layers.Select(VisionGraph.RawTokensOf)];
        foreach (var node in graph.Node.Where(n => n.Output.Any(names.Contains)).ToArray()) graph.Node.Remove(node);
        foreach (var output in graph.Output.Where(o => names.Contains(o.Name)).ToArray()) graph.Output.Remove(output);
    }

    private static void AddNodes(GraphProto graph, NodeProto norm, int layer, bool isLast)
    {
        string block = VisionGraph.BlockName(layer), tokens = VisionGraph.TokensOf(layer);
        if (isLast)
        {
            graph.Node.Add(Identity(VisionGraph.FinalNorm, tokens));
        }
        else
        {
            // The same weights and the same epsilon.
            var copy = norm.Clone();
            (copy.Name, copy.Input[0], copy.Output[0]) = (tokens, block, tokens);
            graph.Node.Add(copy);
        }

        graph.Node.Add(Identity(block, VisionGraph.RawTokensOf(layer)));
    }

    private static NodeProto Identity(string input, string output)
        => new() { OpType = "Identity", Name = output, Input = { input }, Output = { output } };
}
