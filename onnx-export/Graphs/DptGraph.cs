using Tips.OnnxExport.Towers;

namespace Tips.OnnxExport.Graphs;

/// <summary>
/// Writes a dense prediction head (DPT) as ONNX in float32. It takes the tokens of four blocks and gives a map at the decoder's resolution,
/// 16 · ⌈rows/2⌉ by 16 · ⌈columns/2⌉; bringing that to the size of a picture is not part of the graph. Linear steps are folded or swapped
/// where that saves work, so sums are rounded differently from the published code's.
/// </summary>
internal sealed class DptGraph
{
    /// <summary>Input: rows and columns of patches.</summary>
    public const string Grid = "grid";

    /// <summary>Output: values before softmax, batch × classes × height × width.</summary>
    public const string Logits = "logits";

    /// <summary>Output: meters, batch × height × width.</summary>
    public const string Depth = "depth";

    /// <summary>Output: directions of any length, batch × 3 × height × width.</summary>
    public const string Normals = "normals";

    private const string Batch = "batch", Tokens = "tokens", Height = "height", Width = "width";

    private readonly GraphBuilder _graph;
    private readonly MapLayers _maps;
    private readonly DptHead _head;
    private readonly string _task;

    private DptGraph(GraphBuilder graph, DptHead head, HeadTask task)
        => (_graph, _maps, _head, _task) = (graph, new MapLayers(graph), head, task.Name());

    /// <summary>The input for the tokens of a block, final-normed: CLS 1, CLS 2, then the patches row by row.</summary>
    public static string Level(int index) => $"level_{index}";

    /// <summary>The output for a task.</summary>
    public static string OutputOf(HeadTask task) => task switch
    {
        HeadTask.Depth => Depth,
        HeadTask.Normals => Normals,
        HeadTask.Segmentation => Logits,
        _ => throw new ArgumentOutOfRangeException(nameof(task), task, "Unknown task."),
    };

    /// <param name="head">The head.</param>
    /// <param name="task">What its outputs mean.</param>
    /// <param name="options">What its weights do not tell.</param>
    /// <param name="weights">Receives the weights. Their names begin with the task, so several heads can share a table.</param>
    public static GraphBuilder Build(DptHead head, HeadTask task, HeadOptions options, WeightTable weights)
    {
        if (!(options.MinDepth > 0 && options.MinDepth < options.MaxDepth && float.IsFinite(options.MaxDepth)))
        {
            throw new ArgumentException(
                $"Depths range from {options.MinDepth} to {options.MaxDepth}, expected numbers above zero, the smaller one first.",
                nameof(options));
        }

        var builder = new GraphBuilder("tips_head_" + task.Name(), weights);
        for (int i = 0; i < DptHead.LevelCount; i++) builder.Input(Level(i), Batch, Tokens, head.Width);
        builder.IntegerInput(Grid, 2);
        var graph = new DptGraph(builder, head, task);
        switch (task)
        {
            case HeadTask.Segmentation:
                builder.Output(Logits, Batch, head.Outputs, Height, Width);
                graph.Outputs(Logits, options);
                break;
            case HeadTask.Normals:
                builder.Output(Normals, Batch, head.Outputs, Height, Width);
                graph.Outputs(Normals, options);
                break;
            case HeadTask.Depth:
                builder.Output(Depth, Batch, Height, Width);
                graph.Meters(graph.Outputs(graph.Name("bins"), options), options);
                break;
            default:
                throw new ArgumentOutOfRangeException(nameof(task), task, "Unknown task.");
        }

        return builder;
    }

    private string Name(string value) => $"{_task}.{value}";

    private string Outputs(string output, HeadOptions options)
    {
        string map = Decode(), name = Name("project");
        // As one layer they have fewer products only where a pixel has no more outputs than channels.
        if (!options.ReluAfterProject && _head.Outputs <= _head.Channels)
        {
            var folded = FoldedConvolution.Create(_head.Project, _head.Output);
            return _maps.Convolution(Name("output"), folded.Weight, folded.Bias, map, output: output);
        }

        string projected = _maps.Convolution(name, _head.Project.Weight, _head.Project.Bias, map);
        if (options.ReluAfterProject) projected = _maps.Relu(projected);
        var kernel = _head.Output.Weight.Reshape(_head.Outputs, _head.Channels, 1, 1);
        return _maps.Convolution(Name("output"), kernel, _head.Output.Bias, projected, output: output);
    }

