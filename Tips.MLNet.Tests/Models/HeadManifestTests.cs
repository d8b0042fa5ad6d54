using System.Text;
using System.Text.Json.Nodes;
using Tips.MLNet.Models;
using Tips.MLNet.Tests.Support;

namespace Tips.MLNet.Tests.Models;

/// <summary>What a manifest says about heads, and what it must not say.</summary>
[TestClass]
public sealed class HeadManifestTests
{
    private static string ManifestPath => Path.Combine(TestModels.HeadsFolder(), TipsManifest.FileName);

    [TestMethod]
    public void Heads_are_parts_of_the_folder()
    {
        var manifest = ManifestSerializer.ReadFile(ManifestPath);
        Assert.AreEqual(4, manifest.Parts.Count());
        string[] onDisk = [.. Directory.GetFiles(TestModels.HeadsFolder()).Select(f => Path.GetFileName(f)).Order(StringComparer.Ordinal)];
        CollectionAssert.AreEqual(
            onDisk, manifest.Files.Select(f => f.Name).Append(TipsManifest.FileName).Order(StringComparer.Ordinal).ToArray());
        CollectionAssert.AreEqual(File.ReadAllBytes(ManifestPath), ManifestSerializer.Serialize(manifest));
    }

    [TestMethod]
    [DataRow("heads", "null")]
    [DataRow("heads", "[]")]
    [DataRow("heads.2.classes", "[\"a\",\"b\",\"c\",\"d\",\"e\",\"f\",\"g\",\"h\",\"i\",\"j\",\"k\",\"a\"]")]
    public void These_are_fine(string key, string value) => Read(key, value);

    [TestMethod]
    [DataRow("heads.0", "null", "'heads' has an entry that is null")]
    [DataRow("heads.0.task", "\"matting\"", "'heads' has the task 'matting', expected one of 'depth', 'normals', 'segmentation'")]
    [DataRow("heads.1.task", "\"depth\"", "'heads' has two heads for depth")]
    [DataRow("heads.0.layers", "[0, 1, 2]", "the head for depth has 3 'layers', expected 4")]
    [DataRow("heads.0.layers.3", "4", "the head for depth has the layer 4, expected 0 to 3")]
    [DataRow("heads.0.layers.0", "-1", "the head for depth has the layer -1, expected 0 to 3")]
    [DataRow("vision.dense.layers.1.layer", "0", "the head for depth has the layer 1, which 'vision.dense.layers' does not have")]
    [DataRow("vision.dense.layers", "null", "the head for depth has the layer 0, which 'vision.dense.layers' does not have")]
    [DataRow("heads.0.graph.levels", "[\"a\"]", "the head for depth has 1 'graph.levels', expected 4 names")]
    [DataRow("heads.0.graph.levels.0", "null", "the head for depth has 4 'graph.levels', expected 4 names")]
    [DataRow("heads.0.channels", "0", "the head for depth has 'channels' 0, expected a positive number")]
    [DataRow("heads.2.outputs", "-1", "the head for segmentation has 'outputs' -1, expected a positive number")]
    [DataRow("heads.1.outputs", "4", "the head for normals has 4 outputs, expected 3")]
    [DataRow("heads.0.activation", "\"gelu\"", "the head for depth has the activation 'gelu', expected 'linear' or 'relu'")]
    [DataRow("heads.0.minDepth", "0", "the head for depth has depths from 0 to 10, expected numbers above zero, the smaller one first")]
    [DataRow("heads.0.minDepth", "10", "the head for depth has depths from 10 to 10, expected")]
    [DataRow("heads.0.maxDepth", "null", "the head for depth has depths from 0.001 to nothing, expected")]
    [DataRow("heads.1.maxDepth", "1", "the head for normals has a range of depths")]
    [DataRow("heads.1.classes", "[\"a\", \"b\", \"c\"]", "the head for normals has 'classes'")]
    [DataRow("heads.2.classes", "[\"a\"]", "the head for segmentation has 1 'classes', expected 12, as many as outputs")]
    [DataRow(
        "heads.2.classes",
        "[\"a\",\"b\",\" \",\"d\",\"e\",\"f\",\"g\",\"h\",\"i\",\"j\",\"k\",\"l\"]",
        "the head for segmentation has a class 2 without a name")]
    [DataRow("heads.0.weights", "\"other.safetensors\"", "'files' does not list 'other.safetensors', which the manifest refers to")]
    [DataRow("heads.0.graph.file", "\"vision_dense.onnx\"", "'files' does not list 'vision_dense.onnx', which the manifest refers to")]
    [DataRow("heads.1.files.0.name", "\"depth.onnx\"", "'files' lists 'depth.onnx' twice")]
    [DataRow("heads.0.sources", "[null]", "the head for depth has 'sources' with an entry that is null")]
    [DataRow("vision", "null", "it has neither 'vision' nor 'text'")]
    public void A_fault_is_named(string key, string value, string expected)
    {
        string message = Assert.ThrowsExactly<InvalidDataException>(() => Read(key, value)).Message;
        Assert.StartsWith($"here is not valid: {expected}", message);
    }

    [TestMethod]
    public void Heads_need_an_image_encoder()
    {
        var heads = ManifestSerializer.ReadFile(ManifestPath).Heads;
        var texts = ManifestSerializer.ReadFile(Path.Combine(TestModels.TextOnlyFolder(), TipsManifest.FileName));
        byte[] json = ManifestSerializer.Serialize(texts with { Heads = heads });
        Assert.AreEqual(
            "here is not valid: it has 'heads', but no 'vision'.",
            Assert.ThrowsExactly<InvalidDataException>(() => ManifestSerializer.Deserialize(json, "here")).Message);
    }

    private static TipsManifest Read(string key, string value)
    {
        var manifest = JsonNode.Parse(File.ReadAllText(ManifestPath))!;
        string[] path = key.Split('.');
        var parent = path[..^1].Aggregate(manifest, (node, part) => int.TryParse(part, out int index) ? node[index]! : node[part]!);
        if (int.TryParse(path[^1], out int last)) parent[last] = JsonNode.Parse(value);
        else parent[path[^1]] = JsonNode.Parse(value);
        return ManifestSerializer.Deserialize(Encoding.UTF8.GetBytes(manifest.ToJsonString()), "here");
    }
}
