using Tips.OnnxExport.Towers;

namespace Tips.MLNet.Tests.Formula;

/// <summary>
/// The tensors of a head with their names in PyTorch, in Flax and in transformers, written down independently of the readers.
/// </summary>
internal static class HeadFormula
{
    /// <summary>A tensor of a head. Names are those below <c>dpt.</c>, <c>decoder/dpt/</c>, and <c>neck.</c> or <c>decoder.</c>.</summary>
    internal sealed record Tensor(string PyTorch, string Flax, string Own, Weight Weight)
    {
        public bool IsHead => PyTorch.StartsWith("head.", StringComparison.Ordinal);

        /// <summary>The name in the publisher's PyTorch model of one head.</summary>
        public string Published => IsHead ? PyTorch : "dpt." + PyTorch;

        /// <summary>The name in the model that transformers has for all tasks.</summary>
        public string InTransformers(string task)
        {
            bool isDecoder = IsHead || PyTorch.StartsWith("project.", StringComparison.Ordinal);
            return $"{task}_{(isDecoder ? "decoder" : "neck")}.{Own}";
        }
    }

    public static IEnumerable<Tensor> Tensors(DptHead head)
    {
        for (int i = 0; i < 4; i++)
        {
            var level = head.Levels[i];
            foreach (var tensor in Layer(
                $"reassemble.out_projections.{i}", $"reassemble_blocks/out_projection_{i}", $"reassemble_stage.layers.{i}.projection",
                level.Projection))
                yield return tensor;
            foreach (var tensor in Layer(
                $"reassemble.readout_projects.{i}", $"reassemble_blocks/readout_projects_{i}",
                $"reassemble_stage.readout_projects.{i}.layers.0", level.Readout))
                yield return tensor;
            if (level.Resize is { } resize)
            {
                foreach (var tensor in Layer(
                    $"reassemble.resize_layers.{i}", $"reassemble_blocks/resize_layers_{i}", $"reassemble_stage.layers.{i}.resize", resize))
                    yield return tensor;
            }

            yield return new Tensor($"convs.{i}.weight", $"convs_{i}/kernel", $"convs.{i}.weight", level.Convolution);
            foreach (var tensor in Fusion(i, head.Fusions[i])) yield return tensor;
        }

        foreach (var tensor in Layer("project", "project", "project", head.Project)) yield return tensor;
        foreach (var tensor in Layer("head", "head", "head", head.Output)) yield return tensor;
    }

    /// <summary>Fails unless every tensor has the formula's values.</summary>
    public static void AssertEqual(DptHead head, Func<Tensor, string> keyOf, ulong seed)
    {
        foreach (var tensor in Tensors(head))
        {
            float[] expected = FormulaCheckpoint.Values(keyOf(tensor), [.. tensor.Weight.Shape], seed);
            CollectionAssert.AreEqual(expected, tensor.Weight.Read(), tensor.PyTorch);
        }
    }

    private static IEnumerable<Tensor> Fusion(int i, DptFusion fusion)
    {
        string flax = $"fusion_blocks_{i}/PreActResidualConvUnit_", own = $"fusion_stage.layers.{i}.";
        foreach (var tensor in Unit($"fusion_blocks.{i}.main_unit", flax + (i == 0 ? 0 : 1), own + "residual_layer2", fusion.Main))
            yield return tensor;
        Assert.AreEqual(i == 0, fusion.Lateral is null);
        if (fusion.Lateral is { } lateral)
        {
            foreach (var tensor in Unit($"fusion_blocks.{i}.residual_unit", flax + "0", own + "residual_layer1", lateral))
                yield return tensor;
        }

        foreach (var tensor in Layer($"fusion_blocks.{i}.out_conv", $"fusion_blocks_{i}/Conv_0", own + "projection", fusion.Output))
            yield return tensor;
    }

    private static Tensor[] Unit(string name, string flax, string own, ResidualUnit unit) =>
    [
        new(name + ".conv1.weight", flax + "/conv1/kernel", own + ".convolution1.weight", unit.First),
        new(name + ".conv2.weight", flax + "/conv2/kernel", own + ".convolution2.weight", unit.Second),
    ];

    private static Tensor[] Layer(string name, string flax, string own, Linear layer) =>
    [
        new(name + ".weight", flax + "/kernel", own + ".weight", layer.Weight),
        new(name + ".bias", flax + "/bias", own + ".bias", layer.Bias),
    ];
}
