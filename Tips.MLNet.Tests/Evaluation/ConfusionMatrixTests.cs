using Tips.MLNet.Evaluation;

namespace Tips.MLNet.Tests.Evaluation;

[TestClass]
public class ConfusionMatrixTests
{
    private static readonly string[] Actual = ["cat", "cat", "cat", "cat", "dog", "dog", "owl", "owl", "owl", "owl"];
    private static readonly string[] Predicted = ["cat", "cat", "dog", "owl", "dog", "cat", "owl", "dog", "dog", "fox"];

    /// <summary>Counted by hand.</summary>
    [TestMethod]
    public void Counts_and_shares_are_those_counted_by_hand()
    {
        var matrix = ConfusionMatrix.Create(Actual, Predicted);
        CollectionAssert.AreEqual(new[] { "cat", "dog", "fox", "owl" }, matrix.Labels.ToArray());
        int[][] expected = [[2, 1, 0, 1], [1, 1, 0, 0], [0, 0, 0, 0], [0, 2, 1, 1]];
        for (int i = 0; i < 4; i++)
        {
            for (int j = 0; j < 4; j++) Assert.AreEqual(expected[i][j], matrix[i, j], $"{i}, {j}");
        }

        Assert.AreEqual((10, 4, 0.4), (matrix.Total, matrix.Correct, matrix.Accuracy));
        CollectionAssert.AreEqual(new[] { 4, 2, 0, 4 }, Classes(matrix.ActualCount));
        CollectionAssert.AreEqual(new[] { 3, 4, 1, 2 }, Classes(matrix.PredictedCount));
        CollectionAssert.AreEqual(new[] { 0.5, 0.5, double.NaN, 0.25 }, Classes(matrix.Recall));
        CollectionAssert.AreEqual(new[] { 2 / 3.0, 0.25, 0, 0.5 }, Classes(matrix.Precision));
        Assert.AreEqual((0.5 + 0.5 + 0.25) / 3, matrix.MeanRecall, 1e-15, "fox is in no truth");
        CollectionAssert.AreEqual(
            new[] { (3, 1, 2), (0, 1, 1), (0, 3, 1), (1, 0, 1), (3, 2, 1) },
            matrix.MostConfused().ToArray());
        CollectionAssert.AreEqual(new[] { (3, 1, 2) }, matrix.MostConfused(1).ToArray());
    }

    [TestMethod]
    public void Labels_may_be_given_in_another_order()
    {
        var matrix = ConfusionMatrix.Create(Actual, Predicted, ["owl", "fox", "dog", "cat", "bee"]);
        Assert.AreEqual((2, 0, 5), (matrix[0, 2], matrix.ActualCount(4), matrix.Labels.Count));
        Assert.AreEqual((0.5 + 0.5 + 0.25) / 3, matrix.MeanRecall, 1e-15);
        var error = Assert.ThrowsExactly<ArgumentException>(() => ConfusionMatrix.Create(Actual, Predicted, ["owl", "dog", "cat"]));
        Assert.Contains("The label 'fox' is not among the 3 that were given.", error.Message);
        error = Assert.ThrowsExactly<ArgumentException>(() => ConfusionMatrix.Create(Actual, Predicted, ["owl", "dog", "owl"]));
        Assert.Contains("The label 'owl' is there twice.", error.Message);
    }

    [TestMethod]
    public void Bad_input_is_named()
    {
        Assert.Contains("There are no", Assert.ThrowsExactly<ArgumentException>(() => ConfusionMatrix.Create([], [])).Message);
        var error = Assert.ThrowsExactly<ArgumentException>(() => ConfusionMatrix.Create(["a", "b"], ["a"]));
        Assert.Contains("There are 1 predicted labels, expected 2.", error.Message);
        Assert.Contains("null", Assert.ThrowsExactly<ArgumentException>(() => ConfusionMatrix.Create(["a"], [null!])).Message);
        var matrix = ConfusionMatrix.Create(["a"], ["b"]);
        Assert.ThrowsExactly<ArgumentOutOfRangeException>(() => matrix[0, 2]);
        Assert.ThrowsExactly<ArgumentOutOfRangeException>(() => matrix.Recall(-1));
        Assert.ThrowsExactly<ArgumentOutOfRangeException>(() => matrix.MostConfused(-1));
    }

    private static T[] Classes<T>(Func<int, T> of) => [.. Enumerable.Range(0, 4).Select(of)];
}
