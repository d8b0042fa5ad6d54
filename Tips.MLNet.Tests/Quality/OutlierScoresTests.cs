using Tips.MLNet.Quality;
using Tips.MLNet.Tests.Search;

namespace Tips.MLNet.Tests.Quality;

[TestClass]
public class OutlierScoresTests
{
    /// <summary>
    /// Directions of 0, 60, 90 and 180 degrees; two neighbors each. Cosine distances: 0-60: 0.5; 0-90: 1; 0-180: 2; 60-90: 0.1340;
    /// 60-180: 1.5; 90-180: 1. Means: 0.75 (60, 90), 0.3170 (90, 0), 0.5670 (60, 0 or 180), 1.25 (90, 60).
    /// </summary>
    [TestMethod]
    public void A_score_is_the_mean_distance_to_the_nearest()
    {
        double s = Math.Sqrt(3) / 2;
        float[] embeddings = [1, 0, 0.5f, (float)s, 0, 2, -1, 0];
        var found = OutlierScores.Compute(embeddings, 2, neighbors: 2);
        double[] expected = [0.75, (0.5 + 1 - s) / 2, (1 - s + 1) / 2, 1.25];
        for (int row = 0; row < 4; row++) Assert.AreEqual(expected[row], found.Scores[row], 1e-6);
        CollectionAssert.AreEqual(new[] { 3, 0, 2, 1 }, found.Ranking.ToArray());
        // Median 0.6585; deviations 0.0915, 0.3415, 0.0915, 0.5915; their median 0.2165.
        double median = (expected[0] + expected[2]) / 2;
        double deviation = (Math.Abs(expected[0] - median) + Math.Abs(expected[1] - median)) / 2;
        Assert.AreEqual(median + 3.5 * deviation / 0.6745, found.Threshold, 1e-6);
        Assert.AreEqual(0, found.OutlierCount);
    }

    [TestMethod]
    public void What_is_far_from_all_others_is_found_and_nothing_else()
    {
        float[] embeddings = [.. Cluster(60, 8)];
        Assert.AreEqual(0, OutlierScores.Compute(embeddings, 8).OutlierCount);
        float[] far = [0, 0, 0, 0, 0, 0, 1, 0];
        var found = OutlierScores.Compute((float[])[.. embeddings, .. far], 8);
        Assert.AreEqual((1, 60), (found.OutlierCount, found.Ranking[0]));
        // A copy must not hide it: without groups, it does so among few neighbors.
        float[] twice = [.. embeddings, .. far, .. far];
        Assert.AreEqual(0, OutlierScores.Compute(twice, 8, neighbors: 1).OutlierCount);
        var copies = DuplicateGroups.FindNear(twice, 8, threshold: 1);
        CollectionAssert.AreEqual(new[] { 60, 61 }, OutlierScores.Compute(twice, 8, 1, copies).Ranking.Take(2).ToArray());
        Assert.AreEqual(2, OutlierScores.Compute(twice, 8, 1, copies).OutlierCount);
    }

    [TestMethod]
    public void The_order_of_rows_does_not_matter()
    {
        float[][] rows = TestVectors.Make("outliers", 50, 12);
        int[] order = [.. Enumerable.Range(0, rows.Length)];
        new Random(2).Shuffle(order);
        var straight = OutlierScores.Compute(rows.SelectMany(r => r).ToArray(), 12);
        var shuffled = OutlierScores.Compute(order.SelectMany(i => rows[i]).ToArray(), 12);
        for (int i = 0; i < order.Length; i++) Assert.AreEqual(straight.Scores[order[i]], shuffled.Scores[i], 1e-6);
        Assert.AreEqual(straight.Threshold, shuffled.Threshold, 1e-6);
    }

    [TestMethod]
    public void Few_and_equal_rows_have_no_outliers()
    {
        var one = OutlierScores.Compute(new float[] { 1, 2 }, 2);
        Assert.AreEqual((0, 0.0), (one.OutlierCount, one.Scores[0]));
        var two = OutlierScores.Compute(new float[] { 1, 0, 0, 1 }, 2);
        Assert.AreEqual((0, 1.0), (two.OutlierCount, two.Scores[1]));
        float[] row = TestVectors.Make("equal", 1, 384)[0];
        float[] equal = [.. Enumerable.Repeat(row, 20).SelectMany(r => r)];
        Assert.AreEqual(0, OutlierScores.Compute(equal, 384).OutlierCount);
        var grouped = OutlierScores.Compute(equal, 384, 5, DuplicateGroups.FindNear(equal, 384));
        Assert.AreEqual((0, 0.0), (grouped.OutlierCount, grouped.Scores.Max()));
        Assert.AreEqual(1, OutlierScores.Compute(new float[] { 0, 0, 1, 0 }, 2).Scores[0], "zeros have cosine 0 with everything");
    }

    [TestMethod]
    public void Bad_arguments_are_named()
    {
        Assert.ThrowsExactly<ArgumentOutOfRangeException>(() => OutlierScores.Compute(new float[] { 1, 0 }, 2, 0));
        var e = Assert.ThrowsExactly<ArgumentException>(() => OutlierScores.Compute(new float[] { 1, 0, float.NaN, 0 }, 2));
        Assert.Contains("Row 1 of the embeddings has a value that is not finite.", e.Message);
        e = Assert.ThrowsExactly<ArgumentException>(() => OutlierScores.Compute(new float[3], 2));
        Assert.Contains("have 3 values, expected a multiple of the dimension 2", e.Message);
    }

    // Directions around the first axis, all about as far from each other.
    private static IEnumerable<float> Cluster(int count, int dimension)
    {
        var random = new Random(5);
        for (int row = 0; row < count; row++)
        {
            for (int i = 0; i < dimension; i++) yield return i == 0 ? 1 : 0.1f * (random.NextSingle() - 0.5f);
        }
    }
}
