using System.Globalization;
using Tips.MLNet.Dense;
using Tips.MLNet.Tests.Formula;
using Tips.MLNet.Tests.Graphs;
using Tips.MLNet.Tests.Support;
using Tips.OnnxExport.Graphs;

namespace Tips.MLNet.Tests.Dense;

/// <summary>Depth, normals and classes of pictures against the published code and against transformers, through the library.</summary>
[TestClass]
public sealed class DensePredictionTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public TestContext TestContext { get; set; } = null!;

    public void Dispose() => _folder.Dispose();

    [TestMethod]
    [DataRow("56x56", null)]
    [DataRow("84x56", null)]
    [DataRow("42x112", null)]
    [DataRow("112x140", null)]
    [DataRow("84x56", "100x75")]
    [DataRow("84x56", "40x40")]
    public void Maps_are_the_published_codes(string size, string? target)
    {
        using var model = TipsModel.Load(TestModels.HeadsFolder(), TestExecution.Options);
        CollectionAssert.AreEqual(new[] { DenseTask.Depth, DenseTask.Normals, DenseTask.Segmentation }, model.DenseTasks.ToArray());
        var (height, width) = GoldenHeads.Parse(size);
        var (newHeight, newWidth) = target is null ? (height, width) : GoldenHeads.Parse(target);
        using var picture = TestPictures.Formula(height, width, 3);
        var options = new DensePredictionOptions { Input = PatchInput.AsIs(), OutputSize = target is null ? null : (newHeight, newWidth) };
        var prediction = DensePrediction.Compute(model, picture, options, TestContext.CancellationToken);
        string name = size + (target is null ? "" : ".to" + target);

        Assert.AreEqual((newHeight, newWidth), (prediction.Depth!.Height, prediction.Depth.Width));
        Check("depth", GoldenHeads.DepthTolerance, Map(1, newHeight, newWidth, prediction.Depth.Meters));
        Check("normals", GoldenHeads.NormalsTolerance, Map(3, newHeight, newWidth, prediction.Normals!.Directions));
        var classes = prediction.Segmentation!;
        byte[] expected = [.. GoldenFiles.ReadIntegers(GoldenFiles.PathOf("dense", "heads.golden.npz"), $"{name}.segmentation.argmax")
            .Select(c => (byte)c)];
        int different = expected.Where((c, i) => c != classes.Classes[i]).Count();
        TestContext.WriteLine($"{different} of {expected.Length} classes differ");
        Assert.IsLessThanOrEqualTo(2, different);
        Assert.AreEqual("class 11", classes.Labels[^1]);

        void Check(string what, float tolerance, HeadMap map)
        {
            float difference = GoldenHeads.Difference($"{name}.{what}", map);
            TestContext.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{name} {what}: {difference:E1}"));
            Assert.IsLessThanOrEqualTo(tolerance, difference, what);
        }
    }

    /// <summary>Transformers' post-processing: normals are not made of unit length again.</summary>
    [TestMethod]
    [DataRow("56x56")]
    [DataRow("84x56")]
    [DataRow("70x42")]
    public async Task Maps_are_those_of_transformers(string size)
    {
        string repository = GoldenFiles.PathOf("hugging-face", "tipsv2-dpt-mini");
        var (code, _, error) = await ToolRun.Run("export", "--hugging-face", repository, "--output", _folder["model"]);
        Assert.AreEqual(0, code, error);
        string path = Path.Combine(repository, "golden.npz");
        var golden = GoldenFiles.ReadArrays(path);
        var (height, width) = GoldenHeads.Parse(size);
        using var model = TipsModel.Load(_folder["model"], TestExecution.Options);
        using var picture = TestPictures.Formula(height, width, 3);
        var prediction = DensePrediction.Compute(model, picture, new DensePredictionOptions
        {
            Input = PatchInput.AsIs(),
            OutputSize = (61, 47),
            NormalsStyle = NormalsStyle.HuggingFace,
        });
        Close.AreClose(golden[$"{size}.post61x47.depth"], prediction.Depth!.Meters, 1e-4f, "depth");
        float[] normals = Map(3, 61, 47, prediction.Normals!.Directions).ToFloats();
        Close.AreClose(golden[$"{size}.post61x47.normals"], normals, 5e-5f, "normals");
        long[] classes = GoldenFiles.ReadIntegers(path, $"{size}.post61x47.classes");
        Assert.IsLessThanOrEqualTo(2, classes.Where((c, i) => c != prediction.Segmentation!.Classes[i]).Count());
    }

    /// <summary>The pixels are at the picture's own size, whatever the model's is.</summary>
    [TestMethod]
    public void Maps_have_the_pictures_size()
    {
        using var model = TipsModel.Load(TestModels.HeadsFolder());
        using var picture = TestPictures.Random("own size", 71, 33);
        var prediction = DensePrediction.Compute(model, picture, new DensePredictionOptions { Tasks = [DenseTask.Normals] });
        Assert.IsNull(prediction.Depth);
        Assert.IsNull(prediction.Segmentation);
        Assert.AreEqual((71, 33), (prediction.Normals!.Height, prediction.Normals.Width));
        for (int i = 0; i < 71 * 33; i++)
        {
            var direction = prediction.Normals[i / 33, i % 33];
            Assert.AreEqual(1, Math.Sqrt(direction[0] * direction[0] + direction[1] * direction[1] + direction[2] * direction[2]), 1e-5);
        }
    }

    /// <summary>The backbone in fewer bits: what it costs the maps.</summary>
    [TestMethod]
    [DataRow("fp16", 2e-3, 5e-3)]
    [DataRow("int8", 3e-2, 6e-2)]
    public void A_backbone_of_lower_precision_agrees(string precision, double depth, double normals)
    {
        using var model = TipsModel.Load(TestModels.HeadsFolder(), TestExecution.Options);
        var weights = Enum.GetValues<WeightPrecision>().Single(p => p.Name() == precision);
        using var lower = TipsModel.Load(TestModels.HeadsFolder(weights), TestExecution.Options);
        using var picture = TestPictures.Formula(112, 140, 3);
        var options = new DensePredictionOptions { Input = PatchInput.AsIs() };
        var (first, second) = (DensePrediction.Compute(model, picture, options), DensePrediction.Compute(lower, picture, options));
        float depthDifference = Close.MaximumDifference(first.Depth!.Meters, second.Depth!.Meters);
        float normalsDifference = Close.MaximumDifference(first.Normals!.Directions, second.Normals!.Directions);
        int same = 0;
        for (int i = 0; i < first.Segmentation!.Classes.Length; i++)
            if (first.Segmentation.Classes[i] == second.Segmentation!.Classes[i]) same++;
        double share = (double)same / first.Segmentation.Classes.Length;
        TestContext.WriteLine(string.Create(
            CultureInfo.InvariantCulture, $"depth {depthDifference:E1} m, normals {normalsDifference:E1}, same class {share:P2}"));
        Assert.IsLessThanOrEqualTo(depth, depthDifference);
        Assert.IsLessThanOrEqualTo(normals, normalsDifference);
        Assert.IsGreaterThan(0.97, share);
    }

    [TestMethod]
    public void Enlarging_can_be_canceled()
    {
        using var model = TipsModel.Load(TestModels.HeadsFolder());
        using var picture = TestPictures.Random("canceled", 60, 75);
        var canceled = new CancellationToken(canceled: true);
        var map = new float[3 * 4 * 4];
        Assert.Throws<OperationCanceledException>(() => DensePrediction.Compute(model, picture, cancellationToken: canceled));
        Assert.Throws<OperationCanceledException>(() => HeadMaps.Depth(map.AsSpan(0, 16), (4, 4), (9, 9), canceled));
        Assert.Throws<OperationCanceledException>(() => HeadMaps.Normals(map, (4, 4), (9, 9), NormalsStyle.Notebook, canceled));
        Assert.Throws<OperationCanceledException>(() => HeadMaps.Classes(map, (4, 4), (9, 9), ["a", "b", "c"], canceled));
    }

    /// <summary>A class is one byte.</summary>
    [TestMethod]
    public async Task A_head_of_too_many_classes_is_refused()
    {
        HeadCheckpoint.WriteReleased(_folder["head.npz"], 128, 300);
        TestModels.Copy(TestModels.HeadsFolder(), _folder["model"]);
        string[] command = ["head", _folder["model"], $"segmentation={_folder["head.npz"]}", "--overwrite"];
        var (code, _, error) = await ToolRun.Run(command);
        Assert.AreEqual(1, code);
        Assert.Contains("has a head for segmentation with 300 classes, expected at most 256.", error);
    }

    [TestMethod]
    public void What_does_not_fit_is_refused()
    {
        using var model = TipsModel.Load(TestModels.HeadsFolder());
        using var without = TipsModel.Load(TestModels.MiniFolder());
        using var picture = TestPictures.Random("refused", 60, 75);
        Refused<InvalidOperationException>("Model 'mini-mlp-56x56' has no head for depth. Add one with", without, new());
        Refused<InvalidOperationException>("has no head for normals", without, new() { Tasks = [DenseTask.Normals] });
        foreach (var input in (PatchInput[])[PatchInput.Windows(28), PatchInput.AsIs(pad: true)])
            Refused<ArgumentException>("Heads take a whole picture without padding", model, new() { Input = input });
        Refused<ArgumentException>("There is no task.", model, new() { Tasks = [] });
        Refused<ArgumentException>("OutputSize", model, new() { OutputSize = (0, 5) });
        Refused<ArgumentException>("do not fit into one array", model, new() { OutputSize = (100_000, 100_000) });
        Refused<ArgumentException>("Unknown task", model, new() { Tasks = [(DenseTask)7] });
        Assert.IsEmpty(without.DenseTasks);

        void Refused<T>(string message, TipsModel used, DensePredictionOptions options)
            where T : Exception
            => Assert.Contains(message, Assert.Throws<T>(() => DensePrediction.Compute(used, picture, options)).Message);
    }

    // From the values of a pixel next to each other to planes.
    private static HeadMap Map(int channels, int height, int width, ReadOnlySpan<float> values)
    {
        var map = new HeadMap(channels, height, width);
        for (int i = 0; i < values.Length; i++) map[i % channels, i / channels / width, i / channels % width] = values[i];
        return map;
    }
}
