using CsCheck;
using Tips.MLNet.Tests.Support;
using Tips.MLNet.Trainers;

namespace Tips.MLNet.Tests.Trainers;

[TestClass]
public class NeighborVotesTests
{
    [TestMethod]
    public void Softmax_follows_the_rule_of_DINOv2()
    {
        float[] scores = Count([0.9f, 0.83f, 0.76f], [1, 0, 1], new(), 3);
        double e = Math.E, total = 1 + 1 / e + 1 / (e * e);
        Close.AreClose([(float)(1 / e / total), (float)((1 + 1 / (e * e)) / total), 0], scores, 1e-6f);
    }

    [TestMethod]
    public void Softmax_does_not_overflow_at_a_small_temperature()
        => CollectionAssert.AreEqual(new[] { 0f, 1f }, Count([1f, -1f], [1, 0], new() { Temperature = 1e-30f }, 2));

    [TestMethod]
    public void Uniform_gives_every_neighbor_one_vote()
    {
        var options = new KNearestNeighborsOptions { Weighting = NeighborWeighting.Uniform };
        CollectionAssert.AreEqual(new[] { 0.25f, 0.75f }, Count([0.9f, 0.8f, 0.1f, -1f], [1, 1, 0, 1], options, 2));
    }

    [TestMethod]
    public void Cosine_distance_is_one_minus_the_cosine()
    {
        var options = new KNearestNeighborsOptions { Weighting = NeighborWeighting.InverseDistance };
        Close.AreClose([2 / 3f, 1 / 3f], Count([0.9f, 0.8f], [0, 1], options, 2), 1e-6f);
    }

    [TestMethod]
    public void Euclidean_distance_is_recovered_from_the_similarity()
    {
        var options = new KNearestNeighborsOptions { Metric = DistanceMetric.Euclidean, Weighting = NeighborWeighting.InverseDistance };
        Close.AreClose([0.75f, 0.25f], Count([-0.5f, -4.5f], [0, 1], options, 2), 1e-6f);
    }

    [TestMethod]
    [DataRow(DistanceMetric.Cosine, 1f, 0.99f)]
    [DataRow(DistanceMetric.Cosine, 1.0000001f, 0.99f)]
    [DataRow(DistanceMetric.Euclidean, 0f, -0.01f)]
    [DataRow(DistanceMetric.Euclidean, -0f, -0.01f)]
    public void Exact_matches_outvote_everything_else(DistanceMetric metric, float same, float near)
    {
        var options = new KNearestNeighborsOptions { Metric = metric, Weighting = NeighborWeighting.InverseDistance };
        CollectionAssert.AreEqual(new[] { 0.5f, 0.5f, 0 }, Count([same, same, near], [0, 1, 2], options, 3));
    }

    /// <summary>Euclidean distances need no tolerance for rounding, whatever the unit of the features.</summary>
    [TestMethod]
    public void Close_is_not_equal_in_Euclidean_distance()
    {
        const float close = -0.5f * 9e-7f * 9e-7f;
        var options = new KNearestNeighborsOptions { Metric = DistanceMetric.Euclidean, Weighting = NeighborWeighting.InverseDistance };
        CollectionAssert.AreEqual(new[] { 1f, 0 }, Count([0f, close, close], [0, 1, 1], options, 2));
    }

    [TestMethod]
    [DataRow(4, 3e-6f, false)]
    [DataRow(1536, 3e-6f, true)]
    [DataRow(1536, 6e-6f, false)]
    public void The_tolerance_for_equal_cosines_grows_with_the_dimension(int dimension, float distance, bool equal)
    {
        float[] scores = new float[2];
        NeighborVotes.Count([1f - distance, 0.5f], [0, 1], new() { Weighting = NeighborWeighting.InverseDistance }, dimension, scores);
        Assert.AreEqual(equal, scores[1] == 0);
    }

    [TestMethod]
    public void Neighbors_outside_the_range_of_float32_count_equally() => Gen.Enum<NeighborWeighting>().Sample(weighting =>
    {
        const float far = float.NegativeInfinity;
        var options = new KNearestNeighborsOptions { Metric = DistanceMetric.Euclidean, Weighting = weighting };
        CollectionAssert.AreEqual(new[] { 0.25f, 0.75f }, Count([far, far, far, far], [0, 1, 1, 1], options, 2));
        if (weighting != NeighborWeighting.Uniform) CollectionAssert.AreEqual(new[] { 1f, 0 }, Count([-1f, far], [0, 1], options, 2));
    });

    [TestMethod]
    public void Scores_are_probabilities()
        => Gen.Select(Gen.Float[-1, 1].Array[1, 30], Gen.Enum<NeighborWeighting>(), Gen.Enum<DistanceMetric>(), Gen.Int[0, 4].Array[30])
            .Sample((similarities, weighting, metric, labels) =>
            {
                if (metric == DistanceMetric.Euclidean) similarities = Array.ConvertAll(similarities, s => s - 1);
                float[] sorted = [.. similarities.OrderDescending()];
                float[] scores = Count(sorted, labels[..sorted.Length], new() { Weighting = weighting, Metric = metric }, 5);
                Assert.IsTrue(scores.All(s => s is >= 0 and <= 1.00001f));
                Assert.AreEqual(1, scores.Sum(), 1e-5);
            });

    private static float[] Count(float[] similarities, int[] labels, KNearestNeighborsOptions options, int classes)
    {
        float[] scores = new float[classes];
        Array.Fill(scores, 9f); // buffers are reused
        NeighborVotes.Count((float[])similarities.Clone(), labels, options, dimension: 4, scores);
        return scores;
    }
}
