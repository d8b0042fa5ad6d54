using System.Globalization;
using Tips.MLNet.Tests.Formula;
using Tips.MLNet.Tests.Support;

namespace Tips.MLNet.Tests.Commands;

/// <summary>Heads of the released sizes: 256 channels, 150 classes and 256 bins of depth, on encoders of four blocks.</summary>
[TestClass]
public sealed class FullSizeHeadTests : IDisposable
{
    private const long Allowed = 1_500_000_000;

    private static readonly (string Task, int Outputs)[] Heads = [("depth", 256), ("normals", 3), ("segmentation", 150)];

    private readonly TemporaryFolder _folder = new();

    public TestContext TestContext { get; set; } = null!;

    public void Dispose() => _folder.Dispose();

    [TestMethod]
    [TestCategory("Slow")]
    [DataRow("B")]
    [DataRow("L")]
    [DataRow("So400m")]
    [DataRow("g")]
    public void Heads_are_exported_in_little_memory_and_run(string variant)
    {
        var size = TowerSize.All.Single(s => s.Variant == variant) with { Layers = 4 };
        FormulaCheckpoint.WriteVision(_folder["vision.npz"], size, grid: 32, seed: 1);
        foreach (var (task, outputs) in Heads) HeadCheckpoint.WriteReleased(_folder[$"{task}.npz"], size.Width, outputs, isFull: true);
        Tool("export", "--vision", _folder["vision.npz"], "--image-size", "448", "--output", _folder["model"]);
        var (seconds, peak) = Tool(["head", _folder["model"], .. Heads.Select(h => $"{h.Task}={_folder[h.Task + ".npz"]}")]);

        using var model = TipsModel.Load(_folder["model"]);
        using var picture = TestPictures.Formula(448, 448, 3);
        var prediction = DensePrediction.Compute(model, picture, new DensePredictionOptions { OutputSize = (100, 120) });
        foreach (float meters in prediction.Depth!.Meters) Assert.IsTrue(meters is >= 0.001f and <= 10.001f, $"{meters} m");
        for (int i = 0; i < prediction.Normals!.Directions.Length; i += 3)
        {
            double length = 0;
            foreach (float value in prediction.Normals.Directions.Slice(i, 3)) length += value * value;
            Assert.AreEqual(1, length, 1e-4);
        }

        Assert.HasCount(150, prediction.Segmentation!.Labels);
        Assert.AreEqual("wall", prediction.Segmentation.Labels[0]);
        long bytes = Heads.Sum(h => new FileInfo(_folder[$"model/{h.Task}.fp32.safetensors"]).Length);
        TestContext.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"{variant}: three heads, {bytes / 1e6:F0} MB, put onto a folder in {seconds:F1} s with at most {peak / 1e6:F0} MB"));
        Assert.IsLessThan(Allowed, peak);
    }

    private static (double Seconds, long Peak) Tool(params string[] arguments) => MeasuredProcess.Run("Tips.OnnxExport.dll", arguments);
}
