using Tips.MLNet.Tests.Formula;
using Tips.MLNet.Tests.Support;
using Tips.OnnxExport.Checkpoints;
using Tips.OnnxExport.Towers;

namespace Tips.MLNet.Tests.Towers;

/// <summary>Released files of heads in every form: each must give exactly the formula's tensors.</summary>
[TestClass]
public sealed class DptLayoutTests
{
    private const ulong ReleaseSeed = 6;

    [TestMethod]
    [DataRow("head_segmentation.zip", 12)]
    [DataRow("head_depth.zip", 256)]
    [DataRow("head_normals.zip", 3)]
    [DataRow("head_segmentation.npz", 12)]
    [DataRow("head_depth.npz", 256)]
    [DataRow("head_normals.npz", 3)]
    public void Released_files_give_the_tensors_of_the_formula(string file, int outputs)
    {
        using var checkpoint = CheckpointFile.Open(GoldenFiles.PathOf("dense", file));
        var head = DptLayouts.Read(checkpoint);
        Assert.AreEqual(128, head.Width);
        Assert.AreEqual(10, head.Channels);
        Assert.AreEqual(outputs, head.Outputs);
        CollectionAssert.AreEqual(new[] { 16, 32, 64, 128 }, head.Levels.Select(l => l.Channels).ToArray());
        CollectionAssert.AreEqual(new[] { 16, 16, 4, 4 }, head.Levels[0].Resize!.Weight.Shape.ToArray());
        HeadFormula.AssertEqual(head, t => t.Published, ReleaseSeed);
    }

    [TestMethod]
    [DataRow("head_depth.zip", "dpt/", "")]
    [DataRow("head_segmentation.zip", "decoder/dpt/", "decoder/")]
    [DataRow("head_segmentation.zip", "decoder/dpt/", "dpt/")]
    [DataRow("head_depth.npz", "dpt.", "")]
    [DataRow("head_depth.npz", "head.", "pixel_depth_regress.")]
    [DataRow("head_depth.zip", "pixel_depth_classif/", "pixel_depth_regress/")]
    [DataRow("head_segmentation.zip", "decoder/pixel_segmentation/", "decoder/segmentation_head/")]
    [DataRow("head_segmentation.zip", "decoder/pixel_segmentation/", "segmentation_head/")]
    public void What_comes_before_a_name_may_be_missing_and_heads_have_many_names(string file, string from, string to)
    {
        var checkpoint = Golden(file);
        foreach (string key in checkpoint.Tensors.Keys.Where(k => k.StartsWith(from, StringComparison.Ordinal)).ToArray())
            checkpoint.Rename(key, to + key[from.Length..]);
        HeadFormula.AssertEqual(DptLayouts.Read(checkpoint), t => t.Published, ReleaseSeed);
    }

    [TestMethod]
    [DataRow("kernel")]
    [DataRow("bias")]
    public void The_name_that_Flax_gives_wins(string part)
    {
        var checkpoint = Golden("head_segmentation.zip");
        string other = "decoder/dpt/fusion_blocks_1/out_conv/" + part;
        checkpoint.Set(other, [1, 1, 10, 10], new float[100]);
        HeadFormula.AssertEqual(DptLayouts.Read(checkpoint), t => t.Published, ReleaseSeed);
        checkpoint.Remove($"decoder/dpt/fusion_blocks_1/Conv_0/{part}");
        AssertRefused(() => DptLayouts.Read(checkpoint), $"has no key 'decoder/dpt/fusion_blocks_1/Conv_0/{part}', expected with shape");
    }

    [TestMethod]
    public void The_bins_of_depth_are_not_needed()
    {
        foreach (string name in (string[])["bin_centers", "dpt.bin_centers"])
        {
            var checkpoint = Golden("head_depth.npz");
            checkpoint.Set(name, [256], new float[256]);
            HeadFormula.AssertEqual(DptLayouts.Read(checkpoint), t => t.Published, ReleaseSeed);
        }
    }

