using Tips.MLNet.Tests.Formula;
using Tips.MLNet.Tests.Support;
using Tips.OnnxExport.Checkpoints;
using Tips.OnnxExport.Towers;

namespace Tips.MLNet.Tests.Towers;

/// <summary>Heads in Hugging Face's files, whichever names they have: each must give exactly the formula's tensors.</summary>
[TestClass]
public sealed class DptHuggingFaceTests
{
    private const ulong HuggingFaceSeed = 5;

    [TestMethod]
    [DataRow("tipsv2-dpt-mini", null, "Depth,Normals,Segmentation", 48, 16, new[] { 16, 3, 10 })]
    [DataRow("layouts/dpt-own-names", null, "Depth,Normals,Segmentation", 16, 8, new[] { 16, 3, 10 })]
    [DataRow("layouts/dpt-depth-only", "Tipsv2DptForDepthEstimation", "Depth", 16, 8, new[] { 16 })]
    [DataRow("layouts/dpt-depth-only-own-names", "Tipsv2DptForDepthEstimation", "Depth", 16, 8, new[] { 16 })]
    [DataRow("layouts/dpt-segmentation-only-own-names", "Tipsv2DptForSemanticSegmentation", "Segmentation", 16, 8, new[] { 10 })]
    public void Folders_of_transformers_give_the_tensors_of_the_formula(
        string folder, string? architecture, string expected, int width, int channels, int[] outputs)
    {
        using var checkpoint = OpenFolder(folder);
        var tasks = DptLayouts.TasksIn(checkpoint, architecture);
        Assert.AreEqual(expected, string.Join(",", tasks));
        foreach (var (task, count) in tasks.Zip(outputs))
        {
            var head = DptLayouts.ReadHuggingFace(checkpoint, task);
            Assert.AreEqual((width, channels, count), (head.Width, head.Channels, head.Outputs));
            HeadFormula.AssertEqual(head, t => t.InTransformers(task.Name()), HuggingFaceSeed);
        }
    }

    [TestMethod]
    public void Files_of_encoders_have_no_tasks()
    {
        using var encoder = OpenFolder("layouts/from-config");
        Assert.IsEmpty(DptLayouts.TasksIn(encoder, "Tipsv2Model"));
        Assert.IsFalse(DptLayouts.Recognizes(encoder));
    }

    [TestMethod]
    public void Each_name_of_transformers_is_known_by_itself()
    {
        using var published = OpenFolder("layouts/dpt-depth-only");
        var tensors = HeadFormula.Tensors(DptLayouts.ReadHuggingFace(published, HeadTask.Depth)).ToArray();
        Assert.HasCount(52, tensors);
        foreach (var tensor in tensors)
        {
            string source = "depth_head." + (tensor.IsHead ? "depth_" : "") + tensor.PyTorch, own = tensor.InTransformers("depth");
            string mixed = own.Replace("fusion_stage.layers", "fusion_blocks", StringComparison.Ordinal)
                .Replace("convolution", "conv", StringComparison.Ordinal)
                .Replace("reassemble_stage", "reassemble", StringComparison.Ordinal);
            string[] names = [own, own["depth_".Length..], mixed, "depth_head." + tensor.Own, "depth_neck." + tensor.PyTorch];
            foreach (string name in names)
            {
                var checkpoint = MemoryCheckpoint.Of(published);
                checkpoint.Rename(source, name);
                var head = DptLayouts.ReadHuggingFace(checkpoint, HeadTask.Depth);
                var read = HeadFormula.Tensors(head).Single(t => t.PyTorch == tensor.PyTorch);
                CollectionAssert.AreEqual(tensor.Weight.Read(), read.Weight.Read(), name);
            }
        }
    }

