using CsCheck;
using Tips.MLNet.Quality;

namespace Tips.MLNet.Tests.Quality;

[TestClass]
public class ConfidentLearningTests
{
    /// <summary>
    /// Seven rows, two classes; of each row the probability of class 0 (that of class 1 is the rest):
    /// <code>
    /// labeled 0:  0.90  0.80  0.10  0.50    threshold 0 = (0.90 + 0.80 + 0.10 + 0.50) / 4 = 0.575
    /// labeled 1:  0.20  0.30  0.62          threshold 1 = (0.80 + 0.70 + 0.38) / 3 = 0.6267
    /// </code>
    /// Rows 0 and 1 count as 0. Row 2 counts as 1 (0.90 ≥ 0.6267), so its label is an issue. Row 3 reaches neither threshold. Rows 4 and 5
    /// count as 1. Row 6 counts as 0 (0.62 ≥ 0.575, and 0.38 &lt; 0.6267), an issue. The joint is [2 1; 1 2]. Calibrated, a third of each
    /// label is wrong: (4 · 1/3 + 3 · 1/3) / 7 = 1/3.
    /// </summary>
    [TestMethod]
    public void The_confident_joint_is_that_of_the_paper()
    {
        float[] first = [0.9f, 0.8f, 0.1f, 0.5f, 0.2f, 0.3f, 0.62f];
        var found = ConfidentLearning.Find([.. first.SelectMany(p => (float[])[p, 1 - p])], [0, 0, 0, 0, 1, 1, 1], 2, lead: 0);
        Assert.AreEqual(0.575, found.Thresholds[0], 1e-6);
        Assert.AreEqual(1.88 / 3, found.Thresholds[1], 1e-6);
        Assert.AreEqual((2, 1, 1, 2), (found[0, 0], found[0, 1], found[1, 0], found[1, 1]));
        Assert.AreEqual(1 / 3.0, found.EstimatedErrorShare, 1e-9);
        CollectionAssert.AreEqual(
            new[] { (2, 0, 1), (6, 1, 0) }, found.Issues.Select(i => (i.Row, i.Given, i.Suggested)).ToArray());
        Assert.AreEqual(-0.8, found.Issues[0].Margin, 1e-6);
        Assert.AreEqual(0.38 - 0.62, found.Issues[1].Margin, 1e-6);
        Assert.AreEqual((0, 2), (found.UncheckedCount, found.ClassCount));
        var sure = ConfidentLearning.Find([.. first.SelectMany(p => (float[])[p, 1 - p])], [0, 0, 0, 0, 1, 1, 1], 2, lead: 0.5f);
        Assert.AreEqual(2, sure.Issues.Single().Row, "row 6 leads by 0.24 only");
        Assert.AreEqual((1, found.EstimatedErrorShare), (sure[1, 0], sure.EstimatedErrorShare), "the joint has it nevertheless");
    }

    /// <summary>The most probable class need not be the one: only classes whose threshold is reached count.</summary>
    [TestMethod]
    public void A_class_counts_only_if_its_threshold_is_reached()
    {
        // Rows labeled 0 are certain (threshold 0.95), those labeled 1 never (threshold 0.45). The latter are likelier of class 0, but not
        // as likely as a row of class 0 should be. Row 1 reaches neither threshold.
        float[] probabilities = [1, 0, 0.9f, 0.1f, 0.55f, 0.45f, 0.55f, 0.45f];
        var found = ConfidentLearning.Find(probabilities, [0, 0, 1, 1], 2);
        Assert.AreEqual((1, 0, 0, 2), (found[0, 0], found[0, 1], found[1, 0], found[1, 1]));
        Assert.IsEmpty(found.Issues);
    }

    [TestMethod]
    public void What_nothing_confirms_is_neither_checked_nor_suggested()
    {
        // Class 2 has one row, which nobody can confirm. Row 1 has a small vote for it, but it is not suggested.
        float[] probabilities = [1, 0, 0, 0.6f, 0, 0.4f, 0.9f, 0.1f, 0, 0, 0, 0];
        var found = ConfidentLearning.Find(probabilities, [0, 0, 2, 0], 3);
        Assert.IsEmpty(found.Issues);
        Assert.AreEqual(2, found.UncheckedCount, "the row of class 2, and the row without probabilities");
        Assert.AreEqual(0.8, found.Thresholds[0], 1e-6);
        Assert.AreEqual((0.0, 0.0), (found.Thresholds[1], found.Thresholds[2]));
    }

