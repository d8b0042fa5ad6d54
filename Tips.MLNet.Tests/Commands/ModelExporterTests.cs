using System.IO.Compression;
using System.Security.Cryptography;
using Tips.MLNet.Models;
using Tips.MLNet.Tests.Formula;
using Tips.MLNet.Tests.Support;
using Tips.OnnxExport.Checkpoints;
using Tips.OnnxExport.Export;
using Tips.OnnxExport.Files;

namespace Tips.MLNet.Tests.Commands;

[TestClass]
public sealed class ModelExporterTests : IDisposable
{
    private static readonly TowerSize Mini = new("mini", 128, 3, 512);

    private readonly TemporaryFolder _folder = new();

    private static string Checkpoint => GoldenFiles.PathOf("mini", "vision_mlp.npz");

    private string Output => _folder["model"];

    public void Dispose() => _folder.Dispose();

    [TestMethod]
    public void The_manifest_describes_the_model_and_pins_every_file()
    {
        var manifest = ModelExporter.Export(new ExportRequest(Checkpoint, Output) { License = "CC0" });
        Assert.AreEqual("vision_mlp", manifest.Name);
        Assert.AreEqual("D128x3/14", manifest.Variant);
        Assert.AreEqual("fp32", manifest.Precision);
        Assert.AreEqual("CC0", manifest.License);
        Assert.AreEqual((56, 56), (manifest.Vision!.ImageHeight, manifest.Vision.ImageWidth));
        CollectionAssert.AreEqual(new[] { "cls_1", "cls_2", "patches" }, manifest.Vision.TokenOrder.ToArray());
        Assert.AreEqual(PreprocessingManifest.Reference, manifest.Vision.Preprocessing);
        var source = manifest.Sources.Single();
        Assert.AreEqual(("vision_mlp.npz", new FileInfo(Checkpoint).Length, Sha256(Checkpoint)), (source.Name, source.Size, source.Sha256));

        string[] onDisk = [.. Directory.GetFiles(Output).Select(
            f => Path.GetFileName(f)!).Where(f => f != TipsManifest.FileName).Order(StringComparer.Ordinal)];
        CollectionAssert.AreEqual(onDisk, manifest.Files.Select(f => f.Name).Order(StringComparer.Ordinal).ToArray());
        foreach (var file in manifest.Files)
        {
            Assert.AreEqual(
                (file.Size, file.Sha256), (new FileInfo(Path.Combine(Output, file.Name)).Length, Sha256(Path.Combine(Output, file.Name))));
        }

        using var model = TipsModel.Load(Output);
        Assert.HasCount(manifest.Files.Count(), model.Manifest.Files);
    }

    [TestMethod]
    public void The_same_checkpoint_gives_the_same_bytes()
    {
        ModelExporter.Export(new ExportRequest(Checkpoint, Output));
        ModelExporter.Export(new ExportRequest(Checkpoint, _folder["again"]));
        foreach (string file in Directory.GetFiles(Output))
            Assert.AreEqual(Sha256(file), Sha256(Path.Combine(_folder["again"], Path.GetFileName(file))), file);
    }

    [TestMethod]
    [DataRow("tips_oss_s14_highres_distilled_vision.npz", 448, "CC-BY-4.0, Google DeepMind (TIPS)")]
    [DataRow("tips_oss_g14_lowres_vision.npz", 224, "CC-BY-4.0, Google DeepMind (TIPS)")]
    [DataRow("tips_v2_b14_vision.npz", 448, "CC-BY-4.0, Google DeepMind (TIPS)")]
    [DataRow("mine.npz", 56, "unknown: not a released TIPS checkpoint by its name; set it with --license")]
    public void Released_files_are_known_by_name(string name, int side, string license)
    {
        File.Copy(Checkpoint, _folder[name]);
        var manifest = ModelExporter.Export(new ExportRequest(_folder[name], Output));
        Assert.AreEqual((side, side), (manifest.Vision!.ImageHeight, manifest.Vision.ImageWidth));
        Assert.AreEqual(license, manifest.License);
        CollectionAssert.AreEqual(new[] { 4, 4 }, manifest.Vision.CheckpointGrid.ToArray());
    }