    [TestMethod]
    [DataRow("layouts/dpt-depth-only", "depth_head.depth_head.weight", "[outputs, 8]")]
    [DataRow("layouts/dpt-depth-only", "depth_head.project.weight", "[8, 8, 3, 3]")]
    [DataRow("layouts/dpt-depth-only-own-names", "decoder.head.bias", "[16]")]
    [DataRow("layouts/dpt-depth-only-own-names", "neck.reassemble_stage.layers.3.resize.weight", "[16, 16, 3, 3]")]
    [DataRow("layouts/dpt-own-names", "depth_neck.fusion_stage.layers.1.residual_layer1.convolution1.weight", "[8, 8, 3, 3]")]
    [DataRow("layouts/dpt-own-names", "depth_decoder.project.bias", "[8]")]
    public void A_missing_key_of_a_dense_model_is_named_as_the_file_would_name_it(string folder, string key, string shape)
    {
        using var whole = OpenFolder(folder);
        var checkpoint = MemoryCheckpoint.Of(whole);
        checkpoint.Remove(key);
        AssertRefused(() => DptLayouts.ReadHuggingFace(checkpoint, HeadTask.Depth), $"has no key '{key}', expected with shape {shape}.");
    }

    [TestMethod]
    public void Keys_of_a_dense_model_are_all_known()
    {
        using var whole = OpenFolder("layouts/dpt-own-names");
        var checkpoint = MemoryCheckpoint.Of(whole);
        checkpoint.Set("depth_neck.extra", [1], [1]);
        AssertRefused(
            () => DptLayouts.ReadHuggingFace(checkpoint, HeadTask.Depth),
            "has 1 key(s) that a DPT head does not have: 'depth_neck.extra' [1].");
        Assert.AreEqual(3, DptLayouts.ReadHuggingFace(checkpoint, HeadTask.Normals).Outputs);
        checkpoint.Set("extra", [1], [1]);
        AssertRefused(
            () => DptLayouts.ReadHuggingFace(checkpoint, HeadTask.Normals),
            "has 1 key(s) that a dense TIPS model in the Hugging Face layout does not have: 'extra' [1].");
    }

    [TestMethod]
    public void A_tensor_under_two_names_is_refused()
    {
        using var whole = OpenFolder("layouts/dpt-depth-only");
        var dense = MemoryCheckpoint.Of(whole);
        dense.Set("decoder.project.bias", [8], new float[8]);
        AssertRefused(
            () => DptLayouts.ReadHuggingFace(dense, HeadTask.Depth),
            "has keys 'depth_head.project.bias' and 'decoder.project.bias', which are the same tensor, expected one of them.");
    }

    [TestMethod]
    public void A_missing_head_is_named()
    {
        using var depth = OpenFolder("layouts/dpt-depth-only");
        AssertRefused(
            () => DptLayouts.ReadHuggingFace(depth, HeadTask.Normals),
            "has no head for normals: no key begins with 'normals_head.', 'normals_neck.', 'normals_decoder.', 'neck.' or 'decoder.'.");
    }

    [TestMethod]
    [DataRow(null, "has none")]
    [DataRow("Tipsv2DptForDensePrediction", "has 'Tipsv2DptForDensePrediction'")]
    public void A_single_head_without_a_task_is_refused(string? architecture, string expected)
    {
        using var depth = OpenFolder("layouts/dpt-depth-only-own-names");
        AssertRefused(() => DptLayouts.TasksIn(depth, architecture), "which does not tell what its head is for", expected);
        using var named = OpenFolder("layouts/dpt-depth-only");
        Assert.AreEqual(HeadTask.Depth, DptLayouts.TasksIn(named, architecture).Single());
    }

    private static void AssertRefused(Action read, params string[] expected)
    {
        string message = Assert.ThrowsExactly<CheckpointException>(read).Message;
        Assert.StartsWith("Checkpoint '", message);
        foreach (string part in expected) Assert.Contains(part, message);
    }

    private static ICheckpoint OpenFolder(string folder)
        => CheckpointFile.Open(Path.Combine(GoldenFiles.PathOf("hugging-face", folder), "model.safetensors"));
}
