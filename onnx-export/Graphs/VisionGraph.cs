using Tips.OnnxExport.Towers;

namespace Tips.OnnxExport.Graphs;

/// <summary>
/// Writes the image encoder as ONNX, the same graph for every layout except for the form of GELU. The attention scale and, except in
/// float16, the layer scales are multiplied into the linear layers they follow (exact for the released head size of 64, rounded otherwise).
/// </summary>
internal sealed class VisionGraph
{
    public const string Input = "pixel_values", ClassTokens = "class_tokens", PatchTokens = "patch_tokens";

    /// <summary>The final norm: prefix of its weights, and name of its result.</summary>
    public const string FinalNorm = "vision.norm";

    private const string Batch = "batch";

    private readonly GraphBuilder _graph;
    private readonly VisionTower _tower;
    private readonly TransformerLayers _layers;

    private VisionGraph(GraphBuilder graph, VisionTower tower, WeightPrecision precision)
        => (_graph, _tower, _layers) = (
            graph, tower, new TransformerLayers(graph, tower.Width, tower.Heads, tower.NormEpsilon, precision));

    /// <summary>How the last block computes its tokens.</summary>
    private enum LastBlock
    {
        /// <summary>As the other blocks do.</summary>
        Whole,

        /// <summary>Only the two CLS tokens.</summary>
        ClassTokens,

        /// <summary>Each token passes its own value on, instead of a mixture of all of them: attention without queries and keys.</summary>
        ValuePath,
    }

    private string FinalBlock => BlockName(_tower.Blocks.Count - 1);

    /// <summary>The final-normed tokens of a block, as the name of an output.</summary>
    public static string TokensOf(int layer) => $"tokens_{layer}";

    /// <summary>The tokens that a block gives, as the name of an output.</summary>
    public static string RawTokensOf(int layer) => $"raw_tokens_{layer}";

    /// <summary>The name of the tokens that a block gives.</summary>
    public static string BlockName(int layer) => $"vision.blocks.{layer}";

    /// <summary>Declares the outputs of a block.</summary>
    public static void DeclareLayer(GraphBuilder graph, int layer, int width)
    {
        graph.Output(TokensOf(layer), Batch, "tokens", width);
        graph.Output(RawTokensOf(layer), Batch, "tokens", width);
    }

    /// <summary>
    /// The graph that returns only the two CLS tokens of pictures of one size: its last block is computed for two queries per picture.
    /// </summary>
    public static GraphBuilder Embedding(
        VisionTower tower, int height, int width, WeightTable weights, WeightPrecision precision = WeightPrecision.Float32)
    {
        var builder = new GraphBuilder("tips_vision_embedding", weights);
        var graph = new VisionGraph(builder, tower, precision);
        builder.Input(Input, Batch, 3, height, width);
        builder.Output(ClassTokens, Batch, 2, tower.Width);
        var grid = (Rows: height / tower.PatchSize, Columns: width / tower.PatchSize);
        var positions = PositionGrid.Resize(tower.Positions, tower.Grid, grid).Reshape(1, grid.Rows * grid.Columns, tower.Width);
        graph.Blocks(graph.Tokens(_ => builder.Weight("vision.positions", positions)), LastBlock.ClassTokens);
        graph._layers.LayerNorm(FinalNorm, tower.FinalNorm, graph.FinalBlock, ClassTokens);
        return builder;
    }

    /// <summary>The graph that returns both CLS tokens and all patch tokens of pictures of any size, and those of inner layers.</summary>
    /// <param name="tower">The image encoder.</param>
    /// <param name="layers">Blocks whose tokens it returns, too: final-normed, and as they are.</param>
    /// <param name="weights">Where the weights go.</param>
    /// <param name="precision">The numbers that it computes with.</param>
    public static GraphBuilder Dense(
        VisionTower tower, IReadOnlyList<int> layers, WeightTable weights, WeightPrecision precision = WeightPrecision.Float32)
        => AnySize("tips_vision_dense", tower, LastBlock.Whole, layers, weights, precision);

