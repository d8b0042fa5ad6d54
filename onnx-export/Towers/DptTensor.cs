namespace Tips.OnnxExport.Towers;

/// <summary>A tensor of a head under each of its names.</summary>
/// <param name="Flax">Its path in the Flax files, below <c>decoder/dpt/</c>.</param>
/// <param name="Pieces">The pieces of its name in PyTorch, and what transformers has in place of each; saved files mix both.</param>
internal sealed record DptTensor(string Flax, IReadOnlyList<(string PyTorch, string Own)> Pieces)
{
    /// <summary>What the names of the linear layer at the end begin with.</summary>
    public const string HeadModule = "head.";

    /// <summary>Every tensor of a head, whatever its task.</summary>
    public static IReadOnlyList<DptTensor> All { get; } = [.. Levels(), .. Fusions(), .. Last()];

    /// <summary>The name in PyTorch.</summary>
    public string Name { get; } = string.Concat(Pieces.Select(p => p.PyTorch));

    /// <summary>The name in transformers.</summary>
    public string OwnName { get; } = string.Concat(Pieces.Select(p => p.Own));

    public bool IsHead => Name.StartsWith(HeadModule, StringComparison.Ordinal);

    /// <summary>What transformers counts to the decoder; the rest is its neck.</summary>
    public bool IsDecoder => IsHead || Name.StartsWith("project.", StringComparison.Ordinal);

    /// <summary>The name with each piece in either form.</summary>
    public IEnumerable<string> MixedNames() => Pieces.Aggregate(
        (IEnumerable<string>)[""],
        (starts, piece) => starts.SelectMany(start => ((string[])[piece.PyTorch, piece.Own]).Distinct().Select(form => start + form)));

    private static IEnumerable<DptTensor> Levels()
    {
        var stage = ("reassemble.", "reassemble_stage.");
        for (int i = 0; i < DptHead.LevelCount; i++)
        {
            const string flax = "reassemble_blocks/";
            (string PyTorch, string Own) readout = ($"readout_projects.{i}.", $"readout_projects.{i}.layers.0.");
            foreach (var tensor in Layer($"{flax}readout_projects_{i}", stage, readout)) yield return tensor;
            var projection = ($"out_projections.{i}.", $"layers.{i}.projection.");
            foreach (var tensor in Layer($"{flax}out_projection_{i}", stage, projection)) yield return tensor;
            if (i != 2)
            {
                var resize = ($"resize_layers.{i}.", $"layers.{i}.resize.");
                foreach (var tensor in Layer($"{flax}resize_layers_{i}", stage, resize)) yield return tensor;
            }

            yield return Kernel($"convs_{i}", Same($"convs.{i}."));
        }
    }

    private static IEnumerable<DptTensor> Fusions()
    {
        var stage = ("fusion_blocks.", "fusion_stage.layers.");
        for (int i = 0; i < DptHead.LevelCount; i++)
        {
            string flax = $"fusion_blocks_{i}/";
            for (int convolution = 1; convolution <= 2; convolution++)
            {
                string unit = flax + "PreActResidualConvUnit_", last = $"/conv{convolution}";
                var (block, piece) = (Same($"{i}."), ($"conv{convolution}.", $"convolution{convolution}."));
                // Flax numbers the units in the order in which they are applied: a lateral one comes first.
                if (i > 0) yield return Kernel(unit + "0" + last, stage, block, ("residual_unit.", "residual_layer1."), piece);
                string main = i > 0 ? "1" : "0";
                yield return Kernel(unit + main + last, stage, block, ("main_unit.", "residual_layer2."), piece);
            }

            foreach (var tensor in Layer($"{flax}Conv_0", stage, Same($"{i}."), ("out_conv.", "projection."))) yield return tensor;
        }
    }

    private static IEnumerable<DptTensor> Last() => [.. Layer("project", Same("project.")), .. Layer("head", Same(HeadModule))];

    private static DptTensor[] Layer(string flax, params (string PyTorch, string Own)[] pieces)
        => [Kernel(flax, pieces), new DptTensor(flax + "/bias", [.. pieces, Same("bias")])];

    private static DptTensor Kernel(string flax, params (string PyTorch, string Own)[] pieces)
        => new(flax + "/kernel", [.. pieces, Same("weight")]);

    private static (string PyTorch, string Own) Same(string piece) => (piece, piece);
}
