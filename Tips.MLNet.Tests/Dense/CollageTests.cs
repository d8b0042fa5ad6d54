using System.Globalization;
using Tips.MLNet.Samples.Common;
using Tips.MLNet.Samples.Dense;
using Tips.MLNet.Tests.Support;

namespace Tips.MLNet.Tests.Dense;

/// <summary>
/// The tiny model's pictures in 2×2 collages: whether the patch most similar to a text lies in its picture. The reference code with the
/// same weights gives the expected shares.
/// </summary>
[TestClass]
public class CollageTests
{
    public TestContext TestContext { get; set; } = null!;

    [TestMethod]
    [DataRow(112, 81.3, 57.8)]
    [DataRow(168, 77.8, 51.1)]
    [DataRow(224, 71.8, 45.9)]
    public void Texts_point_into_the_right_quarter(int side, double texts, double patches)
    {
        using var model = TestModels.LoadTiny();
        Picture[] pictures = [.. BundledAssets.UnseenPictures()];
        int[] order = [.. File.ReadLines(
            GoldenFiles.PathOf("tiny", "collages.txt")).Select(l => int.Parse(l, CultureInfo.InvariantCulture))];
        Assert.AreEqual((286, 286), (pictures.Length, order.Distinct().Count()));
        var classes = ZeroShotClassifier.Create(model, [.. pictures.Select(p => p.Label)], BundledAssets.Templates);
        int right = 0, count = 0, rightPatches = 0, allPatches = 0;
        foreach (int[] four in order.Chunk(4).Where(c => c.Length == 4))
        {
            using var collage = Collage.Create([.. four.Select(i => pictures[i].Path)], side);
            var found = model.EmbedPatches(collage, new PatchOptions { Input = PatchInput.AsIs() });
            SimilarityMap[] maps = [.. four.Select(i => SimilarityMap.Compute(found, classes.Embeddings.Slice(i * 192, 192)))];
            for (int i = 0; i < 4; i++)
            {
                var (row, column, _) = maps[i].Best;
                count++;
                if (Quarter(row, column, found) == i) right++;
            }

            for (int patch = 0; patch < found.Count; patch++)
            {
                int best = Enumerable.Range(0, 4).MaxBy(i => maps[i].Values[patch]);
                allPatches++;
                if (Quarter(patch / found.Columns, patch % found.Columns, found) == best) rightPatches++;
            }
        }

        double textShare = 100.0 * right / count, patchShare = 100.0 * rightPatches / allPatches;
        TestContext.WriteLine($"{side}: {textShare:F1} % of {count} texts, {patchShare:F1} % of patches");
        Assert.AreEqual(texts, textShare, 1);
        Assert.AreEqual(patches, patchShare, 1);
    }

    private static int Quarter(int row, int column, PatchFeatures patches)
        => (2 * row + 1) / patches.Rows * 2 + (2 * column + 1) / patches.Columns;
}
