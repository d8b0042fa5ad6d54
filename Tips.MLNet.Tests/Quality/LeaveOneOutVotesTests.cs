using Tips.MLNet.Quality;
using Tips.MLNet.Tests.Search;
using Tips.MLNet.Tests.Support;
using Tips.MLNet.Trainers;

namespace Tips.MLNet.Tests.Quality;

[TestClass]
public class LeaveOneOutVotesTests
{
    /// <summary>The trainer's own votes, with each row left out in turn.</summary>
    [TestMethod]
    public void Votes_are_those_of_the_trainer_without_the_row()
    {
        const int count = 40, dimension = 16, classes = 4, k = 7;
        float[][] vectors = TestVectors.Make("votes", count, dimension);
        int[] labels = [.. Enumerable.Range(0, count).Select(i => i * i % classes)];
        float[] found = LeaveOneOutVotes.Compute(vectors.SelectMany(v => v).ToArray(), dimension, labels, classes, k);
        for (int row = 0; row < count; row++)
        {
            var nearest = Enumerable.Range(0, count).Where(other => other != row)
                .Select(other => (Row: other, Cosine: TipsModel.CosineSimilarity(vectors[row], vectors[other])))
                .OrderByDescending(n => n.Cosine).Take(k).ToArray();
            float[] cosines = [.. nearest.Select(n => n.Cosine)], expected = new float[classes];
            NeighborVotes.Count(cosines, [.. nearest.Select(n => labels[n.Row])], new KNearestNeighborsOptions(), dimension, expected);
            Close.AreClose(expected, found.AsSpan(row * classes, classes), 1e-5f);
        }
    }

    /// <summary>Two copies with the same wrong label would each see a neighbor at distance 0 that agrees.</summary>
    [TestMethod]
    public void Copies_do_not_vote_for_each_other()
    {
        // Rows 0 to 2 are of class 0. Rows 3 to 5 are copies of one picture near them, labeled 1. Rows 6 and 7 are of class 1, far away.
        float[] embeddings = [1, 0, 1, 0.02f, 0.999f, 0.04f, 0.98f, 0.2f, 0.98f, 0.2f, 0.98f, 0.2f, 0, 1, 0.1f, 0.99f];
        int[] labels = [0, 0, 0, 1, 1, 1, 1, 1];
        var copies = DuplicateGroups.FindNear(embeddings, 2, 0.9999f);
        CollectionAssert.AreEqual(new[] { 3, 4, 5 }, copies.Groups.Single().Members.ToArray());

        float[] trusting = LeaveOneOutVotes.Compute(embeddings, 2, labels, 2, neighbors: 2);
        Assert.AreEqual(1, trusting[3 * 2 + 1], 1e-6, "the copies confirm each other");
        float[] votes = LeaveOneOutVotes.Compute(embeddings, 2, labels, 2, neighbors: 2, copies);
        for (int row = 3; row <= 5; row++) Assert.AreEqual(1, votes[row * 2], 1e-6, "the others say class 0");
        var issues = ConfidentLearning.Find(votes, labels, 2).Issues;
        CollectionAssert.AreEqual(new[] { 3, 4, 5 }, issues.Select(i => i.Row).ToArray());
    }

    [TestMethod]
    public void A_group_of_copies_is_one_voter_and_splits_its_vote()
    {
        // Row 0 has two neighbors at the same cosine: three copies, two of them of class 1 and one of class 0; and a row of class 2.
        float[] embeddings = [1, 0, 0.8f, 0.6f, 0.8f, 0.6f, 0.8f, 0.6f, 0.8f, -0.6f];
        float[] votes = LeaveOneOutVotes.Compute(
            embeddings, 2, [0, 1, 0, 1, 2], 3, neighbors: 10, DuplicateGroups.ByContent(["a", "b", "b", "b", "c"]));
        Close.AreClose([1 / 6f, 2 / 6f, 3 / 6f], votes.AsSpan(0, 3), 1e-6f);
    }

