using System.Globalization;
using Tips.MLNet.Models;
using Tips.MLNet.Tests.Formula;
using Tips.MLNet.Tests.Graphs;
using Tips.MLNet.Tests.Support;
using Tips.OnnxExport.Export;
using Tips.OnnxExport.Towers;
using static Tips.MLNet.Tests.Support.ToolRun;

namespace Tips.MLNet.Tests.Commands;

/// <summary>Model folders with heads: what they hold, and what their graphs compute from a picture.</summary>
[TestClass]
public sealed class HeadExportTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public TestContext TestContext { get; set; } = null!;

    private string Output => _folder["model"];

    public void Dispose() => _folder.Dispose();

    [TestMethod]
    [DataRow("56x56")]
    [DataRow("84x56")]
    [DataRow("42x112")]
    [DataRow("112x140")]
    public void A_folder_computes_what_the_published_code_does(string size)
    {
        var (height, width) = GoldenHeads.Parse(size);
        var (rows, columns) = GoldenHeads.Grid(size);
        var maps = HeadRun.Run(TestModels.HeadsFolder(), TestPictures.FormulaInput(height, width, seed: 3), height, width);
        int mapHeight = 16 * ((rows + 1) / 2), mapWidth = 16 * ((columns + 1) / 2);

        var logits = HeadMap.Of(12, mapHeight, mapWidth, maps["segmentation"]).Bilinear(height, width);
        AssertWithin("logits", GoldenHeads.Difference(size + ".segmentation.logits", logits), GoldenHeads.LogitsTolerance);
        int[] classes = Array.ConvertAll(GoldenHeads.Results[size + ".segmentation.argmax"], v => (int)v);
        Assert.IsLessThanOrEqualTo(2, classes.Zip(logits.ArgMax()).Count(p => p.First != p.Second));
        var depth = HeadMap.Of(1, mapHeight, mapWidth, maps["depth"]).Bilinear(height, width);
        AssertWithin("depth", GoldenHeads.Difference(size + ".depth", depth), GoldenHeads.DepthTolerance);
        var normals = new ReferenceHeads().Normals(HeadMap.Of(3, mapHeight, mapWidth, maps["normals"]), height, width);
        AssertWithin("normals", GoldenHeads.Difference(size + ".normals", normals), GoldenHeads.NormalsTolerance);
    }

    [TestMethod]
    public void The_manifest_describes_every_head()
    {
        var manifest = ManifestSerializer.ReadFile(Path.Combine(TestModels.HeadsFolder(), TipsManifest.FileName));
        Assert.AreEqual("depth normals segmentation", string.Join(' ', manifest.Heads!.Select(h => h.Task)));
        Assert.AreEqual("256 3 12", string.Join(' ', manifest.Heads!.Select(h => h.Outputs)));
        Assert.AreEqual("depth normals logits", string.Join(' ', manifest.Heads!.Select(h => h.Graph.Output)));
        foreach (var head in manifest.Heads!)
        {
            CollectionAssert.AreEqual(new[] { 0, 1, 2, 3 }, head.Layers.ToArray());
            Assert.AreEqual((10, "linear", null), (head.Channels, head.Activation, head.Classes));
            string[] files = [$"{head.Task}.fp32.safetensors", $"{head.Task}.onnx"];
            CollectionAssert.AreEqual(files, head.Files.Select(f => f.Name).ToArray());
            Assert.AreEqual($"head_{head.Task}.zip", head.Sources.Single().Name);
            Assert.AreEqual(head.Task == "depth" ? (0.001f, 10f) : (null, null), (head.MinDepth, head.MaxDepth));
        }

        Assert.AreEqual("vision_four_blocks.npz", manifest.Sources.Single().Name);
        CollectionAssert.AreEqual(new[] { 0, 1, 2, 3 }, manifest.Vision!.Dense.Layers!.Select(l => l.Layer).ToArray());
        TipsModel.Load(TestModels.HeadsFolder()).Dispose();
    }

    [TestMethod]
    [DataRow(4, "0,1,2,3")]
    [DataRow(12, "2,5,8,11")]
    [DataRow(24, "5,11,17,23")]
    [DataRow(27, "6,13,20,26")]
    [DataRow(40, "9,19,29,39")]
    public void The_blocks_are_those_of_the_released_models(int blocks, string expected)
        => Assert.AreEqual(expected, string.Join(',', HeadLayers.Of(null, blocks, "file")));

    [TestMethod]
    [DataRow("fp16")]
    [DataRow("int8")]
    public async Task Heads_are_float32_whatever_the_precision(string precision)
    {
        var (code, _, error) = await Run([.. Export(), "--head", Head("normals"), "--precision", precision]);
        Assert.AreEqual(0, code, error);
        string name = "normals.fp32.safetensors";
        CollectionAssert.AreEqual(
            File.ReadAllBytes(Path.Combine(TestModels.HeadsFolder(), name)), File.ReadAllBytes(Path.Combine(Output, name)));
        float[] pixels = TestPictures.FormulaInput(56, 56, seed: 3);
        var maps = HeadRun.Run(Output, pixels, 56, 56);
        float difference = Close.MaximumDifference(HeadRun.Run(TestModels.HeadsFolder(), pixels, 56, 56)["normals"], maps["normals"]);
        TestContext.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{precision}: {difference:E1}"));
        Assert.IsTrue(difference is > 1e-6f and < 0.5f, $"{difference}: the encoder's rounding shows, and no more");
    }

    [TestMethod]
    public async Task Options_set_what_the_file_of_a_head_does_not_tell()
    {
        File.WriteAllLines(_folder["names.txt"], [.. Enumerable.Range(0, 12).Select(i => $"class {i} "), ""]);
        var (code, _, error) = await Run(
        [
            .. Export(), "--head", Head("segmentation"), "--head", Head("depth"), "--depth-range", "0.5,80", "--relu-after-project",
            "--class-names", _folder["names.txt"], "--image-size", "56",
        ]);
        Assert.AreEqual(0, code, error);
        Assert.Contains(
            "Head for depth: 10 channels, 256 bins from 0.5 to 80 m, ReLU after the last convolution; tokens of the blocks 0, 1, 2, 3.\n"
            + "Head for segmentation: 10 channels, 12 classes, class 0, class 1, class 2, …; tokens of the blocks 0, 1, 2, 3.",
            error);
        var heads = ManifestSerializer.ReadFile(Path.Combine(Output, TipsManifest.FileName)).Heads!;
        Assert.AreEqual(("relu", 0.5f, 80f), (heads[0].Activation, heads[0].MinDepth, heads[0].MaxDepth));
        Assert.AreEqual("class 11", heads[1].Classes![11]);
        Assert.AreEqual("head_segmentation.zip names.txt", string.Join(' ', heads[1].Sources.Select(s => s.Name)));
        var maps = HeadRun.Run(Output, TestPictures.FormulaInput(56, 56, seed: 3), 56, 56);
        Assert.IsGreaterThan(10f, maps["depth"].Max(), "meters of another range");
        Assert.AreEqual(0, (await Run("inspect", Output)).Code);
    }

    [TestMethod]
    public void Names_of_ADE20K_are_those_of_the_publisher()
    {
        using var golden = System.Text.Json.JsonDocument.Parse(File.ReadAllBytes(GoldenFiles.PathOf("dense", "ade20k.json")));
        string?[] names = [.. golden.RootElement.GetProperty("classes").EnumerateArray().Select(c => c.GetString())];
        CollectionAssert.AreEqual(names, ClassNames.Ade20K.ToArray());
    }

    [TestMethod]
    [DataRow("--head", "depth")]
    [DataRow("--head", "depths=x.zip")]
    [DataRow("--head", "depth=")]
    [DataRow("--head", "depth=a.zip", "--head", "depth=b.zip")]
    [DataRow("--head", "depth=a.zip", "--depth-range", "10,1")]
    [DataRow("--head", "depth=a.zip", "--depth-range", "0,10")]
    [DataRow("--head", "depth=a.zip", "--depth-range", "1")]
    [DataRow("--head", "depth=a.zip", "--class-names", "")]
    [DataRow("--relu-after-project")]
    public async Task Wrong_usage_is_code_2(params string[] options)
    {
        var (code, _, error) = await Run([.. Export(), .. options]);
        Assert.AreEqual(2, code);
        Assert.Contains("Usage:", error);
        Assert.DoesNotContain("System.", error);
    }

    [TestMethod]
    public async Task What_does_not_fit_is_named()
    {
        Assert.Contains($"There is no checkpoint '{_folder["none.zip"]}'.", await Fails("--head", $"depth={_folder["none.zip"]}"));
        Assert.Contains(
            "with 256 output(s), expected 3 for normals.", await Fails("--head", $"normals={TestModels.GoldenHead(HeadTask.Depth)}"));
        Assert.Contains(
            "--class-names is for a head for segmentation, but there is none.",
            await Fails("--head", Head("depth"), "--class-names", _folder["none.txt"]));
        Assert.Contains(
            "--depth-range and --relu-after-project are for a head for depth, but there is none.",
            await Fails("--head", Head("normals"), "--depth-range", "1,2"));
        File.WriteAllText(_folder["names.txt"], "a\n\nb\n");
        string[] segmentation = ["--head", Head("segmentation"), "--class-names", _folder["names.txt"]];
        Assert.Contains($"File '{_folder["names.txt"]}' has no class name in line 2.", await Fails(segmentation));
        File.WriteAllText(_folder["names.txt"], "a\nb\n");
        Assert.Contains("has 2 class names, expected 12, as many as the head for segmentation has outputs.", await Fails(segmentation));
        FormulaCheckpoint.WriteVision(_folder["wide.npz"], new TowerSize("wide", 192, 4, 64), grid: 4, seed: 1);
        Assert.Contains(
            $"has a head for depth of width 128, but the image encoder in '{_folder["wide.npz"]}' has 192: they are not of one model.",
            await Fails("--vision", _folder["wide.npz"], "--head", Head("depth")));
        string three = GoldenFiles.PathOf("mini", "vision_mlp.npz");
        Assert.Contains(
            $"The image encoder in '{three}' has 3 blocks, expected at least 4: a head takes the tokens of four of them.",
            await Fails("--vision", three, "--head", Head("depth")));
        string head = TestModels.GoldenHead(HeadTask.Depth);
        Assert.Contains(
            $"Checkpoint '{head}' has a head for dense prediction, but no image encoder. Give it with --head, beside the image encoder",
            await Fails("--vision", head));
        var request = new ExportRequest(null, Output) { Heads = [new HeadSource(HeadTask.Depth, head)] };
        Assert.AreEqual(
            "Heads were given, but there is no image encoder to export.",
            Assert.ThrowsExactly<ArgumentException>(() => ModelExporter.Export(request)).Message);
        request = new ExportRequest(three, Output) { Heads = [request.Heads[0], request.Heads[0]] };
        Assert.AreEqual(
            "There are 2 heads for depth, expected one for a task.",
            Assert.ThrowsExactly<ArgumentException>(() => ModelExporter.Export(request)).Message);
    }

    [TestMethod]
    [DataRow("head_depth.zip", "DPT head: width 128, 10 channels, 256 outputs, as many as the released heads for depth have.")]
    [DataRow("head_normals.npz", "DPT head: width 128, 10 channels, 3 outputs, so for normals.")]
    [DataRow("head_segmentation.npz", "DPT head: width 128, 10 channels, 12 outputs.")]
    public async Task Inspect_tells_what_a_head_is(string file, string expected)
    {
        var (code, output, error) = await Run("inspect", GoldenFiles.PathOf("dense", file));
        Assert.AreEqual(0, code, error);
        Assert.Contains(expected, output);
        Assert.DoesNotContain("Not a TIPS encoder", output);
    }

    private static string Head(string task) => $"{task}={GoldenFiles.PathOf("dense", $"head_{task}.zip")}";

    private string[] Export() => ["export", "--vision", TestModels.FourBlocks(), "--output", Output];

    private async Task<string> Fails(params string[] options)
    {
        string[] export = options[0] == "--vision" ? ["export", "--output", Output] : Export();
        var (code, _, error) = await Run([.. export, .. options]);
        Assert.AreEqual(1, code, error);
        Assert.IsFalse(Directory.Exists(Output));
        return error;
    }

    private void AssertWithin(string what, float difference, float tolerance)
    {
        TestContext.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{what}: {difference:E1}"));
        Assert.IsLessThanOrEqualTo(tolerance, difference, what);
    }
}
