using Google.Protobuf;
using Tips.MLNet.Models;
using Tips.MLNet.Models.Onnx;
using Tips.MLNet.Tests.Support;
using Tips.OnnxExport.Commands;
using Tips.OnnxExport.Export;
using Tips.OnnxExport.Towers;
using static Tips.MLNet.Tests.Support.ToolRun;

namespace Tips.MLNet.Tests.Commands;

/// <summary><c>head</c>: heads that come to a model folder later.</summary>
[TestClass]
public sealed class HeadCommandTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    private string Model => _folder["model"];

    public void Dispose() => _folder.Dispose();

    [TestMethod]
    [DataRow("fp32")]
    [DataRow("fp16")]
    [DataRow("int8")]
    public async Task The_folder_is_that_of_an_export_with_the_same_heads(string precision)
    {
        string[] names = ["--name", "same", "--precision", precision];
        string[] heads = [.. HeadTasks.All.SelectMany(t => (string[])["--head", Head(t)])];
        await Succeeds(["export", "--vision", TestModels.FourBlocks(), "--output", _folder["expected"], .. names, .. heads]);
        await Succeeds(["export", "--vision", TestModels.FourBlocks(), "--output", Model, .. names]);
        string said = await Succeeds("head", Model, Head(HeadTask.Segmentation), Head(HeadTask.Normals));
        Assert.Contains("Head for normals: 10 channels, 3 values; tokens of the blocks 0, 1, 2, 3.", said);
        Assert.Contains($"Changed {Model}", said);
        await Succeeds("head", Model, Head(HeadTask.Depth));
        AssertSameFiles(_folder["expected"], Model);
        await Succeeds("head", Model, Head(HeadTask.Depth), "--overwrite");
        AssertSameFiles(_folder["expected"], Model);
    }

    [TestMethod]
    public async Task Layers_that_are_there_stay()
    {
        string[] export = ["export", "--vision", TestModels.FourBlocks(), "--layers", "1", "--name", "same", "--output"];
        await Succeeds([.. export, Model]);
        await Succeeds([.. export, _folder["expected"], "--head", Head(HeadTask.Normals)]);
        await Succeeds("head", Model, Head(HeadTask.Normals));
        AssertSameFiles(_folder["expected"], Model);
    }

    [TestMethod]
    public async Task A_head_for_the_same_task_is_replaced_only_if_that_is_asked_for()
    {
        TestModels.Copy(TestModels.HeadsFolder(), Model);
        File.WriteAllText(Path.Combine(Model, "mine.txt"), "mine");
        Assert.Contains(
            $"Model folder '{Model}' has a head for depth already. Give --overwrite to replace it.",
            await Fails("head", Model, Head(HeadTask.Depth)));
        AssertSameFiles(TestModels.HeadsFolder(), Model, "mine.txt");
        await Succeeds("head", Model, Head(HeadTask.Depth), "--overwrite", "--depth-range", "1,2");
        var heads = ManifestSerializer.ReadFile(Path.Combine(Model, TipsManifest.FileName)).Heads!;
        Assert.AreEqual("depth normals segmentation", string.Join(' ', heads.Select(h => h.Task)));
        Assert.AreEqual((1f, 2f), (heads[0].MinDepth, heads[0].MaxDepth));
        Assert.AreEqual("mine", File.ReadAllText(Path.Combine(Model, "mine.txt")), "what is not the model's stays");
        TipsModel.Load(Model).Dispose();
    }

    [TestMethod]
    public async Task What_cannot_have_the_head_is_left_as_it_was()
    {
        string head = Head(HeadTask.Depth);
        Directory.CreateDirectory(Model);
        Assert.Contains($"Folder '{Model}' is not a TIPS model: it has no manifest.json.", await Fails("head", Model, head));
        Assert.Contains("is not a TIPS model: it has no manifest.json.", await Fails("head", _folder["none"], head));
        Assert.IsFalse(Directory.Exists(_folder["none"]));
        foreach (var (source, expected) in ((string, string)[])
        [
            (TestModels.TextOnlyFolder(), $"The model folder '{Model}' has no image encoder, and heads need one."),
            (TestModels.TinyFolder, $"has a head for depth of width 128, but the image encoder in '{Model}' has 192: they are not of one"),
            (TestModels.MiniFolder(), $"The image encoder in '{Model}' has 3 blocks, expected at least 4"),
        ])
        {
            Directory.Delete(Model, recursive: true);
            TestModels.Copy(source, Model);
            Assert.Contains(expected, await Fails("head", Model, head));
            AssertSameFiles(source, Model);
        }
    }

    [TestMethod]
    public async Task A_folder_of_before_there_were_heads_is_refused()
    {
        TestModels.Copy(TestModels.MiniFolder(), Model);
        string path = Path.Combine(Model, TipsManifest.FileName);
        var manifest = ManifestSerializer.ReadFile(path);
        var vision = manifest.Vision!;
        vision = vision with { ValuePath = null, Files = [.. vision.Files.Where(f => f.Name != vision.ValuePath!.File)] };
        File.WriteAllBytes(path, ManifestSerializer.Serialize(manifest with { Vision = vision }));
        Assert.Contains(
            $"The model folder '{Model}' was written before there were heads. Export it again, with --head.",
            await Fails("head", Model, Head(HeadTask.Depth)));
    }

    [TestMethod]
    public async Task A_graph_of_another_tool_and_a_damaged_file_are_named()
    {
        TestModels.Copy(TestModels.HeadsFolder(), Model);
        string path = Path.Combine(Model, TipsManifest.FileName), graph = Path.Combine(Model, "vision_dense.onnx");
        var manifest = ManifestSerializer.ReadFile(path);
        var model = ModelProto.Parser.ParseFrom(File.ReadAllBytes(graph));
        foreach (var node in model.Graph.Node.Where(n => n.Output.Contains("vision.blocks.1"))) node.Output[0] = "other";
        File.WriteAllBytes(graph, model.ToByteArray());
        Assert.Contains("File 'vision_dense.onnx' of the model folder", await Fails("head", Model, Head(HeadTask.Depth), "--overwrite"));
        var vision = manifest.Vision!;
        ManifestFile[] files = [.. vision.Files.Select(f => f.Name == "vision_dense.onnx" ? Describe(graph) : f)];
        manifest = manifest with { Heads = null, Vision = vision with { Files = files, Dense = vision.Dense with { Layers = [] } } };
        File.WriteAllBytes(path, ManifestSerializer.Serialize(manifest));
        foreach (var task in HeadTasks.All)
        {
            foreach (string file in Directory.GetFiles(Model, task.Name() + ".*")) File.Delete(file);
        }

        Assert.Contains(
            $"Graph 'vision_dense.onnx' of the model folder '{Model}' cannot give what heads take: it has no value 'vision.blocks.1'. "
            + "Export the model again, with --head.",
            await Fails("head", Model, Head(HeadTask.Depth)));
    }

    /// <summary>Killed between any two moves of the commit: the next run finds the older model, whole.</summary>
    [TestMethod]
    public void What_a_killed_run_has_done_is_undone_by_the_next()
    {
        string before = TestModels.MiniFolder(), after = _folder["after"];
        TestModels.Copy(before, after);
        Change(after, folder =>
        {
            folder.Write("depth.onnx", stream => stream.Write("a head"u8));
            folder.Write("vision_dense.onnx", stream => stream.Write("with levels"u8));
        });
        string[] moves = [TipsManifest.FileName, "vision_dense.onnx"], added = ["depth.onnx", "vision_dense.onnx"];
        for (int done = 0; done <= moves.Length + added.Length; done++)
        {
            if (Directory.Exists(Model)) Directory.Delete(Model, recursive: true);
            TestModels.Copy(before, Model);
            string staging = Path.Combine(Model, StagingFolder.Name);
            Directory.CreateDirectory(staging);
            foreach (string name in (string[])[.. added, TipsManifest.FileName])
                File.Copy(Path.Combine(after, name), Path.Combine(staging, name + ".new"));
            foreach (string name in moves.Take(done)) File.Move(Path.Combine(Model, name), Path.Combine(staging, name + ".old"));
            foreach (string name in added.Take(done - moves.Length))
                File.Move(Path.Combine(staging, name + ".new"), Path.Combine(Model, name));
            if (done > 0) Assert.ThrowsExactly<FileNotFoundException>(() => TipsModel.Load(Model));

            OutputFolder.OpenModel(Model).Dispose();
            AssertSameFiles(before, Model);
        }
    }

    [TestMethod]
    public void A_file_in_the_place_of_a_new_one_is_not_taken()
    {
        TestModels.Copy(TestModels.MiniFolder(), Model);
        File.WriteAllText(Path.Combine(Model, "depth.onnx"), "mine");
        string message = Assert.ThrowsExactly<IOException>(
            () => Change(Model, folder => folder.Write("depth.onnx", stream => stream.Write("a head"u8)))).Message;
        Assert.AreEqual($"Model folder '{Model}' holds 'depth.onnx', which is not part of the model and is not replaced.", message);
        Assert.AreEqual("mine", File.ReadAllText(Path.Combine(Model, "depth.onnx")));
        AssertSameFiles(TestModels.MiniFolder(), Model, "depth.onnx");
    }

    [TestMethod]
    public async Task Canceling_leaves_the_model_as_it_was()
    {
        TestModels.Copy(TestModels.HeadsFolder(), Model);
        using StringWriter output = new(), error = new();
        int code = await ToolCommand.RunAsync(
            ["head", Model, Head(HeadTask.Depth), "--overwrite"], output, error, cancellationToken: new CancellationToken(canceled: true));
        Assert.AreEqual(130, code);
        Assert.AreEqual("canceled; the model is as it was", error.ToString().Trim());
        AssertSameFiles(TestModels.HeadsFolder(), Model);
    }

    [TestMethod]
    [DataRow("head")]
    [DataRow("head", "model")]
    [DataRow("head", "model", "depth")]
    [DataRow("head", "model", "depth=a.zip", "depth=b.zip")]
    [DataRow("head", "model", "depth=a.zip", "--depth-range", "x")]
    public async Task Wrong_usage_is_code_2(params string[] arguments)
    {
        var (code, output, error) = await Run(arguments);
        Assert.AreEqual(2, code);
        Assert.AreEqual("", output);
        Assert.Contains("Usage:", error);
    }

    // Gives a folder some files, as an installation of heads does.
    private static void Change(string model, Action<OutputFolder> write)
    {
        using var folder = OutputFolder.OpenModel(model);
        var manifest = ManifestSerializer.ReadFile(Path.Combine(model, TipsManifest.FileName));
        write(folder);
        string staging = Path.Combine(model, StagingFolder.Name);
        ManifestFile[] written =
        [
            .. Directory.GetFiles(staging, "*.new").Select(f => Describe(f) with { Name = Path.GetFileNameWithoutExtension(f) }),
        ];
        ManifestFile[] kept = [.. manifest.Files.Where(f => written.All(w => w.Name != f.Name))];
        foreach (var file in kept) folder.Keep(file.Name);
        manifest = manifest with { Vision = manifest.Vision! with { Files = [.. kept, .. written] } };
        folder.Write(TipsManifest.FileName, stream => stream.Write(ManifestSerializer.Serialize(manifest)));
        folder.Commit();
    }

    private static ManifestFile Describe(string path)
    {
        using var stream = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite);
        using var copy = new MemoryStream();
        stream.CopyTo(copy);
        return new(
            Path.GetFileName(path),
            copy.Length,
            Convert.ToHexStringLower(System.Security.Cryptography.SHA256.HashData(copy.ToArray())));
    }

    private static string Head(HeadTask task) => $"{task.Name()}={TestModels.GoldenHead(task)}";

    private static async Task<string> Succeeds(params string[] arguments)
    {
        var (code, _, error) = await Run(arguments);
        Assert.AreEqual(0, code, error);
        return error;
    }

    private static async Task<string> Fails(params string[] arguments)
    {
        var (code, _, error) = await Run(arguments);
        Assert.AreEqual(1, code, error);
        return error;
    }

    private static void AssertSameFiles(string expected, string actual, params string[] more)
    {
        string[] names = Entries(expected);
        CollectionAssert.AreEqual(names, Entries(actual).Except(more).ToArray());
        foreach (string name in names)
        {
            byte[] bytes = File.ReadAllBytes(Path.Combine(expected, name));
            Assert.IsTrue(bytes.AsSpan().SequenceEqual(File.ReadAllBytes(Path.Combine(actual, name))), name);
        }

        static string[] Entries(string folder)
            => [.. Directory.GetFileSystemEntries(folder).Select(f => Path.GetFileName(f)).Order(StringComparer.Ordinal)];
    }
}
