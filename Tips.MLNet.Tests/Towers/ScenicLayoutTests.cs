using Tips.MLNet.Tests.Formula;
using Tips.MLNet.Tests.Support;
using Tips.OnnxExport.Checkpoints;
using Tips.OnnxExport.Towers;

namespace Tips.MLNet.Tests.Towers;

/// <summary>The Scenic layout by its shapes: what is inferred, and which key is named when one is wrong.</summary>
[TestClass]
public sealed class ScenicLayoutTests : IDisposable
{
    private const string Block = "encoder/transformer/encoderblock_0/", Attention = Block + "MultiHeadDotProductAttention_0/";

    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [TestMethod]
    [DataRow("encoder/")]
    [DataRow("")]
    [DataRow("params/ImageEncoder/encoder/")]
    public void A_key_is_found_by_how_it_ends(string root)
    {
        var tower = TowerLayouts.ReadVision(new ShapesOnly(Vision(TowerSize.Mini, root)));
        Assert.AreEqual((128, 2, 14, (4, 4), 1e-6f, 3), (tower.Width, tower.Heads, tower.PatchSize, tower.Grid, tower.NormEpsilon, tower.Blocks.Count));
        Assert.IsNull(tower.Blocks[0].AttentionScale);
        Assert.AreEqual(GeluForm.Tanh, ((MlpFeedForward)tower.FeedForward).Gelu);
        Assert.AreEqual(512, tower.FeedForward.HiddenWidth);
    }

    [TestMethod]
    public void SwiGLU_and_the_text_encoder_are_told_by_their_keys()
    {
        Assert.AreEqual(344, ((SwiGluFeedForward)TowerLayouts.ReadVision(new ShapesOnly(Vision(TowerSize.MiniSwiGlu))).FeedForward).HiddenWidth);
        ScenicCheckpoint.WriteText(_folder["t.npz"], TextTowerSize.Mini, seed: 1, temperature: 0.25f);
        using var checkpoint = CheckpointFile.Open(_folder["t.npz"]);
        var text = TowerLayouts.ReadText(checkpoint);
        Assert.AreEqual((128, 2, 1e-6f, 3, 512, 512, 0.25f), (text.Width, text.Heads, text.NormEpsilon, text.Blocks.Count, text.VocabularySize, text.HiddenWidth, text.Temperature!.Read()[0]));
        Assert.IsNull(TowerLayouts.VisionLayoutOf(checkpoint));
    }

    [TestMethod]
    public void The_head_count_is_the_tensors_own()
    {
        var tensors = Vision(TowerSize.Mini).ToDictionary(t => t.Key, t => t.Shape);
        foreach (string key in tensors.Keys.Where(k => k.Contains("Attention_0", StringComparison.Ordinal)).ToArray())
            tensors[key] = [.. tensors[key] switch { [128, 2, 64] => (int[])[128, 4, 32], [2, 64] => [4, 32], [2, 64, 128] => [4, 32, 128], var other => other }];
        Assert.AreEqual(4, TowerLayouts.ReadVision(new ShapesOnly(tensors.Select(t => (t.Key, t.Value)))).Heads);
    }

    [TestMethod]
    [DataRow(Block + "LayerNorm_1/scale", "has no key that ends in 'encoderblock_0/LayerNorm_1/scale', expected with shape [128].")]
    [DataRow("encoder/encoder_norm/bias", "has no key that ends in 'encoder_norm/bias', expected with shape [128].")]
    [DataRow("encoder/ToTokenSequence_0/cls", "has no key that ends in 'ToTokenSequence_0/cls', expected with shape [1, 2, 128].")]
    [DataRow("encoder/ToTokenSequence_0/posembed_input", "has no key that ends in 'ToTokenSequence_0/posembed_input', expected with shape [1, rows, columns, 128].")]
    [DataRow(Attention + "query/kernel", "has no key that ends in 'encoderblock_0/MultiHeadDotProductAttention_0/query/kernel', expected with shape [128, heads, head size].")]
    [DataRow(Attention + "out/bias", "has no key that ends in 'encoderblock_0/MultiHeadDotProductAttention_0/out/bias', expected with shape [128].")]
    [DataRow(Block + "MlpBlock_0/Dense_1/kernel", "has no key that ends in 'encoderblock_0/MlpBlock_0/Dense_1/kernel', expected with shape [512, 128].")]
    public void A_missing_key_is_named(string key, string expected) => AssertRefused(tensors => tensors.Remove(key), expected);

