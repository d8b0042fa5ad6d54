using System.Globalization;
using System.Text.Json.Nodes;
using Tips.MLNet.Models;
using Tips.MLNet.Tests.Checkpoints;
using Tips.MLNet.Tests.Graphs;
using Tips.MLNet.Tests.Support;
using Tips.OnnxExport.Checkpoints;
using Tips.OnnxExport.Export;
using static Tips.MLNet.Tests.Support.ToolRun;

namespace Tips.MLNet.Tests.Commands;

/// <summary>Dense models of Hugging Face: folders that transformers wrote, against what it computes from them.</summary>
[TestClass]
public sealed class HuggingFaceDenseTests : IDisposable
{
    private const float MapTolerance = 5e-5f, DepthTolerance = 1e-4f;

    private readonly TemporaryFolder _folder = new();

    public TestContext TestContext { get; set; } = null!;

    private string Output => _folder["model"];

    private string Copied => _folder["tipsv2-dpt-copy"];

    public void Dispose() => _folder.Dispose();

    [TestMethod]
    [DataRow("tipsv2-dpt-mini", "depth normals segmentation", "56x56", "70x42")]
    [DataRow("layouts/dpt-own-names", "depth normals segmentation", "84x56")]
    [DataRow("layouts/dpt-depth-only", "depth", "84x56")]
    [DataRow("layouts/dpt-depth-only-own-names", "depth", "84x56")]
    [DataRow("layouts/dpt-segmentation-only-own-names", "segmentation", "84x56")]
    public async Task Every_folder_gives_the_librarys_own_maps(string name, string tasks, params string[] sizes)
    {
        bool isMini = name == "tipsv2-dpt-mini";
        var golden = GoldenFiles.ReadArrays(
            GoldenFiles.PathOf("hugging-face", isMini ? "tipsv2-dpt-mini" : "layouts", isMini ? "golden.npz" : "dpt.golden.npz"));
        var (code, _, error) = await Run("export", "--hugging-face", Repository(name), "--output", Output);
        Assert.AreEqual(0, code, error);
        var manifest = Manifest();
        Assert.AreEqual(tasks, string.Join(' ', manifest.Heads!.Select(h => h.Task)));
        Assert.AreEqual((Path.GetFileName(name), 56), (manifest.Name, manifest.Vision!.ImageHeight));
        foreach (string size in sizes)
        {
            var (height, width) = GoldenHeads.Parse(size);
            var maps = HeadRun.Run(Output, TestPictures.FormulaInput(height, width, seed: 3), height, width);
            foreach (var (task, map) in maps)
            {
                float difference = Close.MaximumDifference(golden[$"{size}.{task}"], map);
                TestContext.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{size} {task}: {difference:E1}"));
                Assert.IsLessThanOrEqualTo(task == "depth" ? DepthTolerance : MapTolerance, difference, task);
            }
        }
    }

    [TestMethod]
    public async Task Inspect_describes_backbone_and_heads()
    {
        var (code, output, error) = await Run("inspect", Repository("layouts/dpt-own-names"));
        Assert.AreEqual(0, code, error);
        Assert.Contains("TIPS image encoder, Hugging Face layout: width 16, 4 blocks, 2 heads", output);
        Assert.Contains(
            "DPT head for depth: width 16, 8 channels, 16 outputs.\nDPT head for normals: width 16, 8 channels, 3 outputs.", output);
        (_, output, _) = await Run("inspect", Path.Combine(Repository("layouts/dpt-depth-only-own-names"), "model.safetensors"));
        Assert.Contains("Has a head whose task is not known: ", output);
    }

    [TestMethod]
    public void The_configuration_tells_what_the_tensors_do_not()
    {
        Copy();
        Change(root =>
        {
            root["depth_decoder_activation"] = "linear";
            (root["min_depth"], root["max_depth"]) = (0.5, 80);
            root["id2label"]!["3"] = "tree";
            root["backbone_config"]!["out_indices"] = new JsonArray(1, 1, 2, 4);
        });
        var heads = Export().Heads!;
        Assert.AreEqual(("linear", 0.5f, 80f), (heads[0].Activation, heads[0].MinDepth, heads[0].MaxDepth));
        Assert.AreEqual("LABEL_2 tree", string.Join(' ', heads[2].Classes!.Skip(2).Take(2)), "names as they are, if any is a name");
        Assert.AreEqual("0 0 1 3", string.Join(' ', heads[1].Layers));
        Assert.AreEqual("linear", heads[1].Activation);
        Assert.AreEqual("model.safetensors config.json", string.Join(' ', heads[0].Sources.Select(s => s.Name)));
        Change(root => root.Remove("depth_decoder_activation"));
        Assert.AreEqual("relu", Export().Heads![0].Activation, "what transformers does by default");
    }

