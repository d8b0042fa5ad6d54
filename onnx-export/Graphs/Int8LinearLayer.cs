using Tips.OnnxExport.Towers;

namespace Tips.OnnxExport.Graphs;

/// <summary>
/// Linear layers in 8-bit integers: weights have a scale per output channel, activations a scale per token, computed while the model runs.
/// Each token has its own scale, so an embedding does not depend on what else is in the batch, as it would with one scale for a whole
/// tensor (DynamicQuantizeLinear).
/// </summary>
internal sealed class Int8LinearLayer(GraphBuilder graph) : LinearLayer
{
    /// <summary>GELU's minimum is −0.16998; that of its tanh form is −0.17005.</summary>
    private const float GeluMinimum = -0.1701f;

    /// <summary>Prevents a division by zero for a token of zeros; far below any activation.</summary>
    private const float SmallestScale = 1e-20f;

    private readonly Dictionary<(string Input, InputRange Range), Quantized> _quantized = [];

    public override string Apply(string name, Linear linear, string input, InputRange range)
    {
        var tokens = Quantize(input, range);
        var (values, scales) = Quantization.Columns(linear.Weight.Transpose(), Quantization.WeightLimit);
        string product = graph.Node(
            "MatMulInteger",
            name + ".product",
            [tokens.Bytes, graph.Weight(name + ".weight", values, WeightType.Int8), graph.Byte(tokens.ZeroPoint)]);
        string scaled = graph.Node(
            "Mul",
            name + ".by_channel",
            [graph.ToFloat(name + ".float", product), graph.Weight(name + ".scale", scales.Scale(1f / tokens.Levels))]);
        return graph.Node(
            "Add", name, [graph.Node("Mul", name + ".by_token", [scaled, tokens.Scale]), graph.Weight(name + ".bias", linear.Bias)]);
    }

    // Query, key and value ask for the same tokens.
    private Quantized Quantize(string input, InputRange range)
    {
        if (_quantized.TryGetValue((input, range), out var known)) return known;
        return _quantized[(input, range)] = range switch
        {
            InputRange.Signed => Create(input, graph.Node("Abs", input + ".abs", [input]), SmallestScale, zeroPoint: 128, levels: 127),
            // Zero, which most values are close to, stays exact. The scale is always large enough for GELU's minimum to fit below zero.
            InputRange.AfterGelu => Create(input, input, -GeluMinimum * 223 / 32, zeroPoint: 32, levels: 223),
            InputRange.AfterRelu => Create(input, input, SmallestScale, zeroPoint: 0, levels: 255),
            _ => throw new ArgumentOutOfRangeException(nameof(range), range, "Unknown range."),
        };
    }

    private Quantized Create(string name, string magnitudes, float smallestScale, byte zeroPoint, int levels)
    {
        string largest = graph.Node("ReduceMax", name + ".largest", [magnitudes, graph.Integers(-1)], ("keepdims", 1));
        string scale = graph.Node("Max", name + ".scale", [largest, graph.Number(smallestScale)]);
        string unit = graph.Node("Div", name + ".unit", [name, scale]);
        return new Quantized(
            graph.Node("QuantizeLinear", name + ".bytes", [unit, graph.Number(1f / levels), graph.Byte(zeroPoint)]),
            scale,
            zeroPoint,
            levels);
    }

    /// <summary>Tokens as bytes: a value is <c>(byte − ZeroPoint) / Levels · Scale</c>, with a scale for each token.</summary>
    private sealed record Quantized(string Bytes, string Scale, byte ZeroPoint, int Levels);
}