    [TestMethod]
    public void The_order_of_rows_does_not_matter()
    {
        const int count = 60, dimension = 8, classes = 3;
        float[][] vectors = TestVectors.Make("order", count, dimension);
        for (int i = 0; i < 10; i++) vectors[i + 10] = vectors[i];
        int[] labels = [.. Enumerable.Range(0, count).Select(i => i % classes)], order = [.. Enumerable.Range(0, count)];
        new Random(1).Shuffle(order);
        float[] Votes(int[] rows)
        {
            float[] embeddings = [.. rows.SelectMany(row => vectors[row])];
            var copies = DuplicateGroups.FindNear(embeddings, dimension, 1);
            return LeaveOneOutVotes.Compute(embeddings, dimension, [.. rows.Select(row => labels[row])], classes, 5, copies);
        }

        float[] straight = Votes([.. Enumerable.Range(0, count)]), shuffled = Votes(order);
        for (int i = 0; i < count; i++)
        {
            var expected = straight.AsSpan(order[i] * classes, classes);
            Close.AreClose(expected, shuffled.AsSpan(i * classes, classes), 1e-5f);
        }
    }

    /// <summary>Rows whose nearest rows are all of one group must look further.</summary>
    [TestMethod]
    public void Large_groups_hide_nobody()
    {
        float[] embeddings = [.. Enumerable.Range(0, 100).SelectMany(_ => (float[])[1, 0]), 0, 1, 0.1f, 1];
        int[] labels = [.. new int[100], 1, 1];
        float[] votes = LeaveOneOutVotes.Compute(embeddings, 2, labels, 2, 1, DuplicateGroups.FindNear(embeddings, 2, 0.999f));
        Assert.AreEqual((0f, 1f), (votes[0], votes[1]), "the copies see only the others");
        Assert.AreEqual((0f, 1f), (votes[200], votes[201]));
    }

    [TestMethod]
    public void Without_anybody_else_there_are_no_votes()
    {
        CollectionAssert.AreEqual(new float[2], LeaveOneOutVotes.Compute(new float[] { 1, 2 }, 2, [0], 2, 5));
        float[] same = [1, 2, 1, 2, 1, 2];
        CollectionAssert.AreEqual(
            new float[6], LeaveOneOutVotes.Compute(same, 2, [0, 0, 1], 2, 5, DuplicateGroups.FindNear(same, 2)));
        Close.AreClose([0.5f, 0.5f, 0.5f, 0.5f, 1, 0], LeaveOneOutVotes.Compute(same, 2, [0, 0, 1], 2, 5), 1e-6f);
    }

    [TestMethod]
    public void Bad_arguments_are_named()
    {
        float[] two = [1, 0, 0, 1];
        Assert.Contains("There are 1 labels, expected 2.", Fails(two, 2, [0]));
        Assert.Contains("Row 1 has the label -1, expected 0 to 1.", Fails(two, 2, [0, -1]));
        Assert.Contains("have 4 values, expected a multiple of the dimension 3", Fails(two, 3, [0]));
        Assert.Contains("have 0 values", Fails([], 3, []));
        Assert.Contains("Row 1 of the embeddings has a value that is not finite.", Fails([1, 0, 0, float.NaN], 2, [0, 1]));
        Assert.Contains(
            "The duplicates are those of 3 rows, expected 2.",
            Assert.ThrowsExactly<ArgumentException>(
                () => LeaveOneOutVotes.Compute(two, 2, [0, 1], 2, 1, DuplicateGroups.ByContent(["a", "b", "c"]))).Message);
        Assert.ThrowsExactly<ArgumentOutOfRangeException>(() => LeaveOneOutVotes.Compute(two, 2, [0, 1], 2, 0));
        Assert.ThrowsExactly<OperationCanceledException>(
            () => LeaveOneOutVotes.Compute(two, 2, [0, 1], 2, 1, cancellationToken: new CancellationToken(canceled: true)));

        static string Fails(float[] embeddings, int dimension, int[] labels)
            => Assert.ThrowsExactly<ArgumentException>(() => LeaveOneOutVotes.Compute(embeddings, dimension, labels, 2, 5)).Message;
    }
}