    // The map of the decoder's channels, from the coarsest level to the finest.
    private string Decode()
    {
        string size = _graph.Node(
            "Div", Name("size"), [_graph.Node("Add", Name("grid.plus_one"), [Grid, _graph.Integers(1)]), _graph.Integers(2)]);
        string map = "";
        for (int i = 0; i < DptHead.LevelCount; i++)
        {
            int level = DptHead.LevelCount - 1 - i;
            var fusion = _head.Fusions[i];
            string name = Name($"fusion_blocks.{i}"), convolution = Name($"convs.{level}");
            string lateral = _maps.Convolution(convolution, _head.Levels[level].Convolution, null, Reassemble(level));
            if (fusion.Lateral is { } unit)
            {
                // They differ where the grid has an odd side.
                string resized = _maps.Resize(name + ".lateral.resized", lateral, size, alignCorners: false);
                map = _graph.Node("Add", name + ".sum", [map, _maps.Unit(name + ".lateral", unit, resized)]);
            }
            else
            {
                map = lateral;
            }

            size = _graph.Node("Mul", name + ".size", [size, _graph.Integers(2)]);
            // The 1×1 convolution commutes with interpolation, and has a quarter of the pixels before it.
            string output = name + ".output";
            map = _maps.Convolution(output, fusion.Output.Weight, fusion.Output.Bias, _maps.Unit(name + ".main", fusion.Main, map));
            map = _maps.Resize(name, map, size, alignCorners: true);
        }

        return map;
    }

    // A level's own map.
    private string Reassemble(int index)
    {
        var level = _head.Levels[index];
        string name = Name($"reassemble.{index}");
        string projection = Linear(name + ".projection", level.Projection, Readout(name + ".readout", level.Readout, Level(index)));
        string byChannel = _graph.Node("Transpose", name + ".by_channel", [projection], ("perm", new long[] { 0, 2, 1 }));
        string shape = _graph.Node("Concat", name + ".shape", [_graph.Integers(0, level.Channels), Grid], ("axis", 0));
        string map = _graph.Node("Reshape", level.Resize is null ? name : name + ".map", [byChannel, shape]);
        return level.Resize switch
        {
            null => map,
            { } resize when index < 2 => _maps.Transposed(name, resize, map),
            { } resize => _maps.Convolution(name, resize.Weight, resize.Bias, map, stride: 2),
        };
    }

    // The layer takes a patch token and CLS 1, one after the other; the part of CLS 1 is the same for all patches of a picture.
    private string Readout(string name, Linear readout, string tokens)
    {
        int width = _head.Width;
        var inputs = readout.Weight.Transpose();
        string patches = Slice(name + ".patches", tokens, 2, long.MaxValue), classToken = Slice(name + ".class_token", tokens, 0, 1);
        string ofPatches = MatMul(name + ".patch", patches, inputs.Rows(0, width));
        string ofClass = MatMul(name + ".class", classToken, inputs.Rows(width, width));
        string constant = _graph.Node("Add", name + ".constant", [ofClass, _graph.Weight(name + ".bias", readout.Bias)]);
        string sum = _graph.Node("Add", name, [ofPatches, constant]);
        return _graph.Node("Gelu", name + ".gelu", [sum], ("approximate", "tanh"));
    }

    private string Linear(string name, Linear linear, string tokens)
        => _graph.Node(
            "Add", name, [MatMul(name, tokens, linear.Weight.Transpose()), _graph.Weight(name + ".bias", linear.Bias)]);

    private string MatMul(string name, string tokens, Weight inputs)
        => _graph.Node("MatMul", name + ".product", [tokens, _graph.Weight(name + ".weight", inputs)]);

    private string Slice(string name, string tokens, long start, long end)
        => _graph.Node("Slice", name, [tokens, _graph.Integers(start), _graph.Integers(end), _graph.Integers(1)]);

    private void Meters(string logits, HeadOptions options)
    {
        string name = Name("sums");
        var bins = DepthBins.Sums(_head.Outputs, options);
        string sums = _maps.Convolution(name, bins.Weight, bins.Bias, _maps.Relu(logits));
        string weighted = Name("sums.weighted"), total = Name("sums.total");
        _graph.Node("Split", [weighted, total], [sums, _graph.Integers(1, 1)], ("axis", 1));
        string meters = _graph.Node("Div", Name("meters"), [weighted, total]);
        _graph.Node("Squeeze", Depth, [meters, _graph.Integers(1)]);
    }
}