    [TestMethod]
    public void The_first_form_of_the_configuration_is_read()
    {
        Copy();
        const string flat = "{\"model_type\":\"tipsv2_dpt\",\"architectures\":[\"TIPSv2DPTModel\"],\"channels\":16,"
            + "\"readout_type\":\"project\",\"num_depth_bins\":16,"
            + "\"min_depth\":0.001,\"max_depth\":10.0,\"num_seg_classes\":10,\"embed_dim\":48,"
            + "\"block_indices\":[0,1,1,3],\"post_process_channels\":[8,16,24,32]}";
        File.WriteAllText(Config, flat);
        // Without a number of heads in the configuration, a width of 48 is no multiple of 64.
        string message = Assert.ThrowsExactly<CheckpointException>(() => Export()).Message;
        Assert.Contains("48", message);
        TestModels.Copy(Repository("tipsv2-dpt-mini"), _folder["heads"]);
        string file = Path.Combine(_folder["heads"], "model.safetensors");
        RemoveBackbone(file);
        File.WriteAllText(Path.Combine(_folder["heads"], "config.json"), flat);
        Assert.StartsWith(
            $"Folder '{_folder["heads"]}' has heads (depth, normals, segmentation), but no image encoder. Give the image encoder that they "
            + $"belong to with --vision, and each head with '--head TASK={file}'.",
            Assert.ThrowsExactly<CheckpointException>(
                () => HuggingFaceRepository.CreateRequest(_folder["heads"], Output)).Message);

        // As the message says; the backbone's own configuration gives its number of heads.
        var backbone = HuggingFaceRepository.CreateRequest(Repository("tipsv2-dpt-mini"), Output);
        var head = new HeadSource(OnnxExport.Towers.HeadTask.Depth, file);
        var manifest = ModelExporter.Export(backbone with { Heads = [head] });
        Assert.AreEqual("0 1 1 3", string.Join(' ', manifest.Heads!.Single().Layers));
        Assert.AreEqual("linear", manifest.Heads![0].Activation, "as published");
    }

    [TestMethod]
    [DataRow("readout_activation", "\"gelu\"", "has readout_activation \"gelu\", expected \"gelu_pytorch_tanh\".")]
    [DataRow("readout_type", "\"add\"", "has readout_type \"add\", expected \"project\".")]
    [DataRow("reassemble_factors", "[4, 2, 1, 1]", "has reassemble_factors [4,2,1,1], expected [4, 2, 1, 0.5].")]
    [DataRow("depth_decoder_activation", "\"gelu\"", "has depth_decoder_activation \"gelu\", expected \"relu\" or \"linear\".")]
    [DataRow("min_depth", "0", "has the min_depth 0, expected a positive number.")]
    [DataRow("min_depth", "20", "has depths from 20 to 10, expected the smaller one first.")]
    [DataRow("num_depth_bins", "256", "has num_depth_bins 256, but the checkpoint beside it 16.")]
    [DataRow("fusion_hidden_size", "256", "has fusion_hidden_size 256, but the checkpoint beside it 16.")]
    [DataRow("id2label", "{\"0\": \"a\", \"1\": \"b\"}", "has id2label 2, but the checkpoint beside it 10.")]
    [DataRow("id2label", "{\"1\": \"a\"}", "has no name for class 0 of 1 in id2label.")]
    [DataRow("id2label", "7", "has id2label 7, expected an object.")]
    [DataRow("backbone_config", "7", "has a 'backbone_config' that is not an object.")]
    [DataRow("backbone_config.apply_layernorm", "false", "has backbone_config.apply_layernorm false, expected true.")]
    [DataRow("backbone_config.hidden_size", "768", "has backbone_config.hidden_size 768, but the checkpoint beside it 48.")]
    [DataRow("backbone_config.out_indices", "\"all\"", "has backbone_config.out_indices \"all\", expected a list of whole numbers.")]
    [DataRow(
        "backbone_config.out_indices",
        "[1, 2, 3, 5]",
        "has backbone_config.out_indices that stand for the blocks 0, 1, 2, 4 from 0, expected 4 of the blocks 0 to 3, in their order.")]
    public void A_configuration_that_the_graphs_cannot_follow_is_refused(string key, string value, string expected)
    {
        Copy();
        Change(root =>
        {
            string[] path = key.Split('.');
            var part = path.Length == 1 ? root : root[path[0]]!.AsObject();
            part[path[^1]] = JsonNode.Parse(value);
        });
        string message = Assert.ThrowsExactly<CheckpointException>(() => Export()).Message;
        Assert.Contains($"Configuration '{Config}' {expected}", message);
        Assert.IsFalse(Directory.Exists(Output));
    }

