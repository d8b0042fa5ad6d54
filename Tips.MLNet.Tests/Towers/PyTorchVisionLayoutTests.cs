using Tips.MLNet.Tests.Formula;
using Tips.MLNet.Tests.Support;
using Tips.OnnxExport.Checkpoints;
using Tips.OnnxExport.Towers;

namespace Tips.MLNet.Tests.Towers;

[TestClass]
public class PyTorchVisionLayoutTests
{
    private static readonly TowerSize Mini = new("mini", 128, 3, 512), MiniSwiGlu = Mini with { SwiGlu = true };

    [TestMethod]
    [DataRow(false, "mlp")]
    [DataRow(true, "swiglu")]
    public void Sizes_are_inferred(bool swiGlu, string kind)
    {
        var tower = Read(swiGlu ? MiniSwiGlu : Mini);
        Assert.AreEqual(128, tower.Width);
        Assert.AreEqual(2, tower.Heads);
        Assert.AreEqual(14, tower.PatchSize);
        Assert.AreEqual((4, 4), tower.Grid);
        Assert.HasCount(3, tower.Blocks);
        Assert.AreEqual(kind, tower.FeedForward.Kind);
        Assert.AreEqual(512, tower.FeedForward.HiddenWidth);
    }

    [TestMethod]
    public void So400m_has_sixteen_heads() => Assert.AreEqual(16, Read(TowerSize.So400m).Heads);

    [TestMethod]
    public void The_mask_token_may_be_missing() => Read(Mini, tensors => tensors.Remove("mask_token"));

    [TestMethod]
    [DataRow("cls_token", "has no key 'cls_token', expected with shape [1, 1, 128]")]
    [DataRow("register_tokens", "has no key 'register_tokens', expected with shape [1, 1, 128]")]
    [DataRow("pos_embed", "has no key 'pos_embed', expected with shape [1, 1 + grid², 128]")]
    [DataRow("norm.bias", "has no key 'norm.bias', expected with shape [128]")]
    [DataRow("blocks.1.attn.qkv.weight", "has no key 'blocks.1.attn.qkv.weight', expected with shape [384, 128]")]
    [DataRow("blocks.2.mlp.fc1.weight", "has no key 'blocks.2.mlp.fc1.weight', expected with shape [hidden, 128]")]
    [DataRow("blocks.2.ls2.gamma", "has no key 'blocks.2.ls2.gamma', expected with shape [128]")]
    public void A_missing_key_is_named(string key, string expected) => AssertRefused(tensors => tensors.Remove(key), expected);

    [TestMethod]
    public void A_missing_block_is_named() => AssertRefused(
        tensors =>
        {
            string[] block = [.. tensors.Keys.Where(k => k.StartsWith("blocks.1.", StringComparison.Ordinal))];
            foreach (string key in block) tensors.Remove(key);
        },
        "has no key 'blocks.1.norm1.weight', but has blocks up to 2");

    [TestMethod]
    public void A_tower_without_blocks_is_refused() => AssertRefused(
        tensors =>
        {
            string[] blocks = [.. tensors.Keys.Where(k => k.StartsWith("blocks.", StringComparison.Ordinal))];
            foreach (string key in blocks) tensors.Remove(key);
        },
        "expected at least one block");

    [TestMethod]
    public void Extra_keys_are_named() => AssertRefused(
        tensors =>
        {
            tensors["head.weight"] = [1000, 128];
            tensors["blocks.0.extra"] = [3];
        },
        "has 2 key(s) that a TIPS image encoder in the PyTorch layout with 3 blocks does not have: "
        + "'blocks.0.extra' [3], 'head.weight' [1000, 128]");

    [TestMethod]
    [DataRow("cls_token", new[] { 1, 128 }, "has key 'cls_token' with shape [1, 128], expected [1, 1, 128]")]
    [DataRow("pos_embed", new[] { 1, 18, 128 }, "has key 'pos_embed' with 18 rows, expected 1 + a square number")]
    [DataRow("pos_embed", new[] { 1, 1, 128 }, "has key 'pos_embed' with 1 rows, expected 1 + a square number")]
    [DataRow(
        "patch_embed.proj.weight",
        new[] { 128, 4, 14, 14 },
        "has key 'patch_embed.proj.weight' with shape [128, 4, 14, 14], expected [D, 3, patch, patch]")]
    [DataRow("patch_embed.proj.weight", new[] { 128, 3, 14, 16 }, "expected square patches")]
    [DataRow(
        "patch_embed.proj.weight",
        new[] { 100, 3, 14, 14 },
        "has width 100 (from 'patch_embed.proj.weight'), expected a multiple of the head size 64")]
    [DataRow("blocks.0.attn.qkv.bias", new[] { 128 }, "has key 'blocks.0.attn.qkv.bias' with shape [128], expected [384]")]
    [DataRow(
        "blocks.1.mlp.fc2.weight",
        new[] { 512, 128 },
        "has key 'blocks.1.mlp.fc2.weight' with shape [512, 128], expected [128, 512]")]
    public void A_key_of_the_wrong_shape_is_named(string key, int[] shape, string expected)
        => AssertRefused(tensors => tensors[key] = shape, expected);

    [TestMethod]
    public void A_tensor_too_large_for_one_array_is_named()
    {
        string message = Assert.ThrowsExactly<CheckpointException>(() => Read(new TowerSize("wide", 32768, 1, 64))).Message;
        Assert.Contains(
            "has key 'blocks.0.attn.qkv.weight' with shape [98304, 32768], 3,221,225,472 values, expected at most 2,147,483,591.", message);
    }

    [TestMethod]
    public void A_gate_with_an_odd_number_of_rows_is_refused()
    {
        static void Change(Dictionary<string, int[]> tensors) => tensors["blocks.0.mlp.w12.weight"] = [1023, 128];
        string message = Assert.ThrowsExactly<CheckpointException>(() => Read(MiniSwiGlu, Change)).Message;
        Assert.Contains("has key 'blocks.0.mlp.w12.weight' with 1023 rows, expected an even number", message);
    }

    private static VisionTower Read(TowerSize size, Action<Dictionary<string, int[]>>? change = null)
    {
        var tensors = FormulaCheckpoint.VisionShapes(size, grid: 4).ToDictionary(t => t.Key, t => t.Shape);
        change?.Invoke(tensors);
        return PyTorchVisionLayout.Read(new ShapesOnly(tensors.Select(t => (t.Key, t.Value))));
    }

    private static void AssertRefused(Action<Dictionary<string, int[]>> change, string expected)
    {
        string message = Assert.ThrowsExactly<CheckpointException>(() => Read(Mini, change)).Message;
        Assert.StartsWith("Checkpoint 'shapes.npz' ", message);
        Assert.Contains(expected, message);
    }
}
