using System.Globalization;
using Tips.MLNet.Tests.Formula;
using Tips.MLNet.Tests.Support;
using Tips.OnnxExport.Export;

namespace Tips.MLNet.Tests.Graphs;

/// <summary>The same weights in the PyTorch and in the Scenic layout: what is left between them is their arithmetic.</summary>
[TestClass]
public sealed class LayoutTwinsTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public TestContext TestContext { get; set; } = null!;

    public void Dispose() => _folder.Dispose();

    /// <summary>SwiGLU has no GELU, so nothing is left but rounding.</summary>
    [TestMethod]
    public void SwiGLU_twins_agree() => Assert.IsLessThan(5e-6f, Difference(TowerSize.MiniSwiGlu));

    /// <summary>The tanh form of GELU differs by up to 5e-4 a value.</summary>
    [TestMethod]
    public void MLP_twins_agree_as_the_GELU_allows()
    {
        float difference = Difference(TowerSize.Mini);
        Assert.IsLessThan(2e-3f, difference);
        Assert.IsGreaterThan(5e-5f, difference, "the two forms are told apart");
    }

    [TestMethod]
    public void S_twins_agree_as_the_GELU_allows()
    {
        float difference = Difference(TowerSize.Small);
        Assert.IsLessThan(4e-3f, difference);
        Assert.IsGreaterThan(5e-5f, difference);
    }

    /// <summary>The epsilons of the layer norms differ: 1e-5 and 1e-6.</summary>
    [TestMethod]
    public void Text_twins_agree_as_the_epsilon_allows()
    {
        FormulaCheckpoint.WriteText(_folder["p-text.npz"], TextTowerSize.Mini, seed: 4);
        ScenicCheckpoint.WriteText(_folder["s-text.npz"], TextTowerSize.Mini, seed: 4, temperature: 0.5f);
        FormulaCheckpoint.WriteVisionTwin(_folder["v.npz"], TowerSize.Mini, grid: 4, seed: 4);
        float[][] embeddings = [.. ((string[])["p", "s"]).Select(layout =>
        {
            ModelExporter.Export(
                new ExportRequest(
                    _folder["v.npz"], _folder[layout]) { Text = new TextSource(
                        _folder[layout + "-text.npz"], TestModels.SmallTokenizer()) });
            using var model = TipsModel.Load(_folder[layout]);
            Assert.AreEqual(layout == "s" ? 0.5f : null, model.Temperature);
            float[] result = new float[128];
            model.RunTokens(new long[] { 5, 6, 7 }, 1, 3, result);
            return result;
        })];
        Assert.IsLessThan(1e-4f, Close.MaximumDifference(embeddings[0], embeddings[1]));
        CollectionAssert.AreNotEqual(embeddings[0], embeddings[1]);
    }

    private float Difference(TowerSize size)
    {
        FormulaCheckpoint.WriteVisionTwin(_folder["p.npz"], size, grid: 4, seed: 4);
        ScenicCheckpoint.WriteVision(_folder["s.npz"], size, grid: 4, seed: 4);
        float[] pyTorch = Embed("p"), scenic = Embed("s");
        float difference = Close.MaximumDifference(pyTorch, scenic);
        TestContext.WriteLine(string.Create(CultureInfo.InvariantCulture, $"largest difference {difference:E1}"));
        return difference;
    }

    private float[] Embed(string layout)
    {
        var manifest = ModelExporter.Export(new ExportRequest(_folder[layout + ".npz"], _folder[layout]) { ImageSize = (56, 56) });
        using var model = TipsModel.Load(_folder[layout]);
        float[] tokens = new float[2 * manifest.EmbeddingDimension], patches = new float[model.PatchCount * manifest.EmbeddingDimension];
        model.RunPixels(TestPictures.FormulaInput(56, 56, seed: 4), 1, tokens, patches);
        return [.. tokens, .. patches];
    }
}