    [TestMethod]
    public void A_half_precision_checkpoint_gives_float32_weights()
    {
        string half = _folder["half.npz"];
        using (var npz = NpzWriter.Create(half, CompressionLevel.Fastest))
        {
            foreach (var (key, shape) in FormulaCheckpoint.VisionShapes(Mini, 4))
            {
                float[] values = new float[shape.Aggregate(1, (a, b) => a * b)];
                FormulaValues.Fill(key, shape, 3, values);
                npz.Add(key, "<f2", shape, System.Runtime.InteropServices.MemoryMarshal.AsBytes<Half>(
                    Array.ConvertAll(values, v => (Half)v)));
            }
        }

        ModelExporter.Export(new ExportRequest(half, Output));
        var golden = GoldenFiles.ReadArrays(GoldenFiles.PathOf("mini", "vision_mlp.golden.npz"));
        using var model = TipsModel.Load(Output);
        float[] tokens = new float[256];
        model.RunPixels(TestPictures.FormulaInput(56, 56, 3), 1, tokens);
        float difference = Close.MaximumDifference(golden["56x56.cls1"], tokens.AsSpan(0, 128));
        Assert.IsTrue(
            difference is > 1e-5f and < 2e-2f, $"{difference}: rounding of the weights to half precision should show, and no more");
    }

    [TestMethod]
    [DataRow(57, 56)]
    [DataRow(56, 13)]
    [DataRow(0, 56)]
    public void A_size_that_does_not_fit_is_refused(int height, int width)
    {
        var request = new ExportRequest(Checkpoint, Output) { ImageSize = (height, width) };
        Assert.AreEqual(
            $"Image size {height}x{width} does not fit: height and width must be positive multiples of the patch size 14.",
            Assert.ThrowsExactly<ArgumentException>(() => ModelExporter.Export(request)).Message);
        AssertNothingLeft();
    }

    [TestMethod]
    [DataRow(140_000, 140_000)]
    [DataRow(14, 2_147_483_646)]
    public void A_size_beyond_what_a_tensor_holds_is_refused(int height, int width)
    {
        var request = new ExportRequest(Checkpoint, Output) { ImageSize = (height, width) };
        Assert.Contains(
            $"Image size {height}x{width} is too large: it needs tensors of",
            Assert.ThrowsExactly<ArgumentException>(() => ModelExporter.Export(request)).Message);
        AssertNothingLeft();
    }

    [TestMethod]
    public void A_file_that_is_no_image_encoder_is_refused()
    {
        using (var npz = NpzWriter.Create(_folder["other.npz"])) npz.Add("conv1", [1], [1f]);
        string message = Assert.ThrowsExactly<CheckpointException>(
            () => ModelExporter.Export(new ExportRequest(_folder["other.npz"], Output))).Message;
        Assert.Contains(
            "is not a TIPS image encoder: it has neither a key 'patch_embed.proj.weight' (PyTorch layout) nor one that ends in "
            + "'ToTokenSequence_0/embedding/kernel' (Scenic layout). Its first keys are 'conv1'.",
            message);
        AssertNothingLeft("other.npz");
    }

    [TestMethod]
    public void Damage_found_halfway_leaves_nothing()
    {
        string damaged = _folder["damaged.npz"];
        byte[] bytes = File.ReadAllBytes(Checkpoint);
        bytes[bytes.Length * 3 / 4] ^= 1;
        File.WriteAllBytes(damaged, bytes);
        Assert.Contains(
            "its CRC-32 is",
            Assert.ThrowsExactly<CheckpointException>(() => ModelExporter.Export(new ExportRequest(damaged, Output))).Message);
        AssertNothingLeft("damaged.npz");
    }

    [TestMethod]
    public void Cancelling_at_any_step_leaves_nothing()
    {
        for (int reports = 1; reports < 60; reports += 6)
        {
            using var source = new CancellationTokenSource();
            int left = reports;
            var progress = new ImmediateProgress(_ =>
            {
                if (--left == 0) source.Cancel();
            });
            Assert.ThrowsExactly<OperationCanceledException>(
                () => ModelExporter.Export(new ExportRequest(Checkpoint, Output), progress, cancellationToken: source.Token));
            AssertNothingLeft();
        }
    }