    [TestMethod]
    [DataRow(Attention + "query/kernel", new[] { 128, 2, 32 }, "has key '" + Attention + "query/kernel' with 2 heads of 32, expected 128 together.")]
    [DataRow(Attention + "value/kernel", new[] { 2, 64, 128 }, "has key '" + Attention + "value/kernel' with shape [2, 64, 128], expected [128, 2, 64].")]
    [DataRow("encoder/ToTokenSequence_0/embedding/kernel", new[] { 14, 13, 3, 128 }, "has key 'encoder/ToTokenSequence_0/embedding/kernel' with shape [14, 13, 3, 128], expected square patches.")]
    [DataRow("encoder/ToTokenSequence_0/embedding/kernel", new[] { 128, 3, 14, 14 }, "with shape [128, 3, 14, 14], expected [patch, patch, 3, D].")]
    [DataRow(Block + "MlpBlock_0/Dense_0/kernel", new[] { 512, 128 }, "has key '" + Block + "MlpBlock_0/Dense_0/kernel' with shape [512, 128], expected [128, hidden].")]
    public void A_misshapen_key_is_named(string key, int[] shape, string expected) => AssertRefused(tensors => tensors[key] = shape, expected);

    [TestMethod]
    public void Keys_that_are_too_many_are_named()
    {
        AssertRefused(t => t["other/encoder_norm/bias"] = [128], "has 2 keys that end in 'encoder_norm/bias', expected one: 'encoder/encoder_norm/bias', 'other/encoder_norm/bias'.");
        AssertRefused(t => t["encoder/head/kernel"] = [128, 10], "has 1 key(s) that a TIPS image encoder in the Scenic layout with 3 blocks does not have: 'encoder/head/kernel' [128, 10].");
        AssertRefused(t => t["encoder/transformer/encoderblock_5/LayerNorm_0/scale"] = [128], "has no key 'encoderblock_3/LayerNorm_0/scale', but has blocks up to 5.");
    }

    [TestMethod]
    public void Blocks_of_two_modules_are_not_mixed()
    {
        AssertRefused(
            tensors =>
            {
                foreach (string key in tensors.Keys.Where(k => k.Contains("encoderblock_1/", StringComparison.Ordinal)).ToArray())
                {
                    tensors.Remove(key, out int[]? shape);
                    tensors["ema_params/" + key] = shape!;
                }
            },
            "has blocks in 2 modules, expected in one: 'encoder/transformer/' and 'ema_params/encoder/transformer/'.");
    }

    [TestMethod]
    public void Blocks_of_two_kinds_are_not_mixed()
        => AssertRefused(
            tensors =>
            {
                const string mlp = "encoder/transformer/encoderblock_2/MlpBlock_0/";
                (tensors[mlp + "Dense_0/kernel"], tensors[mlp + "Dense_0/bias"], tensors[mlp + "Dense_1/kernel"]) = ([128, 64], [64], [64, 128]);
            },
            "has blocks of different kinds: block 0 has mlp of 512, block 2 mlp of 64.");

    /// <summary>Keys are looked up, not searched: many of them take no longer each.</summary>
    [TestMethod]
    [Timeout(60_000)]
    public void Thousands_of_blocks_are_read_in_little_time()
    {
        var one = Vision(TowerSize.Mini with { Layers = 1 });
        var blocks = one.Where(t => t.Key.Contains("encoderblock_0/", StringComparison.Ordinal)).ToArray();
        var many = one.Except(blocks).Concat(Enumerable.Range(0, 4000).SelectMany(i => blocks.Select(b => (b.Key.Replace("encoderblock_0/", $"encoderblock_{i}/", StringComparison.Ordinal), b.Shape))));
        Assert.HasCount(4000, TowerLayouts.ReadVision(new ShapesOnly(many)).Blocks);
    }

    [TestMethod]
    public void Integers_are_no_weights()
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
        Assert.Contains("has key 'encoder/encoder_norm/bias' of type int32, expected floating-point numbers.", Assert.ThrowsExactly<CheckpointException>(() => TowerLayouts.ReadVision(checkpoint)).Message);
    }

    private void AssertRefused(Action<Dictionary<string, int[]>> change, string expected)
    {
        var tensors = Vision(TowerSize.Mini).ToDictionary(t => t.Key, t => t.Shape);
        change(tensors);
        string message = Assert.ThrowsExactly<CheckpointException>(() => TowerLayouts.ReadVision(new ShapesOnly(tensors.Select(t => (t.Key, t.Value))))).Message;
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
