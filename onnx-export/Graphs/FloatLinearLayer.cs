using Tips.OnnxExport.Towers;

namespace Tips.OnnxExport.Graphs;

/// <summary>Linear layers in float32 or float16.</summary>
internal sealed class FloatLinearLayer(GraphBuilder graph, WeightType type) : LinearLayer
{
    public override string Apply(string name, Linear linear, string input, InputRange range)
    {
        string product = graph.Node("MatMul", name + ".product", [input, graph.Weight(name + ".weight", linear.Weight.Transpose(), type)]);
        return graph.Node("Add", name, [product, graph.Weight(name + ".bias", linear.Bias, type)]);
    }
}