    [TestMethod]
    public void Too_little_space_is_known_before_anything_is_written()
    {
        var steps = new List<WorkProgress>();
        string message = Assert.ThrowsExactly<IOException>(
            ()
                => ModelExporter.Export(
                    new ExportRequest(Checkpoint, Output), new ImmediateProgress(steps.Add), freeBytes: _ => 2_000_000)).Message;
        Assert.MatchesRegex(
            $@"^The disk at '{System.Text.RegularExpressions.Regex.Escape(Output)}' has 2,000,000 bytes free; "
            + @"the model needs \d,\d\d\d,\d\d\d\.$",
            message);
        Assert.IsEmpty(steps);
        AssertNothingLeft();

        long length = ModelExporter.Export(new ExportRequest(Checkpoint, Output)).Files.First().Size;
        ModelExporter.Export(new ExportRequest(Checkpoint, _folder["enough"]), freeBytes: _ => length);
        Assert.ThrowsExactly<IOException>(
            () => ModelExporter.Export(new ExportRequest(Checkpoint, _folder["short"]), freeBytes: _ => length - 1));
    }

    [TestMethod]
    public void Numbers_that_overflow_on_the_way_are_no_model()
    {
        using (var npz = NpzWriter.Create(_folder["huge.npz"]))
        {
            foreach (var (key, shape) in FormulaCheckpoint.VisionShapes(Mini, 4))
            {
                float[] values = new float[shape.Aggregate(1, (a, b) => a * b)];
                if (key is "blocks.1.attn.proj.weight" or "blocks.1.ls1.gamma") Array.Fill(values, 1e30f);
                npz.Add(key, shape, values);
            }
        }

        string message = Assert.ThrowsExactly<CheckpointException>(
            () => ModelExporter.Export(new ExportRequest(_folder["huge.npz"], Output))).Message;
        Assert.Contains(
            $"Checkpoint '{_folder["huge.npz"]}' cannot be exported: weight 'vision.blocks.1.attention.output.weight' would get Infinity "
            + "as value 0,",
            message);
        AssertNothingLeft("huge.npz");
    }

    [TestMethod]
    public void Progress_covers_every_byte()
    {
        var steps = new List<WorkProgress>();
        var manifest = ModelExporter.Export(new ExportRequest(Checkpoint, Output), new ImmediateProgress(steps.Add));
        foreach (var step in steps.GroupBy(s => s.Step))
        {
            Assert.IsTrue(step.Zip(step.Skip(1)).All(p => p.First.Done <= p.Second.Done), step.Key);
            Assert.IsTrue(step.All(s => s.Done <= s.Total));
        }

        Assert.IsGreaterThan(0.99, (double)steps[^1].Done / manifest.Files.Single(f => f.Name == manifest.Vision!.Weights).Size);
    }

    [TestMethod]
    public void A_folder_with_something_in_it_is_not_touched()
    {
        Directory.CreateDirectory(Output);
        File.WriteAllText(Path.Combine(Output, "mine.txt"), "mine");
        Assert.Contains(
            "is not empty. Give another folder, or --overwrite",
            Assert.ThrowsExactly<IOException>(() => ModelExporter.Export(new ExportRequest(Checkpoint, Output))).Message);
        Assert.Contains(
            "is not a model folder (it has no manifest.json), so --overwrite will not replace it",
            Assert.ThrowsExactly<IOException>(
                () => ModelExporter.Export(new ExportRequest(Checkpoint, Output) { Overwrite = true })).Message);
        CollectionAssert.AreEqual(new[] { Path.Combine(Output, "mine.txt") }, Directory.GetFiles(Output));
        File.WriteAllText(_folder["file"], "");
        Assert.Contains(
            "is a file, expected a folder",
            Assert.ThrowsExactly<IOException>(() => ModelExporter.Export(new ExportRequest(Checkpoint, _folder["file"]))).Message);
    }

    [TestMethod]
    public void Overwriting_replaces_the_whole_folder()
    {
        ModelExporter.Export(new ExportRequest(Checkpoint, Output));
        ModelExporter.Export(new ExportRequest(Checkpoint, Output + Path.DirectorySeparatorChar) { Overwrite = true, Name = "second" });
        using var model = TipsModel.Load(Output);
        Assert.AreEqual("second", model.Manifest.Name);
        Assert.HasCount(5, Directory.GetFiles(Output));
        CollectionAssert.AreEqual(new[] { Output }, Directory.GetFileSystemEntries(_folder.Path));
    }

