using Microsoft.ML.Data;
using Tips.MLNet.Images;
using Tips.MLNet.Tests.Support;

namespace Tips.MLNet.Tests.Dense;

/// <summary>Principal components of patch embeddings against the published notebooks of TIPS, PyTorch's and Scenic's.</summary>
[TestClass]
public class PatchPcaTests
{
    private const float Tolerance = 5e-5f;

    [TestMethod]
    public void One_picture_gets_the_colors_of_the_PyTorch_notebook()
    {
        var golden = Golden("dense", "pca.golden.npz");
        var coffee = new PatchFeatures(8, 10, 128, golden["coffee.features"]);
        var pca = PatchPca.Fit([coffee]);
        CheckFit(golden, "coffee.", pca);
        Close.AreClose(golden["coffee.rgb"], pca.Color(coffee), Tolerance);
    }

    [TestMethod]
    public void Two_pictures_share_their_colors()
    {
        var golden = Golden("dense", "pca.golden.npz");
        PatchFeatures coffee = new(8, 10, 128, golden["coffee.features"]), palette = new(8, 10, 128, golden["palette.features"]);
        var pca = PatchPca.Fit([coffee, palette]);
        CheckFit(golden, "pair.", pca);
        Close.AreClose(golden["pair.coffee.rgb"], pca.Color(coffee), Tolerance);
        Close.AreClose(golden["pair.palette.rgb"], pca.Color(palette), Tolerance);
    }

    /// <summary>From the picture files on: decoded, resized as Pillow does, through the exported graph.</summary>
    [TestMethod]
    public void Pictures_get_the_colors_of_the_PyTorch_notebook()
    {
        var golden = Golden("dense", "pca.golden.npz");
        using var model = TipsModel.Load(TestModels.MiniFolder(), TestExecution.Options);
        PatchFeatures coffee = Embed("coffee"), palette = Embed("palette");
        Close.AreClose(golden["coffee.rgb"], PatchPca.Fit([coffee]).Color(coffee), Tolerance);
        var both = PatchPca.Fit([coffee, palette]);
        Close.AreClose(golden["pair.coffee.rgb"], both.Color(coffee), Tolerance);
        Close.AreClose(golden["pair.palette.rgb"], both.Color(palette), Tolerance);

        PatchFeatures Embed(string name)
        {
            using var picture = MLImage.CreateFromFile(GoldenFiles.PathOf("images", name + ".png"));
            byte[] resized = new byte[112 * 140 * 4];
            PillowResize.Resize(picture.Pixels, picture.Width, picture.Height, resized, 140, 112);
            using var small = MLImage.CreateFromPixels(140, 112, picture.PixelFormat, resized);
            var patches = model.EmbedPatches(small, new PatchOptions { Input = PatchInput.AsIs() });
            Close.AreClose(golden[$"{name}.features"], patches.Values, Close.RawTokens, name);
            return patches;
        }
    }

    [TestMethod]
    public void The_Scenic_style_colors_by_direction()
    {
        var golden = Golden("mini", "pca_scenic.golden.npz");
        var picture = new PatchFeatures(16, 12, 32, golden["features"]);
        var pca = PatchPca.Fit([picture]);
        Close.AreClose(golden["mean"], Floats(pca.GetMean()), Tolerance);
        for (int k = 0; k < 3; k++)
            Close.AreClose(golden["components"].AsSpan(k * 32, 32), Floats(pca.GetComponent(k)), Tolerance, $"component {k}");
        Close.AreClose(golden["explained_variance"], Floats([.. pca.Variances]), Tolerance);
        Close.AreClose(golden["projected"], Floats(pca.Project(picture)), Tolerance);
        Close.AreClose(golden["rgb"], pca.Color(picture, PcaStyle.Direction), Tolerance);
        Close.AreClose(golden["rgb_whiten_sigmoid"], pca.Color(picture, PcaStyle.Sigmoid), Tolerance);
    }

    [TestMethod]
    public void A_picture_of_one_color_has_no_components_and_is_gray()
    {
        var flat = new PatchFeatures(2, 2, 5, new float[20]);
        var pca = PatchPca.Fit([flat]);
        Assert.IsTrue(pca.Variances.All(v => v == 0));
        Assert.IsTrue(pca.Color(flat).All(c => c == 0.5f));
        Assert.IsTrue(pca.Color(flat, PcaStyle.Direction).All(c => c == 0.5f));
    }

