using Tips.OnnxExport.Towers;

namespace Tips.OnnxExport.Graphs;

/// <summary>
/// Writes the image encoder as ONNX, the same graph for every layout except for the form of GELU. The attention scale and, except in
/// float16, the layer scales are multiplied into the linear layers they follow (exact for the released head size of 64, rounded otherwise).
/// </summary>
internal sealed class VisionGraph
{
    public const string Input = "pixel_values", ClassTokens = "class_tokens", PatchTokens = "patch_tokens";

    private const string Batch = "batch";

    private readonly GraphBuilder _graph;
    private readonly VisionTower _tower;
    private readonly (int Rows, int Columns) _grid;
    private readonly TransformerLayers _layers;

    private VisionGraph(GraphBuilder graph, VisionTower tower, (int Rows, int Columns) grid, WeightPrecision precision)
        => (_graph, _tower, _grid, _layers) = (
            graph, tower, grid, new TransformerLayers(graph, tower.Width, tower.Heads, tower.NormEpsilon, precision));

    private int PatchCount => _grid.Rows * _grid.Columns;

    /// <summary>The graph that returns only the two CLS tokens: its last block is computed for two queries per picture.</summary>
    public static GraphBuilder Embedding(
        VisionTower tower, int height, int width, WeightTable weights, WeightPrecision precision = WeightPrecision.Float32)
        => Create("tips_vision_embedding", tower, height, width, weights, precision, dense: false);

    /// <summary>The graph that gives both CLS tokens and all patch tokens.</summary>
    public static GraphBuilder Dense(
        VisionTower tower, int height, int width, WeightTable weights, WeightPrecision precision = WeightPrecision.Float32)
        => Create("tips_vision_dense", tower, height, width, weights, precision, dense: true);

    private static GraphBuilder Create(
        string name, VisionTower tower, int height, int width, WeightTable weights, WeightPrecision precision, bool dense)
    {
        var builder = new GraphBuilder(name, weights);
        var graph = new VisionGraph(builder, tower, (height / tower.PatchSize, width / tower.PatchSize), precision);
        builder.Input(Input, Batch, 3, height, width);
        builder.Output(ClassTokens, Batch, 2, tower.Width);
        if (dense) builder.Output(PatchTokens, Batch, graph.PatchCount, tower.Width);

        string tokens = graph.Tokens();
        for (int i = 0; i < tower.Blocks.Count; i++)
        {
            bool last = i == tower.Blocks.Count - 1;
            tokens = graph.Block(tower.Blocks[i], $"vision.blocks.{i}", tokens, classTokensOnly: last && !dense);
        }

        if (dense)
        {
            tokens = graph._layers.LayerNorm("vision.norm", tower.FinalNorm, tokens);
            builder.Node("Split", [ClassTokens, PatchTokens], [tokens, builder.Integers(2, graph.PatchCount)], ("axis", 1));
        }
        else
        {
            graph._layers.LayerNorm("vision.norm", tower.FinalNorm, tokens, ClassTokens);
        }

        return builder;
    }

    // Both CLS tokens, then the patches row by row with their positions.
    private string Tokens()
    {
        var patchEmbedding = _tower.PatchEmbedding;
        long patch = _tower.PatchSize;
        string pixels = _layers.ToWorking(Input, Input);
        string map = _graph.Node(
            "Conv",
            "vision.patch_embedding",
            [pixels, _graph.Weight(
                "vision.patch_embedding.weight",
                patchEmbedding.Weight,
                _layers.WorkingType), _graph.Weight("vision.patch_embedding.bias", patchEmbedding.Bias, _layers.WorkingType)],
            ("kernel_shape", new[] { patch, patch }),
            ("strides", new[] { patch, patch }));
        string rows = _graph.Node("Reshape", "vision.patches.flat", [map, _graph.Integers(0, _tower.Width, PatchCount)]);
        string patches = _layers.FromWorking(
            "vision.patches", _graph.Node("Transpose", "vision.patches", [rows], ("perm", new long[] { 0, 2, 1 })));
        var positions = PositionGrid.Resize(_tower.Positions, _tower.Grid, _grid).Reshape(1, PatchCount, _tower.Width);
        string placed = _graph.Node("Add", "vision.patches.placed", [patches, _graph.Weight("vision.positions", positions)]);

        var classTokens = new Weight([1, 2, _tower.Width], () => [.. _tower.FirstClassToken.Read(), .. _tower.SecondClassToken.Read()]);
        string batch = _graph.Node("Shape", "vision.batch", [Input], ("start", 0), ("end", 1));
        string shape = _graph.Node("Concat", "vision.class_tokens.shape", [batch, _graph.Integers(1, 1)], ("axis", 0));
        string expanded = _graph.Node("Expand", "vision.class_tokens.batch", [_graph.Weight("vision.class_tokens", classTokens), shape]);
        return _graph.Node("Concat", "vision.tokens", [expanded, placed], ("axis", 1));
    }

    private string Block(VisionBlock block, string name, string tokens, bool classTokensOnly)
    {
        string normed = _layers.WorkingNorm(name + ".attention_norm", block.AttentionNorm, tokens);
        string queries = normed;
        if (classTokensOnly)
        {
            queries = FirstTwo(name + ".attention.class_tokens", normed);
            tokens = FirstTwo(name + ".class_tokens", tokens);
        }

        string attention = _layers.Attention(
            name + ".attention",
            (block.Query, block.Key, block.Value, _layers.WithScale(block.AttentionOutput, block.AttentionScale)),
            queries,
            normed);
        tokens = _layers.Residual(name + ".attended", tokens, attention, block.AttentionScale);
        string hidden = _layers.WorkingNorm(name + ".feed_forward_norm", block.FeedForwardNorm, tokens);
        return _layers.Residual(name, tokens, FeedForward(block, name + ".feed_forward", hidden), block.FeedForwardScale);
    }

    private string FirstTwo(string name, string tokens)
        => _graph.Node("Slice", name, [tokens, _graph.Integers(0), _graph.Integers(2), _graph.Integers(1)]);

    private string FeedForward(VisionBlock block, string name, string tokens)
    {
        string hidden;
        var range = InputRange.Signed;
        switch (block.FeedForward)
        {
            case MlpFeedForward mlp:
                hidden = _graph.Node(
                    "Gelu",
                    name + ".gelu",
                    [_layers.Linear(name + ".hidden", mlp.Hidden, tokens)],
                    ("approximate", mlp.Gelu == GeluForm.Tanh ? "tanh" : "none"));
                range = InputRange.AfterGelu;
                break;
            case SwiGluFeedForward swiGlu:
                string gate = _layers.Linear(name + ".gate", swiGlu.Gate, tokens);
                string sigmoid = _graph.Node("Sigmoid", name + ".sigmoid", [gate]);
                string silu = _graph.Node("Mul", name + ".silu", [gate, sigmoid]);
                hidden = _graph.Node("Mul", name + ".gated", [silu, _layers.Linear(name + ".value", swiGlu.Value, tokens)]);
                break;
            default:
                throw new InvalidOperationException($"Unknown feed-forward layer {block.FeedForward.Kind}.");
        }

        return _layers.Linear(name + ".output", _layers.WithScale(block.FeedForward.Output, block.FeedForwardScale), hidden, range);
    }
}
