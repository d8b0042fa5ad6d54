using Tips.MLNet.Tests.Formula;
using Tips.MLNet.Tests.Support;
using Tips.OnnxExport.Checkpoints;
using Tips.OnnxExport.Export;
using Tips.OnnxExport.Files;
using Tips.OnnxExport.Graphs;
using Tips.OnnxExport.Verification;
using static Tips.MLNet.Tests.Support.ToolRun;

namespace Tips.MLNet.Tests.Commands;

[TestClass]
public sealed class VerifyCommandTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [TestMethod]
    public async Task A_model_is_compared_with_itself()
    {
        var (code, output, error) = await Run("verify", TestModels.MiniTextFolder());
        Assert.AreEqual(0, code, error);
        Assert.Contains(
            "mini-text (D128x3/14, fp32, 56x56) against itself: 16 pictures, 20 texts. Every file is the one its manifest lists.", output);
        foreach (string row in (string[])["embedding graph, dense graph", "picture alone, in a batch", "text alone, in a batch"])
            Assert.MatchesRegex(row + @" +1\.000000 +1\.000000 +1\.0000", output);
        Assert.MatchesRegex(@"Time of a picture \(median\): \d+\.\d ms\.", output);
    }

    [TestMethod]
    public async Task Two_models_are_compared_on_ones_own_pictures_and_texts()
    {
        File.WriteAllLines(_folder["texts.txt"], ["a red apple", "", "an airplane"]);
        string pictures = Path.Combine(TestModels.PictureFolder, "seen");
        var (code, output, error) = await Run(
            "verify",
            TestModels.TinyFolderIn(WeightPrecision.Float16),
            "--against",
            TestModels.TinyFolder,
            "--images",
            pictures,
            "--texts",
            _folder["texts.txt"]);
        Assert.AreEqual(0, code, error);
        Assert.Contains("294 pictures, 2 texts.", output);
        Assert.MatchesRegex(@"first CLS token +(0\.99999\d|1\.000000) +\d\.\d{6} +1\.0000 +29[34] of 294", output);
        foreach (string row in (string[])["second CLS token", "patch tokens", "texts"])
            Assert.MatchesRegex(row + @" +(0\.9999\d\d|1\.000000)", output);
        Assert.Contains("Top-1 is the nearest of 2 texts.", output);
        Assert.MatchesRegex(@"Time of a picture \(median, in turns\): [\d.]+ ms against [\d.]+ ms, ratio \d+\.\d\d\.", output);
    }

    [TestMethod]
    public async Task Models_without_texts_are_compared_by_pictures()
    {
        var (code, output, error) = await Run(
            "verify", TestModels.MiniFolder("mlp", precision: WeightPrecision.Int8), "--against", TestModels.MiniFolder());
        Assert.AreEqual(0, code, error);
        Assert.Contains("16 pictures. Every file", output);
        Assert.DoesNotContain("texts", output);
        Assert.Contains("Top-1 is the nearest other picture.", output);
    }

    [TestMethod]
    public async Task A_text_encoder_alone_is_compared_by_texts()
    {
        foreach (string[] against in (string[][])[[], ["--against", TestModels.MiniTextFolder()]])
        {
            var (code, output, error) = await Run(["verify", TestModels.TextOnlyFolder(), .. against]);
            Assert.AreEqual(0, code, error);
            Assert.MatchesRegex("20 texts", output);
            Assert.DoesNotContain("CLS token", output);
        }
    }

    [TestMethod]
    public async Task Models_that_differ_are_code_1()
    {
        var (code, output, error) = await Run("verify", TestModels.ScenicFolder("mlp", 56, 56), "--against", TestModels.MiniFolder());
        Assert.AreEqual(1, code);
        Assert.Contains("first CLS token", output, "the figures are shown all the same");
        Assert.MatchesRegex(
            @"error: Model folder '.*' differs: the mean cosine of 'first CLS token' is -?0\.\d{6}, expected at least 0\.99; "
            + "the mean cosine of 'second CLS token' is",
            error);
        Assert.AreEqual(
            0, (await Run("verify", TestModels.ScenicFolder("mlp", 56, 56), "--against", TestModels.MiniFolder(), "--minimum", "-1")).Code);
    }

    [TestMethod]
    public async Task Pictures_that_are_passed_over_are_counted()
    {
        File.Copy(Directory.GetFiles(Path.Combine(TestModels.PictureFolder, "seen"))[0], _folder["drawing.jfif"]);
        File.WriteAllBytes(_folder["scan.tif"], "II*\0"u8);
        var (code, output, error) = await Run("verify", TestModels.MiniFolder(), "--images", _folder.Path);
        Assert.AreEqual(0, code, error);
        Assert.Contains("1 pictures", output);
        Assert.Contains("Passed over in the folder of pictures: 1 TIFF.", output);
    }

    [TestMethod]
    public async Task Bad_input_is_one_line()
    {
        Assert.AreEqual($"error: There is no model folder '{_folder["none"]}'.", await Fails("verify", _folder["none"]));
        Assert.Contains(
            "The models cannot be compared: 'mini-mlp-56x56' gives 128 values, 'tips-tiny14' 192.",
            await Fails("verify", TestModels.MiniFolder(), "--against", TestModels.TinyFolder));
        Assert.Contains(
            $"There is no folder '{_folder["none"]}'.", await Fails("verify", TestModels.MiniFolder(), "--images", _folder["none"]));
        Assert.Contains(
            "has no pictures that can be read.",
            await Fails("verify", TestModels.MiniFolder(), "--images", _folder.Path));
        File.WriteAllText(_folder["bad.png"], "no picture");
        Assert.Contains(
            $"Picture '{_folder["bad.png"]}' cannot be read: it is text, not a picture.",
            await Fails("verify", TestModels.MiniFolder(), "--images", _folder.Path));
        File.WriteAllText(_folder["texts.txt"], "\n\n");
        Assert.Contains("has no texts.", await Fails("verify", TestModels.MiniFolder(), "--texts", _folder["texts.txt"]));

        TestModels.Copy(TestModels.MiniFolder(), _folder["damaged"]);
        string weights = Directory.GetFiles(_folder["damaged"], "vision.*.safetensors").Single();
        byte[] bytes = File.ReadAllBytes(weights);
        bytes[^1] ^= 1;
        File.WriteAllBytes(weights, bytes);
        Assert.Contains("is damaged or was changed: its SHA-256 is", await Fails("verify", _folder["damaged"]));

        async Task<string> Fails(params string[] arguments)
        {
            var (code, output, error) = await Run(arguments);
            Assert.AreEqual((1, ""), (code, output));
            return error.Trim().Split('\n')[^1];
        }
    }

    [TestMethod]
    public async Task What_cannot_be_compared_is_said()
    {
        string large = TestModels.MiniFolder("mlp", 84, 84), texts = TestModels.MiniTextFolder();
        var (code, output, error) = await Run("verify", texts, "--against", large, "--minimum", "0");
        Assert.AreEqual(0, code, error);
        Assert.Contains(
            "Not compared: patch tokens (pictures of 56x56 against 84x84), texts ('mini-mlp-84x84' has no text encoder).", output);
        Assert.DoesNotContain("patch tokens  ", output);
        File.WriteAllText(_folder["texts.txt"], "a cat");
        (code, _, error) = await Run("verify", texts, "--against", large, "--texts", _folder["texts.txt"]);
        Assert.AreEqual(1, code);
        Assert.Contains($"Model folder '{large}' has no text encoder with a tokenizer for the texts of '{_folder["texts.txt"]}'.", error);
        (_, output, _) = await Run("verify", TestModels.MiniFolder(precision: WeightPrecision.Float16));
        Assert.Contains("On a CPU float16 layers are computed in float32", output);
    }

    [TestMethod]
    public async Task One_picture_is_enough_and_has_no_top_1()
    {
        Directory.CreateDirectory(_folder["one"]);
        File.Copy(GoldenFiles.PathOf("images", "cat.jpg"), _folder["one/cat.jpg"]);
        var (code, output, error) = await Run(
            "verify", TestModels.MiniFolder(), "--against", TestModels.MiniFolder(), "--images", _folder["one"]);
        Assert.AreEqual(0, code, error);
        Assert.DoesNotContain("top-1", output);
        (code, output, error) = await Run("verify", TestModels.MiniFolder(), "--images", _folder["one"]);
        Assert.AreEqual(0, code, error);
        Assert.MatchesRegex(@"picture alone, in a batch +1\.000000", output);
    }

    [TestMethod]
    [DataRow("nan")]
    [DataRow("7")]
    [DataRow("-2")]
    [DataRow("x")]
    public async Task A_minimum_is_a_cosine(string minimum)
    {
        var (code, _, error) = await Run("verify", TestModels.MiniFolder(), "--minimum", minimum);
        Assert.AreEqual(2, code);
        Assert.Contains($"--minimum '{minimum}' must be a cosine, from -1 to 1.", error);
    }

    [TestMethod]
    public void Texts_can_be_ended_in_their_middle()
    {
        using var model = TipsModel.Load(TestModels.MiniTextFolder());
        using var source = new CancellationTokenSource();
        string[] texts = [.. Enumerable.Repeat("a", 100_000)];
        var steps = new List<string>();
        var progress = new Recorder(value =>
        {
            steps.Add(value.Step);
            if (value.Step.StartsWith("Embedding texts", StringComparison.Ordinal)) source.Cancel();
        });
        Assert.ThrowsExactly<OperationCanceledException>(
            () => ModelVerifier.CheckAlone(model, VerificationPictures.Open(null), texts, progress, source.Token));
        Assert.HasCount(1, steps.Where(s => s.StartsWith("Embedding texts", StringComparison.Ordinal)));
    }

    /// <summary>A final norm of zeros, and one of twice the size: the cosines alone would not tell.</summary>
    [TestMethod]
    public async Task Zeros_and_a_wrong_scale_are_faults()
    {
        foreach (var (name, factor) in ((string, float)[])[("zero", 0f), ("double", 2f)])
        {
            using var source = NpzCheckpoint.Open(GoldenFiles.PathOf("mini", "vision_mlp.npz"));
            using (var npz = NpzWriter.Create(_folder[name + ".npz"]))
            {
                foreach (var (key, tensor) in source.Tensors)
                {
                    npz.Add(key, [.. tensor.Shape], key.StartsWith(
                        "norm.", StringComparison.Ordinal) ? Array.ConvertAll(source.Read(key), v => v * factor) : source.Read(key));
                }
            }

            ModelExporter.Export(new ExportRequest(_folder[name + ".npz"], _folder[name]));
        }

        var (code, _, error) = await Run("verify", _folder["zero"]);
        Assert.AreEqual(1, code);
        Assert.Contains($"Model folder '{_folder["zero"]}' gives zeros for picture 1.", error);
        (code, var output, error) = await Run("verify", _folder["double"], "--against", TestModels.MiniFolder());
        Assert.AreEqual(1, code, output);
        Assert.Contains("the vectors of 'first CLS token' are 2.000 times as long, expected 1", error);
    }

    [TestMethod]
    public async Task Texts_of_another_length_are_a_fault()
    {
        using (var source = NpzCheckpoint.Open(GoldenFiles.PathOf("mini", "text.npz")))
        using (var npz = NpzWriter.Create(_folder["text.npz"]))
        {
            foreach (var (key, tensor) in source.Tensors)
            {
                npz.Add(key, [.. tensor.Shape], key.StartsWith(
                    "ln_final.", StringComparison.Ordinal) ? Array.ConvertAll(source.Read(key), v => v * 3) : source.Read(key));
            }
        }

        ModelExporter.Export(
            new ExportRequest(
                GoldenFiles.PathOf("mini", "vision_mlp.npz"),
                _folder["long"])
            { ImageSize = (56, 56), Text = new TextSource(_folder["text.npz"], TestModels.SmallTokenizer()) });
        var (code, output, error) = await Run("verify", _folder["long"], "--against", TestModels.MiniTextFolder());
        Assert.AreEqual(1, code, output);
        Assert.Contains("the vectors of 'texts' are 3.000 times as long, expected 1.", error);
    }

    [TestMethod]
    public void A_single_one_that_is_far_off_is_a_fault()
    {
        var agreement = new VectorAgreement();
        for (int i = 0; i < 999; i++) agreement.Add([3f, 4f], [3f, 4f], 2);
        agreement.Add([3f, 4f], [-4f, 3f], 2);
        Assert.AreEqual(
            "the least cosine of 'texts' is 0.000000, expected at least 0.9",
            new VerificationRow("texts", agreement, EachCounts: true).Fault(0.99));
        Assert.IsNull(new VerificationRow("patch tokens", agreement, EachCounts: false).Fault(0.99));
    }

    [TestMethod]
    public void A_value_that_is_not_finite_is_no_cosine()
    {
        var agreement = new VectorAgreement();
        Assert.ThrowsExactly<InvalidDataException>(() => agreement.Add([1f, float.NaN], [1f, 0f], 2));
        agreement.Add([3f, 4f, 0f, 0f], [6f, 8f, 0f, 0f], 2);
        Assert.AreEqual((1.0, 1.0, 0.75, 2L), (agreement.MeanCosine, agreement.MinimumCosine, agreement.MeanRatio, agreement.Count));
        agreement.Add([1f, 0f], [0f, 0f], 2);
        Assert.AreEqual((0.0, double.PositiveInfinity), (agreement.MinimumCosine, agreement.MeanRatio));
    }

    [TestMethod]
    public void The_nearest_row_is_never_the_query_itself()
    {
        float[][] rows = [[1, 0], [0.9f, 0.1f], [0, 1]], turned = [[1, 0], [0, 1], [0.1f, 0.9f]];
        CollectionAssert.AreEqual(new[] { 1, 0, 1 }, rows.Select((r, i) => NearestRows.Nearest(r, rows, i)).ToArray());
        CollectionAssert.AreEqual(new[] { 0, 1, 2 }, rows.Select(r => NearestRows.Nearest(r, rows, -1)).ToArray());
        Assert.AreEqual(3, NearestRows.SameAmongThemselves(rows, rows, CancellationToken.None));
        Assert.AreEqual(1, NearestRows.SameAmongThemselves(rows, turned, CancellationToken.None)); // 1 0 1 against 2 2 1
        Assert.AreEqual(2, NearestRows.Same(rows, rows, [rows[0], rows[0], rows[2]], rows, CancellationToken.None));
    }

    private sealed class Recorder(Action<WorkProgress> record) : IProgress<WorkProgress>
    {
        public void Report(WorkProgress value) => record(value);
    }
}