    [TestMethod]
    public void One_class_and_one_row_have_no_issues()
    {
        Assert.IsEmpty(ConfidentLearning.Find([1, 1, 1], [0, 0, 0], 1).Issues);
        var one = ConfidentLearning.Find([0, 0], [1], 2);
        Assert.AreEqual((0, 1, 0.0), (one.Issues.Count, one.UncheckedCount, one.EstimatedErrorShare));
    }

    [TestMethod]
    public void Equal_probabilities_reach_their_mean()
    {
        float[] probabilities = [.. Enumerable.Repeat<float[]>([0.1f, 0.9f], 7).SelectMany(p => p)];
        var found = ConfidentLearning.Find(probabilities, [1, 1, 1, 1, 1, 1, 1], 2);
        Assert.AreEqual(7, found[1, 1]);
    }

    [TestMethod]
    public void Reordering_rows_and_classes_changes_nothing_else()
        => Gen.Select(Gen.Int[2, 30], Gen.Int[2, 5], Gen.Int).Sample(CheckReordering);

    [TestMethod]
    public void Bad_arguments_are_named()
    {
        Assert.Contains("There are 3 probabilities, expected 2 for each of 2 rows", Fails([1, 0, 1], [0, 1], 2));
        Assert.Contains("expected 2 for each of 0 rows, and at least one row", Fails([], [], 2));
        Assert.Contains("Row 1 has the label 2, expected 0 to 1.", Fails([1, 0, 1, 0], [0, 2], 2));
        Assert.Contains("Row 0 has the probability NaN, expected 0 to 1.", Fails([float.NaN, 1], [0], 2));
        Assert.Contains("Row 0 has the probability -1, expected 0 to 1.", Fails([-1, 2], [0], 2));
        Assert.Contains("The probabilities of row 1 sum to 0.5, expected 1", Fails([1, 0, 0.25f, 0.25f], [0, 1], 2));
        Assert.ThrowsExactly<ArgumentOutOfRangeException>(() => ConfidentLearning.Find([1], [0], 0));
        Assert.ThrowsExactly<ArgumentOutOfRangeException>(() => ConfidentLearning.Find([1], [0], 1, lead: float.NaN));
        var found = ConfidentLearning.Find([1], [0], 1);
        Assert.ThrowsExactly<ArgumentOutOfRangeException>(() => found[0, 1]);

        static string Fails(float[] probabilities, int[] labels, int classCount)
            => Assert.ThrowsExactly<ArgumentException>(() => ConfidentLearning.Find(probabilities, labels, classCount)).Message;
    }

    private static void CheckReordering(int n, int classes, int seed)
    {
        var random = new Random(seed);
        var (probabilities, labels) = RandomRows(random, n, classes);
        int[] rowOrder = Shuffled(random, n), classOrder = Shuffled(random, classes);
        float[] moved = new float[probabilities.Length];
        int[] movedLabels = new int[n];
        for (int row = 0; row < n; row++)
        {
            movedLabels[rowOrder[row]] = classOrder[labels[row]];
            for (int c = 0; c < classes; c++) moved[rowOrder[row] * classes + classOrder[c]] = probabilities[row * classes + c];
        }

        var found = ConfidentLearning.Find(probabilities, labels, classes, lead: 0);
        var other = ConfidentLearning.Find(moved, movedLabels, classes, lead: 0);
        CollectionAssert.AreEquivalent(
            found.Issues.Select(i => (rowOrder[i.Row], classOrder[i.Given], classOrder[i.Suggested])).ToArray(),
            other.Issues.Select(i => (i.Row, i.Given, i.Suggested)).ToArray());
        Assert.AreEqual(found.EstimatedErrorShare, other.EstimatedErrorShare, 1e-9);
        Assert.AreEqual(found.UncheckedCount, other.UncheckedCount);
    }

    private static (float[] Probabilities, int[] Labels) RandomRows(Random random, int count, int classes)
    {
        float[] probabilities = new float[count * classes];
        for (int row = 0; row < count; row++)
        {
            var scores = probabilities.AsSpan(row * classes, classes);
            float sum = 0;
            foreach (ref float score in scores) sum += score = random.NextSingle();
            foreach (ref float score in scores) score /= sum;
        }

        return (probabilities, [.. Enumerable.Range(0, count).Select(_ => random.Next(classes))]);
    }

    private static int[] Shuffled(Random random, int count)
    {
        int[] order = [.. Enumerable.Range(0, count)];
        random.Shuffle(order);
        return order;
    }
}