    [TestMethod]
    [DataRow("head_depth.zip")]
    [DataRow("head_depth.npz")]
    public void Reading_a_layout_reads_no_weights(string file)
    {
        var shapes = Golden(file).Tensors.Values.Select(t => (t.Name, t.Shape.ToArray()));
        Assert.AreEqual(256, DptLayouts.Read(new ShapesOnly(shapes)).Outputs);
    }

    [TestMethod]
    [DataRow("head_segmentation.zip", "decoder/dpt/reassemble_blocks/readout_projects_0/kernel", "[2 × D, D]")]
    [DataRow("head_segmentation.zip", "decoder/dpt/reassemble_blocks/resize_layers_1/kernel", "[2, 2, 32, 32]")]
    [DataRow("head_segmentation.zip", "decoder/dpt/convs_0/kernel", "[3, 3, 16, channels]")]
    [DataRow("head_normals.zip", "decoder/dpt/fusion_blocks_2/PreActResidualConvUnit_1/conv2/kernel", "[3, 3, 10, 10]")]
    [DataRow("head_depth.zip", "dpt/project/bias", "[10]")]
    [DataRow("head_depth.npz", "dpt.reassemble.out_projections.3.weight", "[channels, 128, 1, 1]")]
    [DataRow("head_depth.npz", "dpt.fusion_blocks.3.residual_unit.conv1.weight", "[10, 10, 3, 3]")]
    [DataRow("head_normals.npz", "convs.2.weight", "[10, 64, 3, 3]")]
    public void A_missing_key_is_named_as_the_file_would_name_it(string file, string key, string shape)
    {
        var checkpoint = Golden(file);
        checkpoint.Remove(key);
        AssertRefused(() => DptLayouts.Read(checkpoint), $"has no key '{key}', expected with shape {shape}.");
    }

    [TestMethod]
    [DataRow("head_normals.zip", "decoder/pixel_normals/kernel", "'decoder/pixel_depth_classif/kernel' or ", "[10, outputs]")]
    [DataRow("head_depth.npz", "head.weight", "has no key 'head.weight' or 'pixel_segmentation.weight' or ", "[outputs, 10]")]
    public void A_file_without_the_last_layer_is_told_all_its_names(string file, string key, string names, string shape)
    {
        var checkpoint = Golden(file);
        checkpoint.Remove(key);
        AssertRefused(() => DptLayouts.Read(checkpoint), names, $", expected with shape {shape}.");
    }

    [TestMethod]
    [DataRow("head_normals.zip", "decoder/dpt/reassemble_blocks/readout_projects_0/kernel", new[] { 128, 128 }, "[2 × D, D]")]
    [DataRow("head_depth.npz", "dpt.reassemble.readout_projects.0.weight", new[] { 256, 128 }, "[D, 2 × D]")]
    [DataRow("head_depth.npz", "dpt.reassemble.readout_projects.2.weight", new[] { 64, 256 }, "[128, 256]")]
    [DataRow("head_depth.npz", "dpt.reassemble.resize_layers.0.weight", new[] { 16, 16, 2, 2 }, "[16, 16, 4, 4]")]
    [DataRow("head_depth.npz", "head.weight", new[] { 256, 11 }, "[outputs, 10]")]
    [DataRow("head_normals.zip", "decoder/dpt/project/kernel", new[] { 10, 10, 3, 3 }, "[3, 3, 10, 10]")]
    public void A_key_of_the_wrong_shape_is_named(string file, string key, int[] shape, string expected)
    {
        var checkpoint = Golden(file);
        checkpoint.Set(key, shape, new float[shape.Aggregate(1, (a, b) => a * b)]);
        AssertRefused(
            () => DptLayouts.Read(checkpoint), $"has key '{key}' with shape {TensorInfo.FormatShape(shape)}, expected {expected}.");
    }

