using Tips.MLNet.Tests.Formula;
using Tips.MLNet.Tests.Support;
using Tips.OnnxExport.Checkpoints;
using Tips.OnnxExport.Towers;

namespace Tips.MLNet.Tests.Towers;

/// <summary>Tests of the Scenic layout by shapes: what is inferred, and which key is named when one is wrong.</summary>
[TestClass]
public sealed class ScenicLayoutTests : IDisposable
{
    private const string Block = "encoder/transformer/encoderblock_0/", Attention = Block + "MultiHeadDotProductAttention_0/";

    private const string PatchKernel = "encoder/ToTokenSequence_0/embedding/kernel";

    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [TestMethod]
    [DataRow("encoder/")]
    [DataRow("")]
    [DataRow("params/ImageEncoder/encoder/")]
    public void A_key_is_found_by_its_ending(string root)
    {
        var tower = TowerLayouts.ReadVision(new ShapesOnly(Vision(TowerSize.Mini, root)));
        Assert.AreEqual((128, 2, 14, (4, 4)), (tower.Width, tower.Heads, tower.PatchSize, tower.Grid));
        Assert.AreEqual((1e-6f, 3), (tower.NormEpsilon, tower.Blocks.Count));
        Assert.IsNull(tower.Blocks[0].AttentionScale);
        Assert.AreEqual(GeluForm.Tanh, ((MlpFeedForward)tower.FeedForward).Gelu);
        Assert.AreEqual(512, tower.FeedForward.HiddenWidth);
    }

    [TestMethod]
    public void SwiGLU_and_the_text_encoder_are_recognized_by_their_keys()
    {
        var swiGlu = TowerLayouts.ReadVision(new ShapesOnly(Vision(TowerSize.MiniSwiGlu))).FeedForward;
        Assert.AreEqual(344, ((SwiGluFeedForward)swiGlu).HiddenWidth);
        ScenicCheckpoint.WriteText(_folder["t.npz"], TextTowerSize.Mini, seed: 1, temperature: 0.25f);
        using var checkpoint = CheckpointFile.Open(_folder["t.npz"]);
        var text = TowerLayouts.ReadText(checkpoint);
        Assert.AreEqual((128, 2, 1e-6f, 3), (text.Width, text.Heads, text.NormEpsilon, text.Blocks.Count));
        Assert.AreEqual((512, 512, 0.25f), (text.VocabularySize, text.HiddenWidth, text.Temperature!.Read()[0]));
        Assert.IsNull(TowerLayouts.VisionLayoutOf(checkpoint));
    }

    [TestMethod]
    public void The_number_of_heads_comes_from_the_tensors()
    {
        var tensors = Vision(TowerSize.Mini).ToDictionary(t => t.Key, t => t.Shape);
        foreach (string key in tensors.Keys.Where(k => k.Contains("Attention_0", StringComparison.Ordinal)).ToArray())
        {
            tensors[key] = tensors[key] switch
            {
                [128, 2, 64] => [128, 4, 32],
                [2, 64] => [4, 32],
                [2, 64, 128] => [4, 32, 128],
                var other => other,
            };
        }

        Assert.AreEqual(4, TowerLayouts.ReadVision(new ShapesOnly(tensors.Select(t => (t.Key, t.Value)))).Heads);
    }

    [TestMethod]
    [DataRow(Block + "LayerNorm_1/scale", "encoderblock_0/LayerNorm_1/scale", "[128]")]
    [DataRow("encoder/encoder_norm/bias", "encoder_norm/bias", "[128]")]
    [DataRow("encoder/ToTokenSequence_0/cls", "ToTokenSequence_0/cls", "[1, 2, 128]")]
    [DataRow("encoder/ToTokenSequence_0/posembed_input", "ToTokenSequence_0/posembed_input", "[1, rows, columns, 128]")]
    [DataRow(Attention + "query/kernel", "encoderblock_0/MultiHeadDotProductAttention_0/query/kernel", "[128, heads, head size]")]
    [DataRow(Attention + "out/bias", "encoderblock_0/MultiHeadDotProductAttention_0/out/bias", "[128]")]
    [DataRow(Block + "MlpBlock_0/Dense_1/kernel", "encoderblock_0/MlpBlock_0/Dense_1/kernel", "[512, 128]")]
    public void A_missing_key_is_named(string key, string ending, string shape)
        => AssertRefused(tensors => tensors.Remove(key), $"has no key that ends in '{ending}', expected with shape {shape}.");

    [TestMethod]
    [DataRow(Attention + "query/kernel", new[] { 128, 2, 32 }, "with 2 heads of 32, expected 128 values in total.")]
    [DataRow(Attention + "value/kernel", new[] { 2, 64, 128 }, "with shape [2, 64, 128], expected [128, 2, 64].")]
    [DataRow(PatchKernel, new[] { 14, 13, 3, 128 }, "with shape [14, 13, 3, 128], expected square patches.")]
    [DataRow(PatchKernel, new[] { 128, 3, 14, 14 }, "with shape [128, 3, 14, 14], expected [patch, patch, 3, D].")]
    [DataRow(Block + "MlpBlock_0/Dense_0/kernel", new[] { 512, 128 }, "with shape [512, 128], expected [128, hidden].")]
    public void A_key_of_the_wrong_shape_is_named(string key, int[] shape, string expected)
        => AssertRefused(tensors => tensors[key] = shape, $"has key '{key}' {expected}");

