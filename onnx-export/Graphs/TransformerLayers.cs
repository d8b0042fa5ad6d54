using Tips.OnnxExport.Towers;

namespace Tips.OnnxExport.Graphs;

/// <summary>The layers that both encoders are made of. Tokens are batch × length × D.</summary>
internal sealed class TransformerLayers(GraphBuilder graph, int width, int heads, float normEpsilon)
{
    private int HeadSize => width / heads;

    public string Linear(string name, Linear linear, string input)
    {
        string product = graph.Node("MatMul", name + ".product", [input, graph.Weight(name + ".weight", linear.Weight.Transpose())]);
        return graph.Node("Add", name, [product, graph.Weight(name + ".bias", linear.Bias)]);
    }

    public string LayerNorm(string name, Norm norm, string input, string? output = null) => graph.Node(
        "LayerNormalization",
        output ?? name,
        [input, graph.Weight(name + ".gain", norm.Gain), graph.Weight(name + ".bias", norm.Bias)],
        ("axis", -1),
        ("epsilon", normEpsilon));

    /// <summary>Multi-head attention of some tokens to all.</summary>
    /// <param name="name">Prefix of the nodes.</param>
    /// <param name="projections">Query, key, value and output layers; the scale of the queries is multiplied in here.</param>
    /// <param name="queryTokens">Tokens that ask.</param>
    /// <param name="tokens">Tokens that are asked.</param>
    /// <param name="bias">Added to the scores, broadcast to batch × heads × queries × keys; null for none.</param>
    public string Attention(string name, (Linear Query, Linear Key, Linear Value, Linear Output) projections, string queryTokens, string tokens, string? bias = null)
    {
        string query = Heads(Linear(name + ".query", projections.Query.Scale(1f / MathF.Sqrt(HeadSize)), queryTokens), 0, 2, 1, 3);
        string key = Heads(Linear(name + ".key", projections.Key, tokens), 0, 2, 3, 1);
        string value = Heads(Linear(name + ".value", projections.Value, tokens), 0, 2, 1, 3);
        string scores = graph.Node("MatMul", name + ".scores", [query, key]);
        if (bias is not null) scores = graph.Node("Add", name + ".scores.biased", [scores, bias]);
        string weights = graph.Node("Softmax", name + ".weights", [scores], ("axis", -1));
        string mixed = graph.Node("MatMul", name + ".mixed", [weights, value]);
        string byToken = graph.Node("Transpose", name + ".by_token", [mixed], ("perm", new long[] { 0, 2, 1, 3 }));
        string joined = graph.Node("Reshape", name + ".joined", [byToken, graph.Integers(0, 0, width)]);
        return Linear(name + ".output", projections.Output, joined);
    }

    private string Heads(string values, params long[] permutation)
    {
        string split = graph.Node("Reshape", values + ".split", [values, graph.Integers(0, 0, heads, HeadSize)]);
        return graph.Node("Transpose", values + ".heads", [split], ("perm", permutation));
    }
}
