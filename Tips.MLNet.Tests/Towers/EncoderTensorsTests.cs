using Tips.MLNet.Tests.Support;
using Tips.OnnxExport.Checkpoints;
using Tips.OnnxExport.Towers;

namespace Tips.MLNet.Tests.Towers;

/// <summary>The names that transformers gives to tensors, one rule at a time, on the same weights under both sets of names.</summary>
[TestClass]
public class EncoderTensorsTests
{
    private static readonly string[] Folders = ["layouts/own-names", "layouts/own-names-resaved"];

    [TestMethod]
    public void Each_rule_holds_by_itself()
    {
        int renamed = 0;
        foreach (string folder in Folders)
        {
            using var own = OpenFolder(folder);
            foreach (var (names, google, ownPrefix) in (ReadOnlySpan<(TensorNames, string, string)>)
            [
                (TensorNames.Vision, "vision_encoder.", "vision_model."), (TensorNames.Text, "text_encoder.", "text_model."),
            ])
            {
                var groups = own.Tensors.Keys.Where(k => k.StartsWith(ownPrefix, StringComparison.Ordinal))
                    .GroupBy(k => names.Rename(k[ownPrefix.Length..]).Name);
                var expected = Values(EncoderTensors.Get(Google(), names));
                foreach (var group in groups)
                {
                    var mixed = Google();
                    string source = GoogleKey(mixed, names, google, group.Key);
                    mixed.Remove(source);
                    // Both prefixes are known, too, and may be mixed.
                    foreach (string key in group) mixed.Set(key, [.. own.Tensors[key].Shape], own.Read(key));
                    var actual = Values(EncoderTensors.Get(mixed, names));
                    CollectionAssert.AreEqual(expected.Keys.Order().ToArray(), actual.Keys.Order().ToArray(), group.Key);
                    foreach (var (name, values) in expected) CollectionAssert.AreEqual(values, actual[name], $"{group.Key}: {name}");
                    renamed++;
                }
            }
        }

        Assert.AreEqual(2 * 63, renamed, "every tensor but the temperature");
    }

    [TestMethod]
    [DataRow("vision_encoder.norm.weight", "vision_model.layernorm.weight")]
    [DataRow("vision_encoder.blocks.0.attn.qkv.weight", "vision_encoder.blocks.0.attention.k_proj.weight")]
    [DataRow("text_encoder.transformer.resblocks.1.mlp.c_fc.bias", "text_encoder.transformer.resblocks.1.mlp.fc1.bias")]
    [DataRow("text_encoder.token_embedding.weight", "text_model.token_embedding.weight")]
    public void A_tensor_under_two_names_is_refused(string first, string second)
    {
        var checkpoint = Google();
        checkpoint.Set(second, checkpoint.Shape(first), checkpoint.Read(first));
        Assert.Contains($"has keys '{first}' and '{second}', which are the same tensor, expected one of them.", Fails(checkpoint));
    }

    [TestMethod]
    public void A_part_that_is_missing_or_of_another_shape_is_named()
    {
        const string block = "vision_model.encoder.layer.1.attention.";
        using var own = OpenFolder("layouts/own-names");
        var without = MemoryCheckpoint.Of(own);
        without.Remove(block + "k_proj.weight");
        Assert.Contains(
            $"has no key '{block}k_proj.weight', expected with shape [32, 32] beside '{block}q_proj.weight'.", Fails(without));
        var other = MemoryCheckpoint.Of(own);
        other.Set(block + "v_proj.bias", [16], new float[16]);
        Assert.Contains(
            $"has key '{block}q_proj.bias' with shape [32] and key '{block}v_proj.bias' with shape [16], expected the same shape",
            Fails(other));
        var wide = MemoryCheckpoint.Of(own);
        foreach (string part in (string[])["q_proj", "k_proj", "v_proj"]) wide.Set($"{block}{part}.weight", [32, 16], new float[512]);
        Assert.Contains(
            $"has key '{block}q_proj.weight' + '{block}k_proj.weight' + '{block}v_proj.weight' with shape [96, 16], expected [96, 32]",
            Fails(wide));
    }

    [TestMethod]
    [DataRow("vision_model.embeddings.unknown", "has 1 key(s) that a TIPS image encoder in the PyTorch layout with 2 blocks does not have")]
    [DataRow("vision_model.encoder.layer.0.attention.x_proj.weight", "has 1 key(s) that a TIPS image encoder")]
    [DataRow("text_model.encoder.layers.0.self_attn.bias_k", "has 1 key(s) that a TIPS text encoder")]
    [DataRow("logit_bias", "has 1 key(s) that a TIPS model in the Hugging Face layout does not have: 'logit_bias' [1].")]
    public void A_key_that_no_rule_knows_is_named(string key, string expected)
    {
        var checkpoint = Google();
        checkpoint.Set(key, [1], [1]);
        string message = Fails(checkpoint);
        Assert.Contains(expected, message);
        Assert.Contains($"'{key}' [1]", message);
    }

    [TestMethod]
    public void A_missing_key_is_named_as_the_file_would_name_it()
    {
        using var own = OpenFolder("layouts/own-names");
        var checkpoint = MemoryCheckpoint.Of(own);
        checkpoint.Remove("vision_model.layernorm.bias");
        Assert.Contains("has no key 'vision_model.layernorm.bias', expected with shape [32].", Fails(checkpoint));
        checkpoint = MemoryCheckpoint.Of(own);
        checkpoint.Remove("vision_model.encoder.layer.1.mlp.fc2.weight");
        Assert.Contains("has no key 'vision_model.encoder.layer.1.mlp.fc2.weight', expected with shape", Fails(checkpoint));
        checkpoint = MemoryCheckpoint.Of(own);
        checkpoint.Remove("text_model.encoder.layers.0.layer_norm2.bias");
        Assert.Contains("has no key 'text_model.encoder.layers.0.layer_norm2.bias', expected with shape", Fails(checkpoint));
        checkpoint = MemoryCheckpoint.Of(own);
        foreach (string part in (string[])["q_proj", "k_proj", "v_proj"])
            checkpoint.Remove($"text_model.encoder.layers.0.self_attn.{part}.weight");
        Assert.Contains("has no key 'text_model.encoder.layers.0.self_attn.q_proj.weight', expected with shape", Fails(checkpoint));
    }

    private static string Fails(ICheckpoint checkpoint) => Assert.ThrowsExactly<CheckpointException>(() =>
    {
        TowerLayouts.ReadVision(checkpoint, heads: 2);
        TowerLayouts.ReadText(checkpoint, heads: 2);
    }).Message;

    private static MemoryCheckpoint Google()
    {
        using var checkpoint = OpenFolder("layouts/from-config");
        return MemoryCheckpoint.Of(checkpoint);
    }

    private static ICheckpoint OpenFolder(string folder)
        => CheckpointFile.Open(Path.Combine(GoldenFiles.PathOf("hugging-face", folder), "model.safetensors"));

    private static string GoogleKey(MemoryCheckpoint checkpoint, TensorNames names, string prefix, string name)
        => checkpoint.Tensors.Keys.Single(
            k => k.StartsWith(prefix, StringComparison.Ordinal) && names.Rename(k[prefix.Length..]).Name == name);

    private static Dictionary<string, float[]> Values(RenamedCheckpoint checkpoint)
        => checkpoint.Tensors.Keys.ToDictionary(name => name, checkpoint.Read);
}
