using Tips.OnnxExport.Towers;

namespace Tips.OnnxExport.Graphs;

/// <summary>
/// Writes the text encoder as ONNX: token ids in, the mean of the final-normed real tokens out, batch and length dynamic. An id of 0 is
/// padding; it is masked as a key and left out of the mean, so neither padding nor batch changes a text's embedding, and the empty
/// text gives zeros.
/// </summary>
internal static class TextGraph
{
    public const string Input = "token_ids", Output = "text_embedding";

    /// <summary>Maximum number of tokens; the position table ends there.</summary>
    public const int MaximumLength = 64;

    /// <summary>Added to the scores of padded keys: their weight becomes 0 exactly, and a row of padding alone stays finite.</summary>
    private const float Masked = -1e30f;

    private const float LengthEpsilon = 1e-8f;

    /// <summary>Whether a weight is one of this graph's.</summary>
    public static bool Owns(string weight) => weight.StartsWith("text.", StringComparison.Ordinal);

    public static GraphBuilder Build(TextTower tower, WeightTable weights, WeightPrecision precision = WeightPrecision.Float32)
    {
        var graph = new GraphBuilder("tips_text", weights);
        var layers = new TransformerLayers(graph, tower.Width, tower.Heads, tower.NormEpsilon, precision);
        graph.IntegerInput(Input, "batch", "length");
        graph.Output(Output, "batch", tower.Width);

        string padded = graph.ToFloat("text.padded", graph.Node("Equal", "text.is_padded", [Input, graph.Integers(0)]));
        string real = graph.Node("Sub", "text.real", [graph.Number(1), padded]);
        string bias = graph.Node(
            "Mul",
            "text.attention_bias",
            [graph.Node("Unsqueeze", "text.padded_keys", [padded, graph.Integers(1, 2)]), graph.Number(Masked)]);

        string tokens = Tokens(graph, tower, precision);
        for (int i = 0; i < tower.Blocks.Count; i++)
        {
            var block = tower.Blocks[i];
            string name = $"text.blocks.{i}";
            string normed = layers.WorkingNorm(name + ".attention_norm", block.AttentionNorm, tokens);
            string attention = layers.Attention(
                name + ".attention", (block.Query, block.Key, block.Value, block.AttentionOutput), normed, normed, bias);
            tokens = layers.Residual(name + ".attended", tokens, attention);
            string hidden = layers.Linear(
                name + ".feed_forward.hidden",
                block.Hidden,
                layers.WorkingNorm(name + ".feed_forward_norm", block.FeedForwardNorm, tokens));
            string fed = layers.Linear(
                name + ".feed_forward.output",
                block.Output,
                graph.Node("Relu", name + ".feed_forward.relu", [hidden]),
                InputRange.AfterRelu);
            tokens = layers.Residual(name, tokens, fed);
        }

        // The mean of the real tokens, as a product of a row of ones and zeros with the tokens.
        string final = layers.LayerNorm("text.norm", tower.FinalNorm, tokens);
        string sum = graph.Node("MatMul", "text.sum", [graph.Node("Unsqueeze", "text.real_row", [real, graph.Integers(1)]), final]);
        string count = graph.Node(
            "Add",
            "text.count",
            [graph.Node("ReduceSum", "text.real_count", [real, graph.Integers(1)], ("keepdims", 1)), graph.Number(LengthEpsilon)]);
        graph.Node("Div", Output, [graph.Node("Squeeze", "text.sum_flat", [sum, graph.Integers(1)]), count]);
        return graph;
    }

    private static string Tokens(GraphBuilder graph, TextTower tower, WeightPrecision precision)
    {
        string embedded = Embedded(graph, tower.TokenEmbedding.Scale(MathF.Sqrt(tower.Width)), precision);
        string length = graph.Node("Shape", "text.length", [Input], ("start", 1), ("end", 2));
        var positions = new Weight([MaximumLength, tower.Width], () => Sinusoids.Table(MaximumLength, tower.Width));
        string placed = graph.Node(
            "Slice", "text.positions.used", [graph.Weight("text.positions", positions), graph.Integers(0), length, graph.Integers(0)]);
        return graph.Node("Add", "text.tokens", [embedded, placed]);
    }

    // The table is the largest weight; its rows are looked up in the stored type and then converted to float32.
    private static string Embedded(GraphBuilder graph, Weight table, WeightPrecision precision)
    {
        const string name = "text.token_embedding";
        switch (precision)
        {
            case WeightPrecision.Float16:
                return graph.ToFloat(
                    "text.embedded", graph.Node("Gather", "text.embedded.half", [graph.Weight(name, table, WeightType.Float16), Input]));
            case WeightPrecision.Int8:
                var (values, scales) = Quantization.Rows(table, sbyte.MaxValue);
                string bytes = graph.ToFloat(
                    "text.embedded.float",
                    graph.Node("Gather", "text.embedded.bytes", [graph.Weight(name, values, WeightType.Int8), Input]));
                return graph.Node(
                    "Mul",
                    "text.embedded",
                    [bytes, graph.Node("Gather", "text.embedded.scale", [graph.Weight(name + ".scale", scales), Input])]);
            default:
                return graph.Node("Gather", "text.embedded", [graph.Weight(name, table), Input]);
        }
    }
}
