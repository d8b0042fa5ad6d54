using Tips.OnnxExport.Towers;

namespace Tips.OnnxExport.Graphs;

/// <summary>
/// The layers that both encoders are made of. Tokens are batch × length × D. The residual stream is float32; what lies between a norm
/// and the sum after it is in the working type, which is float16 or float32 depending on the precision.
/// </summary>
internal sealed class TransformerLayers(GraphBuilder graph, int width, int heads, float normEpsilon, WeightPrecision precision)
{
    private readonly LinearLayer _linear = LinearLayer.Create(graph, precision);

    private int HeadSize => width / heads;

    /// <summary>The type of what lies between a norm and the sum after it.</summary>
    public WeightType WorkingType => Half ? WeightType.Float16 : WeightType.Float32;

    private bool FoldsScales => !Half;

    private bool Half => precision == WeightPrecision.Float16;

    public string Linear(string name, Linear linear, string input, InputRange range = InputRange.Signed)
        => _linear.Apply(name, linear, input, range);

    /// <summary>Layer norm in float32.</summary>
    public string LayerNorm(string name, Norm norm, string input, string? output = null) => graph.Node(
        "LayerNormalization",
        output ?? name,
        [input, graph.Weight(name + ".gain", norm.Gain), graph.Weight(name + ".bias", norm.Bias)],
        ("axis", -1),
        ("epsilon", normEpsilon));

    /// <summary>Layer norm in float32, its result in the working type.</summary>
    public string WorkingNorm(string name, Norm norm, string input) => ToWorking(name, LayerNorm(name, norm, input));

    /// <summary>A float32 value in the working type.</summary>
    public string ToWorking(string name, string value) => Half ? graph.ToHalf(name + ".half", value) : value;

    /// <summary>A value of the working type in float32.</summary>
    public string FromWorking(string name, string value) => Half ? graph.ToFloat(name + ".float", value) : value;

    /// <summary>The residual stream with a layer's result, times <paramref name="scale"/>, added.</summary>
    public string Residual(string name, string tokens, string addition, Weight? scale = null)
    {
        string result = FromWorking(addition, addition);
        if (scale is not null && !FoldsScales)
            result = graph.Node("Mul", addition + ".scaled", [result, graph.Weight(addition + ".scale", scale)]);
        return graph.Node("Add", name, [tokens, result]);
    }

    /// <summary>
    /// A linear layer with the scale of its output multiplied into its weights. A layer scale can be as small as 1e-6; multiplied by it,
    /// float16 weights would lose their digits or become zero, so for float16 <see cref="Residual"/> multiplies instead.
    /// </summary>
    public Linear WithScale(Linear linear, Weight? scale) => FoldsScales ? linear.ScaleOutputs(scale) : linear;

    /// <summary>Multi-head attention of some tokens to all; softmax in float32.</summary>
    /// <param name="name">Prefix of the nodes.</param>
    /// <param name="projections">Query, key, value and output layers; the scale of the queries is multiplied in here.</param>
    /// <param name="queryTokens">Tokens that attend to others.</param>
    /// <param name="tokens">Tokens that are attended to.</param>
    /// <param name="bias">Float32, added to the scores, broadcast to batch × heads × queries × keys; null for none.</param>
    public string Attention(
        string name,
        (Linear Query, Linear Key, Linear Value, Linear Output) projections,
        string queryTokens,
        string tokens,
        string? bias = null)
    {
        string query = Heads(Linear(name + ".query", projections.Query.Scale(1f / MathF.Sqrt(HeadSize)), queryTokens), 0, 2, 1, 3);
        string key = Heads(Linear(name + ".key", projections.Key, tokens), 0, 2, 3, 1);
        string value = Heads(Linear(name + ".value", projections.Value, tokens), 0, 2, 1, 3);
        string scores = FromWorking(name + ".scores", graph.Node("MatMul", name + ".scores", [query, key]));
        if (bias is not null) scores = graph.Node("Add", name + ".scores.biased", [scores, bias]);
        string weights = ToWorking(name + ".weights", graph.Node("Softmax", name + ".weights", [scores], ("axis", -1)));
        string mixed = graph.Node("MatMul", name + ".mixed", [weights, value]);
        string byToken = graph.Node("Transpose", name + ".by_token", [mixed], ("perm", new long[] { 0, 2, 1, 3 }));
        string joined = graph.Node("Reshape", name + ".joined", [byToken, graph.Integers(0, 0, width)]);
        return Linear(name + ".output", projections.Output, joined);
    }

    /// <summary>Attention in which each token attends to itself alone, so that queries and keys do not matter.</summary>
    public string ValuePath(string name, Linear value, Linear output, string tokens)
        => Linear(name + ".output", output, Linear(name + ".value", value, tokens));

    private string Heads(string values, params long[] permutation)
    {
        string split = graph.Node("Reshape", values + ".split", [values, graph.Integers(0, 0, heads, HeadSize)]);
        return graph.Node("Transpose", values + ".heads", [split], ("perm", permutation));
    }
}