    [TestMethod]
    public async Task A_head_of_a_dense_file_goes_onto_another_folder()
    {
        string repository = Repository("tipsv2-dpt-mini"), head = $"depth={Path.Combine(repository, "model.safetensors")}";
        var whole = HuggingFaceRepository.CreateRequest(repository, Output);
        ModelExporter.Export(whole with { Heads = [] });
        var (code, _, error) = await Run("head", Output, head);
        Assert.AreEqual(0, code, error);
        ModelExporter.Export(whole with { Heads = [whole.Heads[0]], OutputFolder = _folder["expected"] });
        foreach (string file in Directory.GetFiles(_folder["expected"]))
            CollectionAssert.AreEqual(File.ReadAllBytes(file), File.ReadAllBytes(Path.Combine(Output, Path.GetFileName(file))), file);
        string single = Path.Combine(Repository("layouts/dpt-depth-only-own-names"), "model.safetensors");
        (code, _, error) = await Run("head", Output, $"segmentation={single}");
        Assert.AreEqual(1, code);
        Assert.Contains($"Checkpoint '{single}' has no head for segmentation; it has one for depth.", error);
    }

    [TestMethod]
    public async Task A_head_that_is_named_counts_for_more_than_the_folders()
    {
        string single = Path.Combine(Repository("layouts/dpt-depth-only"), "model.safetensors");
        var (code, _, error) = await Run(
            "export", "--hugging-face", Repository("layouts/dpt-own-names"), "--output", Output, "--head", $"depth={single}",
            "--depth-range", "1,2");
        Assert.AreEqual(0, code, error);
        var heads = Manifest().Heads!;
        Assert.AreEqual("depth normals segmentation", string.Join(' ', heads.Select(h => h.Task)));
        Assert.AreEqual((new FileInfo(single).Length, 2f), (heads[0].Sources[0].Size, heads[0].MaxDepth));
        Assert.AreNotEqual(heads[0].Sources[0], heads[1].Sources[0]);
    }

    private static string Repository(string name) => GoldenFiles.PathOf(["hugging-face", .. name.Split('/')]);

    private string Config => Path.Combine(Copied, "config.json");

    private void Copy() => TestModels.Copy(Repository("tipsv2-dpt-mini"), Copied);

    private TipsManifest Export()
        => ModelExporter.Export(HuggingFaceRepository.CreateRequest(Copied, Output) with { Overwrite = true });

    private TipsManifest Manifest() => ManifestSerializer.ReadFile(Path.Combine(Output, TipsManifest.FileName));

    private void Change(Action<JsonObject> change)
    {
        var root = JsonNode.Parse(File.ReadAllText(Config))!.AsObject();
        change(root);
        File.WriteAllText(Config, root.ToJsonString());
    }

    private static void RemoveBackbone(string file)
    {
        (string, int[], float[])[] heads;
        using (var whole = CheckpointFile.Open(file))
        {
            heads =
            [
                .. whole.Tensors.Values.Where(t => !t.Name.StartsWith("vision_encoder.", StringComparison.Ordinal))
                    .Select(t => (t.Name, t.Shape.ToArray(), whole.Read(t.Name))),
            ];
        }

        SafetensorsWriter.Write(file, heads, new() { ["format"] = "pt" });
    }
}