    /// <summary>The graph that returns the tokens of the value path: attention mixes nothing in the last block.</summary>
    /// <param name="tower">The image encoder.</param>
    /// <param name="weights">Where the weights go.</param>
    /// <param name="precision">The numbers that it computes with.</param>
    public static GraphBuilder ValuePath(
        VisionTower tower, WeightTable weights, WeightPrecision precision = WeightPrecision.Float32)
        => AnySize("tips_vision_value_path", tower, LastBlock.ValuePath, [], weights, precision);

    private static GraphBuilder AnySize(
        string name, VisionTower tower, LastBlock last, IReadOnlyList<int> layers, WeightTable weights, WeightPrecision precision)
    {
        var builder = new GraphBuilder(name, weights);
        var graph = new VisionGraph(builder, tower, precision);
        builder.Input(Input, Batch, 3, "height", "width");
        builder.Output(ClassTokens, Batch, 2, tower.Width);
        builder.Output(PatchTokens, Batch, "patches", tower.Width);
        graph.Blocks(graph.Tokens(new DynamicPositions(builder, tower).For), last);
        string tokens = graph._layers.LayerNorm(FinalNorm, tower.FinalNorm, graph.FinalBlock);
        graph.FirstTwo(ClassTokens, tokens);
        string[] range = [builder.Integers(2), builder.Integers(int.MaxValue), builder.Integers(1)];
        builder.Node("Slice", PatchTokens, [tokens, .. range]);
        foreach (int layer in layers) graph.AddLayer(layer);
        return builder;
    }

    private void AddLayer(int layer)
    {
        string block = BlockName(layer);
        DeclareLayer(_graph, layer, _tower.Width);
        if (block == FinalBlock) _graph.Node("Identity", TokensOf(layer), [FinalNorm]);
        else _layers.LayerNorm(FinalNorm, _tower.FinalNorm, block, TokensOf(layer));
        _graph.Node("Identity", RawTokensOf(layer), [block]);
    }

    // Both CLS tokens, then the patches row by row with their positions.
    private string Tokens(Func<string, string> positions)
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
        string rows = _graph.Node("Reshape", "vision.patches.flat", [map, _graph.Integers(0, _tower.Width, -1)]);
        string patches = _layers.FromWorking(
            "vision.patches", _graph.Node("Transpose", "vision.patches", [rows], ("perm", new long[] { 0, 2, 1 })));
        string placed = _graph.Node("Add", "vision.patches.placed", [patches, positions(map)]);

        var classTokens = new Weight([1, 2, _tower.Width], () => [.. _tower.FirstClassToken.Read(), .. _tower.SecondClassToken.Read()]);
        string batch = _graph.Node("Shape", "vision.batch", [Input], ("start", 0), ("end", 1));
        string shape = _graph.Node("Concat", "vision.class_tokens.shape", [batch, _graph.Integers(1, 1)], ("axis", 0));
        string expanded = _graph.Node("Expand", "vision.class_tokens.batch", [_graph.Weight("vision.class_tokens", classTokens), shape]);
        return _graph.Node("Concat", "vision.tokens", [expanded, placed], ("axis", 1));
    }

    private void Blocks(string tokens, LastBlock last)
    {
        for (int i = 0; i < _tower.Blocks.Count; i++)
            tokens = Block(_tower.Blocks[i], BlockName(i), tokens, i == _tower.Blocks.Count - 1 ? last : LastBlock.Whole);
    }

    private string Block(VisionBlock block, string name, string tokens, LastBlock kind)
    {
        string normed = _layers.WorkingNorm(name + ".attention_norm", block.AttentionNorm, tokens);
        string queries = normed;
        if (kind == LastBlock.ClassTokens)
        {
            queries = FirstTwo(name + ".attention.class_tokens", normed);
            tokens = FirstTwo(name + ".class_tokens", tokens);
        }

        var output = _layers.WithScale(block.AttentionOutput, block.AttentionScale);
        string attention = kind == LastBlock.ValuePath
            ? _layers.ValuePath(name + ".attention", block.Value, output, normed)
            : _layers.Attention(name + ".attention", (block.Query, block.Key, block.Value, output), queries, normed);
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