    [TestMethod]
    public void Extra_keys_are_named()
    {
        AssertRefused(
            t => t["other/encoder_norm/bias"] = [128],
            "has 2 keys that end in 'encoder_norm/bias', expected one: 'encoder/encoder_norm/bias', 'other/encoder_norm/bias'.");
        AssertRefused(
            t => t["encoder/head/kernel"] = [128, 10],
            "has 1 key(s) that a TIPS image encoder in the Scenic layout with 3 blocks does not have: 'encoder/head/kernel' [128, 10].");
        AssertRefused(
            t => t["encoder/transformer/encoderblock_5/LayerNorm_0/scale"] = [128],
            "has no key 'encoderblock_3/LayerNorm_0/scale', but has blocks up to 5.");
    }

    [TestMethod]
    public void Blocks_of_two_modules_are_not_mixed()
    {
        AssertRefused(
            tensors =>
            {
                string[] block = [.. tensors.Keys.Where(k => k.Contains("encoderblock_1/", StringComparison.Ordinal))];
                foreach (string key in block)
                {
                    tensors.Remove(key, out int[]? shape);
                    tensors["ema_params/" + key] = shape!;
                }
            },
            "has blocks in 2 modules, expected them in one: 'encoder/transformer/' and 'ema_params/encoder/transformer/'.");
    }

    [TestMethod]
    public void Blocks_of_two_kinds_are_not_mixed()
        => AssertRefused(
            tensors =>
            {
                const string mlp = "encoder/transformer/encoderblock_2/MlpBlock_0/";
                tensors[mlp + "Dense_0/kernel"] = [128, 64];
                tensors[mlp + "Dense_0/bias"] = [64];
                tensors[mlp + "Dense_1/kernel"] = [64, 128];
            },
            "has blocks of different kinds: block 0 has mlp with 512 hidden values, block 2 has mlp with 64.");

    /// <summary>Keys are looked up, not searched for, so the time per key does not grow with their number.</summary>
    [TestMethod]
    [Timeout(60_000)]
    public void Thousands_of_blocks_are_read_quickly()
    {
        var one = Vision(TowerSize.Mini with { Layers = 1 });
        var blocks = one.Where(t => t.Key.Contains("encoderblock_0/", StringComparison.Ordinal)).ToArray();
        var copies = Enumerable.Range(0, 4000).SelectMany(
            i => blocks.Select(b => (b.Key.Replace("encoderblock_0/", $"encoderblock_{i}/", StringComparison.Ordinal), b.Shape)));
        var many = one.Except(blocks).Concat(copies);
        Assert.HasCount(4000, TowerLayouts.ReadVision(new ShapesOnly(many)).Blocks);
    }

    [TestMethod]
    public void Integer_weights_are_refused()
    {
        using (var npz = NpzWriter.Create(_folder["i.npz"]))
        {
            foreach (var (key, shape) in Vision(TowerSize.Mini))
            {
                if (key.EndsWith("encoder_norm/bias", StringComparison.Ordinal)) npz.Add(key, "<i4", shape, new byte[128 * 4]);
                else npz.Add(key, shape, new float[shape.Aggregate(1, (a, b) => a * b)]);
            }
        }

        using var checkpoint = CheckpointFile.Open(_folder["i.npz"]);
        string message = Assert.ThrowsExactly<CheckpointException>(() => TowerLayouts.ReadVision(checkpoint)).Message;
        Assert.Contains("has key 'encoder/encoder_norm/bias' of type int32, expected floating-point numbers.", message);
    }

    private void AssertRefused(Action<Dictionary<string, int[]>> change, string expected)
    {
        var tensors = Vision(TowerSize.Mini).ToDictionary(t => t.Key, t => t.Shape);
        change(tensors);
        var checkpoint = new ShapesOnly(tensors.Select(t => (t.Key, t.Value)));
        string message = Assert.ThrowsExactly<CheckpointException>(() => TowerLayouts.ReadVision(checkpoint)).Message;
        Assert.StartsWith("Checkpoint 'shapes.npz' ", message);
        Assert.Contains(expected, message);
    }

    private (string Key, int[] Shape)[] Vision(TowerSize size, string root = "encoder/")
    {
        string path = _folder[$"{size.Hidden}{root.Length}.npz"];
        ScenicCheckpoint.WriteVision(path, size, grid: 4, seed: 1, root);
        using var checkpoint = CheckpointFile.Open(path);
        return [.. checkpoint.Tensors.Values.Select(t => (t.Name, t.Shape.ToArray()))];
    }
}