    [TestMethod]
    [DataRow("head_normals.zip", "decoder/dpt/reassemble_blocks/resize_layers_2/kernel")]
    [DataRow("head_normals.zip", "decoder/dpt/fusion_blocks_0/PreActResidualConvUnit_1/conv1/kernel")]
    [DataRow("head_depth.zip", "dpt/convs_0/bias")]
    [DataRow("head_depth.npz", "dpt.convs.4.weight")]
    [DataRow("head_normals.npz", "blocks.0.norm1.weight")]
    public void A_key_that_is_not_known_is_named(string file, string key)
    {
        var checkpoint = Golden(file);
        checkpoint.Set(key, [1], [1]);
        AssertRefused(() => DptLayouts.Read(checkpoint), $"has 1 key(s) that a DPT head does not have: '{key}' [1].");
    }

    [TestMethod]
    public void A_tensor_under_two_names_is_refused()
    {
        var flax = Golden("head_normals.zip");
        flax.Set("pixel_normals/bias", [3], new float[3]);
        AssertRefused(
            () => DptLayouts.Read(flax),
            "has keys 'decoder/pixel_normals/bias' and 'pixel_normals/bias', which are the same tensor, expected one of them.");
    }

    [TestMethod]
    public void A_file_that_is_no_head_is_refused()
    {
        using var encoder = CheckpointFile.Open(GoldenFiles.PathOf("mini", "vision_mlp.npz"));
        AssertRefused(() => DptLayouts.Read(encoder), "is not a DPT head: it has neither keys as 'decoder/dpt/", "Its first keys are '");
        AssertRefused(() => DptLayouts.Read(new ShapesOnly([])), "is not a DPT head", "It is empty.");
    }

    [TestMethod]
    [DataRow("head_depth.npz", "Normals", "with 256 output(s), expected 3 for normals.")]
    [DataRow("head_normals.zip", "Depth", "with 3 output(s), expected the number of bins of depth; 3 is what a head for normals has.")]
    public void A_head_for_another_task_is_refused(string file, string task, string expected)
        => AssertRefused(() => DptLayouts.Read(Golden(file), Enum.Parse<HeadTask>(task)), expected);

    /// <summary>Shapes may claim anything; that is an error like any other, and takes neither time nor memory.</summary>
    [TestMethod]
    [Timeout(60_000)]
    [DataRow("head_depth.zip")]
    [DataRow("head_depth.npz")]
    public void A_shape_of_any_kind_is_read_or_refused(string file)
    {
        var shapes = Golden(file).Tensors.Values.ToDictionary(t => t.Name, t => t.Shape.ToArray());
        int refused = 0, tried = 0;
        foreach (var (key, shape) in shapes.ToArray())
        {
            foreach (int size in (ReadOnlySpan<int>)[0, 1, 7, 1 << 16, int.MaxValue])
            {
                for (int dimension = 0; dimension <= shape.Length; dimension++)
                {
                    shapes[key] = dimension == shape.Length ? [.. shape, size] : [.. shape[..dimension], size, .. shape[(dimension + 1)..]];
                    if (shapes[key].SequenceEqual(shape)) continue;
                    tried++;
                    try
                    {
                        DptLayouts.Read(new ShapesOnly(shapes.Select(s => (s.Key, s.Value))));
                    }
                    catch (CheckpointException)
                    {
                        refused++;
                    }
                }
            }

            shapes[key] = shape;
        }

        Assert.AreEqual(tried, refused, "every size occurs in two tensors");
    }

    private static void AssertRefused(Action read, params string[] expected)
    {
        string message = Assert.ThrowsExactly<CheckpointException>(read).Message;
        Assert.StartsWith("Checkpoint '", message);
        foreach (string part in expected) Assert.Contains(part, message);
    }

    private static MemoryCheckpoint Golden(string file)
    {
        using var checkpoint = CheckpointFile.Open(GoldenFiles.PathOf("dense", file));
        return MemoryCheckpoint.Of(checkpoint);
    }
}
