using System.Globalization;
using Tips.MLNet.Tests.Formula;
using Tips.MLNet.Tests.Support;

namespace Tips.MLNet.Tests.Graphs;

/// <summary>Whole towers against the reference PyTorch implementation: checkpoint → export → ONNX Runtime → raw tokens.</summary>
[TestClass]
public class GoldenParityTests
{
    public TestContext TestContext { get; set; } = null!;

    [TestMethod]
    [DataRow("S", 448, 448, 448)]
    [DataRow("S", 224, 224, 224)]
    [DataRow("S", 224, 448, 448)]
    [DataRow("S", 448, 336, 504)]
    [DataRow("B", 448, 448, 448)]
    [DataRow("B", 224, 224, 224)]
    [DataRow("B", 224, 448, 448)]
    public void Released_sizes(string variant, int grid, int height, int width) => CheckReleasedSize(variant, grid, height, width);

    [TestMethod]
    [TestCategory("Slow")]
    [DataRow("L", 448)]
    [DataRow("L", 224)]
    [DataRow("So400m", 448)]
    [DataRow("So400m", 224)]
    [DataRow("g", 448)]
    [DataRow("g", 224)]
    public void Large_released_sizes(string variant, int grid)
    {
        CheckReleasedSize(variant, grid, grid, grid);
        TestModels.Forget(TowerSize.All.Single(s => s.Variant == variant));
    }

    [TestMethod]
    [DataRow("mlp", 56, 56)]
    [DataRow("mlp", 84, 56)]
    [DataRow("mlp", 42, 112)]
    [DataRow("mlp", 112, 112)]
    [DataRow("swiglu", 56, 56)]
    [DataRow("swiglu", 84, 56)]
    [DataRow("swiglu", 42, 112)]
    [DataRow("swiglu", 112, 112)]
    public void Mini_towers_at_every_size(string feedForward, int height, int width)
    {
        var golden = GoldenFiles.ReadArrays(GoldenFiles.PathOf("mini", $"vision_{feedForward}.golden.npz"));
        var tokens = Run(TestModels.MiniFolder(feedForward, height, width), TestPictures.FormulaInput(height, width, seed: 3));
        string size = $"{height}x{width}";
        Check(golden[$"{size}.cls1"], tokens.First, "cls1");
        Check(golden[$"{size}.cls2"], tokens.Second, "cls2");
        Check(golden[$"{size}.patches"], tokens.Patches, "patches");
    }

    /// <summary>The Scenic release's own arithmetic: tanh GELU, no layer scale, no position on a CLS token.</summary>
    [TestMethod]
    [DataRow("mlp", 56, 56)]
    [DataRow("mlp", 84, 56)]
    [DataRow("mlp", 42, 42)]
    [DataRow("mlp", 28, 70)]
    [DataRow("swiglu", 56, 56)]
    [DataRow("swiglu", 84, 56)]
    [DataRow("swiglu", 42, 42)]
    [DataRow("swiglu", 28, 70)]
    public void Mini_towers_of_the_Scenic_release(string feedForward, int height, int width)
    {
        var golden = GoldenFiles.ReadArrays(GoldenFiles.PathOf("mini", $"scenic_vision_{feedForward}.golden.npz"));
        var tokens = Run(TestModels.ScenicFolder(feedForward, height, width), TestPictures.FormulaInput(height, width, seed: 4));
        string size = $"{height}x{width}";
        Check(golden[$"{size}.cls1"], tokens.First, "cls1");
        Check(golden[$"{size}.cls2"], tokens.Second, "cls2");
        Check(golden[$"{size}.patches"], tokens.Patches, "patches");
    }

    private void CheckReleasedSize(string variant, int grid, int height, int width)
    {
        var golden = GoldenFiles.ReadArrays(GoldenFiles.PathOf("vision", $"vision_{variant}_grid{grid}_in{height}x{width}_seed1.npz"));
        string folder = TestModels.FormulaFolder(TowerSize.All.Single(s => s.Variant == variant), grid, height, width);
        var (first, second, patches) = Run(folder, TestPictures.FormulaInput(height, width, seed: 1));
        int dimension = first.Length, count = patches.Length / dimension;
        CollectionAssert.AreEqual(new[] { 1f, count, dimension }, golden["patch_shape"]);
        float[] mean = new float[dimension];
        for (int i = 0; i < dimension; i++)
        {
            double sum = 0;
            for (int patch = 0; patch < count; patch++) sum += patches[patch * dimension + i];
            mean[i] = (float)(sum / count);
        }

        Check(golden["cls1"], first, "cls1");
        Check(golden["cls2"], second, "cls2");
        Check(golden["patch_first"], patches.AsSpan(0, dimension), "patch_first");
        Check(golden["patch_last"], patches.AsSpan(patches.Length - dimension), "patch_last");
        Check(golden["patch_mean"], mean, "patch_mean");
    }

    private void Check(ReadOnlySpan<float> expected, ReadOnlySpan<float> actual, string what)
    {
        TestContext.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{what}: {Close.MaximumDifference(expected, actual):E1}"));
        Close.AreClose(expected, actual, Close.RawTokens, what);
    }

    // Both graphs run; their CLS tokens must agree, so the golden comparison of one holds for the other.
    private static (float[] First, float[] Second, float[] Patches) Run(string folder, float[] input)
    {
        using var model = TipsModel.Load(folder, TestExecution.Options);
        int dimension = model.EmbeddingDimension;
        float[] embedding = new float[2 * dimension], dense = new float[2 * dimension], patches = new float[model.PatchCount * dimension];
        model.RunPixels(input, 1, embedding);
        model.RunPixels(input, 1, dense, patches);
        Close.AreClose(dense, embedding, 1e-5f, "embedding graph against dense graph");
        return (embedding[..dimension], embedding[dimension..], patches);
    }
}
