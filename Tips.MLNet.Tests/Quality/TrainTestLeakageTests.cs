using Tips.MLNet.Quality;
using Tips.MLNet.Tests.Search;

namespace Tips.MLNet.Tests.Quality;

[TestClass]
public class TrainTestLeakageTests
{
    [TestMethod]
    public void Test_rows_with_a_duplicate_in_training_are_found()
    {
        float[][] training = TestVectors.Make("training", 100, 32), test = TestVectors.Make("test", 20, 32);
        test[3] = [.. training[50].Select(v => 4 * v)];
        test[17] = training[7];
        training[80] = training[7];
        float[] almost = [.. training[9]];
        almost[0] += 0.05f * training[9].Max(Math.Abs);
        test[5] = almost;
        var found = TrainTestLeakage.Find(Flat(training), Flat(test), 32);
        Assert.AreEqual((5, 9), (found.Pairs[^1].Test, found.Pairs[^1].Training), "the least similar");
        CollectionAssert.AreEquivalent(
            new[] { (3, 50), (17, 7), (17, 80), (5, 9) }, found.Pairs.Select(p => (p.Test, p.Training)).ToArray());
        CollectionAssert.AreEqual(new[] { 3, 5, 17 }, found.TestRows.ToArray());
        Assert.AreEqual(0.15, found.Share, 1e-9);
        Assert.AreEqual(1, found.Pairs[0].Similarity, 1e-6);
        Assert.IsTrue(found.Pairs.All(p => p.Similarity <= 1));

        var equal = TrainTestLeakage.Find(Flat(training), Flat(test), 32, threshold: 1);
        CollectionAssert.AreEqual(new[] { 3, 17 }, equal.TestRows.ToArray());
        Assert.IsEmpty(TrainTestLeakage.Find(Flat(training), Flat(TestVectors.Make("other", 5, 32)), 32).Pairs);
    }

    /// <summary>A first search finds a few duplicates; a row that has more is searched again.</summary>
    [TestMethod]
    public void Every_pair_is_found_however_many_there_are()
    {
        float[] row = TestVectors.Make("row", 1, 16)[0];
        float[][] training = [.. Enumerable.Repeat(row, 300), .. TestVectors.Make("training", 50, 16)];
        float[][] test = [.. TestVectors.Make("test", 3, 16), row, row];
        var found = TrainTestLeakage.Find(Flat(training), Flat(test), 16, threshold: 1);
        Assert.HasCount(600, found.Pairs);
        Assert.AreEqual(0.4, found.Share, 1e-9);
        Assert.HasCount(350 * 5, TrainTestLeakage.Find(Flat(training), Flat(test), 16, threshold: -1).Pairs);
    }

    [TestMethod]
    public void Bad_arguments_are_named()
    {
        float[] two = [1, 0, 0, 1];
        Assert.Contains("The training embeddings have 0 values", Fails([], two));
        Assert.Contains("The test embeddings have 3 values, expected a multiple of the dimension 2", Fails(two, [1, 2, 3]));
        Assert.Contains("Row 1 of the test embeddings has a value that is not finite.", Fails(two, [1, 2, float.NaN, 0]));
        Assert.ThrowsExactly<ArgumentOutOfRangeException>(() => TrainTestLeakage.Find(two, two, 2, threshold: -2));

        static string Fails(float[] training, float[] test)
            => Assert.ThrowsExactly<ArgumentException>(() => TrainTestLeakage.Find(training, test, 2)).Message;
    }

    private static float[] Flat(float[][] rows) => [.. rows.SelectMany(r => r)];
}