    [TestMethod]
    public void Overwriting_never_takes_what_is_not_a_models()
    {
        var request = new ExportRequest(Checkpoint, Output) { Overwrite = true };
        ModelExporter.Export(request);
        File.WriteAllText(Path.Combine(Output, "mine.txt"), "mine");
        Assert.Contains(
            "holds 'mine.txt', which is not part of a model, so --overwrite will not replace it",
            Assert.ThrowsExactly<IOException>(() => ModelExporter.Export(request)).Message);
        File.WriteAllText(Path.Combine(Output, TipsManifest.FileName), "{\"manifest_version\": 3}");
        Assert.Contains(
            "So --overwrite will not replace its folder.", Assert.ThrowsExactly<IOException>(() => ModelExporter.Export(request)).Message);
        Assert.AreEqual("mine", File.ReadAllText(Path.Combine(Output, "mine.txt")));
    }

    [TestMethod]
    public void A_folder_of_format_1_is_replaced_with_what_its_manifest_lists()
    {
        WriteFormat1("weights.safetensors");
        string manifest = Path.Combine(Output, TipsManifest.FileName);
        string refused = Assert.ThrowsExactly<InvalidDataException>(() => TipsModel.Load(Output)).Message;
        Assert.StartsWith(
            $"Manifest '{manifest}' has format version 1; this version of Tips.MLNet reads 2. Make the folder again: "
            + "'tips-onnx-export export ",
            refused);

        var request = new ExportRequest(Checkpoint, Output) { Overwrite = true };
        File.WriteAllText(Path.Combine(Output, "mine.txt"), "mine");
        Assert.Contains("holds 'mine.txt'", Assert.ThrowsExactly<IOException>(() => ModelExporter.Export(request)).Message);
        File.Delete(Path.Combine(Output, "mine.txt"));
        ModelExporter.Export(request);
        TipsModel.Load(Output).Dispose();
        Assert.IsFalse(File.Exists(Path.Combine(Output, "weights.safetensors")));
    }

    [TestMethod]
    public void A_manifest_of_format_1_reaches_nothing_outside_its_folder()
    {
        File.WriteAllText(_folder["outside.txt"], "mine");
        WriteFormat1("../outside.txt");
        File.Delete(Path.Combine(Output, "weights.safetensors"));
        ModelExporter.Export(new ExportRequest(Checkpoint, Output) { Overwrite = true });
        Assert.AreEqual("mine", File.ReadAllText(_folder["outside.txt"]));
    }

    [TestMethod]
    [DataRow("{\"formatVersion\": 1}")]
    [DataRow("{\"formatVersion\": 1, \"files\": [7]}")]
    [DataRow("{\"formatVersion\": 1, \"files\": [{}]}")]
    public void A_damaged_manifest_of_format_1_is_not_replaced(string manifest)
    {
        Directory.CreateDirectory(Output);
        File.WriteAllText(Path.Combine(Output, TipsManifest.FileName), manifest);
        Assert.Contains(
            "So --overwrite will not replace its folder.",
            Assert.ThrowsExactly<IOException>(
                () => ModelExporter.Export(new ExportRequest(Checkpoint, Output) { Overwrite = true })).Message);
    }

    [TestMethod]
    public void An_empty_folder_may_be_filled()
    {
        Directory.CreateDirectory(Output);
        ModelExporter.Export(new ExportRequest(Checkpoint, Output));
        TipsModel.Load(Output).Dispose();
    }

    // As an earlier version of the tool wrote it: one list of files for the whole folder.
    private void WriteFormat1(string listed)
    {
        Directory.CreateDirectory(Output);
        File.WriteAllText(Path.Combine(Output, "weights.safetensors"), "");
        File.WriteAllText(
            Path.Combine(Output, TipsManifest.FileName), $$"""{"formatVersion": 1, "files": [{"name": "{{listed}}", "size": 0}]}""");
    }

    private void AssertNothingLeft(params string[] allowed)
        => CollectionAssert.AreEqual(allowed.Select(a => _folder[a]).ToArray(), Directory.GetFileSystemEntries(_folder.Path));

    private static string Sha256(string file) => Convert.ToHexStringLower(SHA256.HashData(File.ReadAllBytes(file)));

    private sealed class ImmediateProgress(Action<WorkProgress> report) : IProgress<WorkProgress>
    {
        public void Report(WorkProgress value) => report(value);
    }
}
