using System.Text.Json.Nodes;
using Tips.MLNet.Tests.Support;
using Tips.OnnxExport.Checkpoints;

namespace Tips.MLNet.Tests.Checkpoints;

/// <summary>A checkpoint in several files: the index and the files must agree, and no name leads out of the folder.</summary>
[TestClass]
public sealed class ShardedCheckpointTests : IDisposable
{
    private const string Key = "vision_encoder.norm.bias", Shard = "model-00002-of-00004.safetensors";

    private readonly TemporaryFolder _folder = new();

    private string Index => Path.Combine(_folder["sharded"], "model.safetensors.index.json");

    public void Dispose() => _folder.Dispose();

    [TestInitialize]
    public void Copy() => TestModels.Copy(GoldenFiles.PathOf("hugging-face", "layouts/sharded"), _folder["sharded"]);

    [TestMethod]
    public void Every_tensor_is_read_from_its_file()
    {
        using var sharded = CheckpointFile.Open(Index);
        using var whole = CheckpointFile.Open(Path.Combine(GoldenFiles.PathOf("hugging-face", "layouts/from-config"), "model.safetensors"));
        Assert.HasCount(whole.Tensors.Count, sharded.Tensors);
        Assert.HasCount(5, sharded.Files);
        foreach (string key in sharded.Tensors.Keys.Where(whole.Tensors.ContainsKey))
            CollectionAssert.AreEqual(whole.Read(key), sharded.Read(key), key);
    }

    [TestMethod]
    public void Contradictions_are_named()
    {
        Change(map => map.Remove(Key));
        Assert.Contains($"does not list key '{Key}', which file 'model-00004-of-00004.safetensors' has.", Fails());
        Change(map => map[Key] = Shard);
        Assert.Contains($"has key '{Key}' in '{Shard}', but file 'model-00004-of-00004.safetensors' has it, too.", Fails());
        Change(map => map["other"] = Shard);
        Assert.Contains($"has key 'other' in '{Shard}', but that file does not have it.", Fails());
        Change(map => map["other"] = "model-00005-of-00004.safetensors");
        Assert.Contains("names the file 'model-00005-of-00004.safetensors', which is not there.", Fails());
        Change(_ => { });
        File.Delete(Path.Combine(_folder["sharded"], Shard));
        Assert.Contains($"names the file '{Shard}', which is not there.", Fails());
    }

    [TestMethod]
    [DataRow("../secret.safetensors")]
    [DataRow("/etc/secret.safetensors")]
    [DataRow("..\\secret.safetensors")]
    [DataRow("sub/model.safetensors")]
    [DataRow(".safetensors")]
    [DataRow("model.bin")]
    [DataRow("")]
    public void A_name_that_leads_elsewhere_is_refused(string name)
    {
        Change(map => map[Key] = name);
        Assert.Contains($"has key '{Key}' in '{name}', expected the name of a .safetensors file beside it.", Fails());
    }

    [TestMethod]
    [DataRow("[]")]
    [DataRow("{}")]
    [DataRow("{\"weight_map\": []}")]
    [DataRow("{\"weight_map\": {}}")]
    [DataRow("{\"weight_map\": {\"a\": 1}}")]
    [DataRow("{\"weight_map\": {\"a\": \"x.safetensors\", \"a\": \"x.safetensors\"}}")]
    [DataRow("{\"weight_map\": {\"\\ud800\": \"x.safetensors\"}}")]
    [DataRow("{")]
    public void A_file_that_is_no_index_is_named(string json)
    {
        File.WriteAllText(Index, json);
        Assert.StartsWith($"Checkpoint '{Index}' ", Fails());
    }

    private string Fails() => Assert.ThrowsExactly<CheckpointException>(() => CheckpointFile.Open(Index)).Message;

    private void Change(Action<JsonObject> change)
    {
        var index = JsonNode.Parse(
            File.ReadAllText(Path.Combine(GoldenFiles.PathOf("hugging-face", "layouts/sharded"), "model.safetensors.index.json")))!;
        change(index["weight_map"]!.AsObject());
        File.WriteAllText(Index, index.ToJsonString());
    }
}