    /// <summary>Directions without variance are rounding; their color is the middle one.</summary>
    [TestMethod]
    public void Two_patches_have_one_component()
    {
        var pair = new PatchFeatures(1, 2, 3, [0, 0, 0, 0.98581856f, 0.3148721f, 0.37926862f]);
        var pca = PatchPca.Fit([pair]);
        Assert.IsGreaterThan(0.6, pca.Variances[0]);
        Assert.AreEqual((0, 0), (pca.Variances[1], pca.Variances[2]));
        float[] colors = pca.Color(pair);
        Assert.IsTrue(colors[1] == 0.5f && colors[2] == 0.5f && colors[4] == 0.5f && colors[5] == 0.5f);
        Assert.AreEqual(1f, colors[0] + colors[3], 1e-6f);
        Assert.AreEqual(2.0, PatchPca.Fit([new PatchFeatures(1, 2, 1, [1, 3])], 1).Variances[0], 1e-12);
    }

    [TestMethod]
    public void A_model_gives_the_grid_that_its_graph_computes()
    {
        using var model = TipsModel.Load(TestModels.MiniFolder(height: 84, width: 56), TestExecution.Options);
        using var picture = TestPictures.Random("a", 84, 56);
        var features = model.EmbedPatches(picture);
        Assert.AreEqual((6, 4, 128, 24), (features.Rows, features.Columns, features.Dimension, features.Count));
        float[] pixels = new float[model.PixelValuesPerImage], patches = new float[24 * 128];
        new Tips.MLNet.Images.ImagePreprocessor(84, 56).Preprocess(picture, pixels);
        model.RunPixels(pixels, 1, new float[256], patches);
        CollectionAssert.AreEqual(patches, features.Values.ToArray());
        CollectionAssert.AreEqual(patches[(9 * 128)..(10 * 128)], features[2, 1].ToArray());
        using var textOnly = TipsModel.Load(TestModels.TextOnlyFolder());
        Assert.ThrowsExactly<InvalidOperationException>(() => textOnly.EmbedPatches(picture));
    }

    [TestMethod]
    public void Misuse_is_reported()
    {
        Assert.Contains(
            "There are 5 values, expected 2 rows of 1 patches of 3.",
            Assert.ThrowsExactly<ArgumentException>(() => new PatchFeatures(2, 1, 3, new float[5])).Message);
        Assert.ThrowsExactly<ArgumentException>(() => new PatchFeatures(1, 1, 1, [float.NaN]));
        Assert.ThrowsExactly<ArgumentOutOfRangeException>(() => new PatchFeatures(0, 1, 1, []));
        PatchFeatures small = new(1, 2, 3, new float[6]), other = new(1, 2, 4, new float[8]), single = new(1, 1, 3, new float[3]);
        Assert.ThrowsExactly<ArgumentOutOfRangeException>(() => small[1, 0].Length);
        Assert.ThrowsExactly<ArgumentOutOfRangeException>(() => small[0, 2].Length);
        Assert.ThrowsExactly<ArgumentOutOfRangeException>(() => small[-1].Length);
        Assert.ThrowsExactly<ArgumentException>(() => PatchPca.Fit([]));
        Assert.Contains(
            "embeddings of 4 values, another of 3", Assert.ThrowsExactly<ArgumentException>(() => PatchPca.Fit([small, other])).Message);
        Assert.ThrowsExactly<ArgumentException>(() => PatchPca.Fit([single]));
        Assert.ThrowsExactly<ArgumentOutOfRangeException>(() => PatchPca.Fit([small], 4));
        Assert.ThrowsExactly<ArgumentOutOfRangeException>(() => PatchPca.Fit([small]).GetComponent(3));
        Assert.ThrowsExactly<ArgumentException>(() => PatchPca.Fit([new PatchFeatures(1, 2, 20_000, new float[40_000])]));
        Assert.ThrowsExactly<InvalidOperationException>(() => PatchPca.Fit([small], 2).Color(small));
        Assert.ThrowsExactly<ArgumentException>(() => PatchPca.Fit([small]).Project(other));
        Assert.ThrowsExactly<ArgumentOutOfRangeException>(() => PatchPca.Fit([small]).Color(small, (PcaStyle)9));
    }

    private static Dictionary<string, float[]> Golden(string folder, string file)
        => GoldenFiles.ReadArrays(GoldenFiles.PathOf(folder, file));

    private static void CheckFit(Dictionary<string, float[]> golden, string name, PatchPca pca)
    {
        Close.AreClose(golden[name + "mean"], Floats(pca.GetMean()), Tolerance);
        for (int k = 0; k < 3; k++)
        {
            Close.AreClose(golden[name + "components"].AsSpan(k * 128, 128), Floats(pca.GetComponent(k)), Tolerance, $"component {k}");
            Assert.AreEqual(1, pca.Variances[k] / golden[name + "explained_variance"][k], Tolerance);
        }
    }

    private static float[] Floats(double[] values) => Array.ConvertAll(values, v => (float)v);
}
