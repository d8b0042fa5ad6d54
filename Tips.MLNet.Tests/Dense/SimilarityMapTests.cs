using Tips.MLNet.Tests.Support;

namespace Tips.MLNet.Tests.Dense;

[TestClass]
public class SimilarityMapTests
{
    private static readonly PatchFeatures Patches = new(2, 3, 2, [1, 0, 0, 1, 1, 1, -1, 0, 0, 0, 3, -3]);

    [TestMethod]
    [DataRow(1f)]
    [DataRow(1e20f)]
    [DataRow(1e-25f)]
    public void A_patch_has_the_cosine_of_the_embedding_whatever_its_length(float length)
    {
        var map = SimilarityMap.Compute(Patches, [length, length]);
        float half = MathF.Sqrt(0.5f);
        Close.AreClose([half, half, 1, -half, 0, 0], map.Values, 1e-6f);
        Assert.AreEqual((0, 2, 1f), map.Best);
        Assert.AreEqual(-half, map.Least, 1e-6f);
    }

    /// <summary>Half-pixel centers: the outer values reach to the border.</summary>
    [TestMethod]
    public void The_map_is_enlarged_bilinearly()
    {
        var map = SimilarityMap.Compute(new PatchFeatures(1, 2, 2, [1, 0, -1, 0]), [1, 0]);
        Close.AreClose([1, 0.5f, -0.5f, -1, 1, 0.5f, -0.5f, -1], map.Resize(2, 4), 1e-6f);
        Close.AreClose(map.Values, map.Resize(1, 2), 0);
    }

    [TestMethod]
    public void What_does_not_fit_is_refused()
    {
        var error = Assert.Throws<ArgumentException>(() => SimilarityMap.Compute(Patches, [1, 2, 3]));
        Assert.Contains("has 3 values, expected 2", error.Message);
        Assert.Throws<ArgumentException>(() => SimilarityMap.Compute(Patches, [1, float.NaN]));
        var map = SimilarityMap.Compute(Patches, [1, 0]);
        Assert.ThrowsExactly<ArgumentOutOfRangeException>(() => map.Resize(0, 1));
        Assert.ThrowsExactly<ArgumentOutOfRangeException>(() => map.Resize(100_000, 100_000));
    }
}
