using System.Globalization;
using Tips.MLNet.Tests.Support;

namespace Tips.MLNet.Tests.Encoders;

/// <summary>
/// Patch features against the reference implementations: every size through the same graphs, every layer, and the value path.
/// </summary>
[TestClass]
public class PatchGoldenTests
{
    private static readonly string[] Sizes = ["56x56", "84x56", "42x112", "112x112"];
    private static readonly string[] ScenicSizes = ["56x56", "84x56", "42x42", "28x70", "60x75"];

    public static IEnumerable<object[]> Cases =>
    [
        .. Sizes.SelectMany(s => new object[][] { ["mlp", false, s], ["swiglu", false, s] }),
        .. ScenicSizes.SelectMany(s => new object[][] { ["mlp", true, s], ["swiglu", true, s] }),
    ];

    public TestContext TestContext { get; set; } = null!;

    [TestMethod]
    [DynamicData(nameof(Cases))]
    public void Patches_equal_the_reference(string feedForward, bool scenic, string size)
    {
        string name = (scenic ? "scenic_" : "") + $"vision_{feedForward}";
        var golden = GoldenFiles.ReadArrays(GoldenFiles.PathOf("mini", $"{name}.golden.npz"));
        using var model = TipsModel.Load(TestModels.LayersFolder(name), TestExecution.Options);
        CollectionAssert.AreEqual(new[] { 0, 1, 2 }, model.PatchLayers.ToArray());
        int[] sides = [.. size.Split('x').Select(s => int.Parse(s, CultureInfo.InvariantCulture))];
        using var picture = TestPictures.Formula(sides[0], sides[1], scenic ? 4ul : 3);

        Check("patches", new PatchOptions());
        Check("value_patches", new PatchOptions { ValuePath = true });
        for (int layer = 0; layer < 3; layer++) Check($"layer{layer}.patches", new PatchOptions { Layer = layer });

        void Check(string what, PatchOptions options)
        {
            var patches = model.EmbedPatches(picture, TestPictures.Unresized(options));
            Assert.AreEqual(((sides[0] + 13) / 14, (sides[1] + 13) / 14, 128), (patches.Rows, patches.Columns, patches.Dimension));
            float[] expected = golden[$"{size}.{what}"];
            TestContext.WriteLine($"{what}: {Close.MaximumDifference(expected, patches.Values):E1}");
            Close.AreClose(expected, patches.Values, Close.RawTokens, what);
        }
    }

    /// <summary>The final norm of the raw tokens gives the others.</summary>
    [TestMethod]
    [DataRow(0)]
    [DataRow(2)]
    public void Raw_tokens_lack_the_final_norm_only(int layer)
    {
        using var model = TipsModel.Load(TestModels.LayersFolder("vision_mlp"));
        using var picture = TestPictures.Formula(84, 56, 3);
        var normed = model.EmbedPatches(picture, TestPictures.Unresized(new PatchOptions { Layer = layer }));
        var raw = model.EmbedPatches(picture, TestPictures.Unresized(new PatchOptions { Layer = layer, FinalNorm = false }));
        var weights = GoldenFiles.ReadArrays(GoldenFiles.PathOf("mini", "vision_mlp.npz"));
        float[] gain = weights["norm.weight"], bias = weights["norm.bias"], expected = new float[raw.Values.Length];
        for (int patch = 0; patch < raw.Count; patch++)
        {
            var row = raw[patch];
            double mean = 0, variance = 0;
            foreach (float value in row) mean += value / 128.0;
            foreach (float value in row) variance += (value - mean) * (value - mean) / 128.0;
            for (int i = 0; i < 128; i++)
                expected[patch * 128 + i] = (float)((row[i] - mean) / Math.Sqrt(variance + 1e-6) * gain[i] + bias[i]);
        }

        Close.AreClose(expected, normed.Values, 5e-6f);
        Assert.IsGreaterThan(0.1f, Close.MaximumDifference(raw.Values, normed.Values));
    }
}
