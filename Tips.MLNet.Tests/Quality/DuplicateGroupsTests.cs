using System.Globalization;
using Tips.MLNet.Quality;
using Tips.MLNet.Tests.Search;
using Tips.MLNet.Tests.Support;

namespace Tips.MLNet.Tests.Quality;

[TestClass]
public class DuplicateGroupsTests
{
    [TestMethod]
    public void Files_of_the_same_bytes_are_grouped()
    {
        using var folder = new TemporaryFolder();
        byte[] large = new byte[300_000];
        new Random(1).NextBytes(large);
        byte[] almost = [.. large];
        almost[^1]++;
        byte[][] contents = [large, [], almost, large, [], [1]];
        string[] paths = [.. contents.Select((_, i) => folder[$"{i}.bin"])];
        for (int i = 0; i < paths.Length; i++) File.WriteAllBytes(paths[i], contents[i]);
        var found = DuplicateGroups.FindExact(paths);
        Assert.AreEqual("0,3 0; 1,4 1", Describe(found));
        Assert.AreEqual((6, 2), (found.RowCount, found.ExcessCount));
        Assert.IsNull(found.Group(2));
        Assert.AreSame(found.Groups[0], found.Group(3));

        File.Delete(paths[4]);
        File.Delete(paths[2]);
        var e = Assert.ThrowsExactly<FileNotFoundException>(() => DuplicateGroups.FindExact(paths));
        Assert.Contains(paths[2], e.Message, "the first that fails is named, every time");
        Assert.ThrowsExactly<OperationCanceledException>(() => DuplicateGroups.FindExact(paths, new CancellationToken(canceled: true)));
    }

    /// <summary>0, 10 and 20 degrees are a chain: its ends are not similar enough, and its middle is the most typical.</summary>
    [TestMethod]
    public void Chains_are_one_group_with_the_medoid_as_representative()
    {
        float[] embeddings = [.. ((double[])[0, 90, 20, 10, 93]).SelectMany(Direction)];
        float threshold = (float)Math.Cos(11 * Math.PI / 180);
        Assert.AreEqual("0,2,3 3; 1,4 1", Describe(DuplicateGroups.FindNear(embeddings, 2, threshold)));
        Assert.AreEqual("1,4 1", Describe(DuplicateGroups.FindNear(embeddings, 2, (float)Math.Cos(5 * Math.PI / 180))));

        static float[] Direction(double degrees)
            => [3 * (float)Math.Cos(degrees * Math.PI / 180), 3 * (float)Math.Sin(degrees * Math.PI / 180)];
    }

    [TestMethod]
    public void All_equal_and_all_different_rows()
    {
        float[] row = TestVectors.Make("equal", 1, 384)[0];
        var equal = DuplicateGroups.FindNear(Enumerable.Repeat(row, 1000).SelectMany(r => r).ToArray(), 384, threshold: 1);
        Assert.HasCount(1000, equal.Groups.Single().Members);
        Assert.AreEqual((0, 999), (equal.Groups[0].Representative, equal.ExcessCount));
        float[] different = [.. TestVectors.Make("different", 300, 64).SelectMany(r => r)];
        Assert.IsEmpty(DuplicateGroups.FindNear(different, 64).Groups);
        Assert.IsEmpty(DuplicateGroups.FindNear(row, 384).Groups, "one row");
    }

    /// <summary>Components are what the pairs of an index give.</summary>
    [TestMethod]
    public void Groups_connect_the_pairs_of_an_index()
    {
        const float threshold = 0.6f;
        float[][] rows = TestVectors.Make("pairs", 200, 6);
        using var index = new EmbeddingIndex(6);
        for (int i = 0; i < rows.Length; i++) index.Add($"{i}", rows[i]);
        var found = DuplicateGroups.FindNear(rows.SelectMany(r => r).ToArray(), 6, threshold);
        var pairs = index.FindSimilarPairs(threshold).Select(p => (First: Number(p.First), Second: Number(p.Second))).ToArray();
        Assert.IsNotEmpty(pairs);
        foreach (var (first, second) in pairs) Assert.AreSame(found.Group(first), found.Group(second));
        // Whoever walks along the pairs from a member comes to the whole group.
        foreach (var group in found.Groups)
        {
            HashSet<int> reached = [group.Members[0]];
            while (pairs.Any(p => reached.Contains(p.First) != reached.Contains(p.Second)))
            {
                foreach (var (first, second) in pairs.Where(p => reached.Contains(p.First) || reached.Contains(p.Second)))
                    reached.UnionWith([first, second]);
            }

            CollectionAssert.AreEquivalent(group.Members.ToArray(), reached.ToArray());
        }

        CollectionAssert.AreEquivalent(
            pairs.SelectMany(p => (int[])[p.First, p.Second]).Distinct().ToArray(), found.Groups.SelectMany(g => g.Members).ToArray());
    }

    [TestMethod]
    public void A_union_connects_both()
    {
        var first = DuplicateGroups.ByContent(["a", "b", "b", "c", "d", "e"]);
        var second = DuplicateGroups.ByContent(["x", "y", "z", "z", "v", "v"]);
        Assert.AreEqual("1,2,3 1; 4,5 4", Describe(first.Union(second)));
        Assert.AreEqual(Describe(first), Describe(first.Union(first)));
        var e = Assert.ThrowsExactly<ArgumentException>(() => first.Union(DuplicateGroups.ByContent(["a"])));
        Assert.Contains("The other groups are of 1 rows, expected 6.", e.Message);
    }

    [TestMethod]
    public void Bad_arguments_are_named()
    {
        float[] two = [1, 0, 0, 1];
        Assert.Contains(
            "The threshold must be a cosine, from -1 to 1.",
            Assert.ThrowsExactly<ArgumentOutOfRangeException>(() => DuplicateGroups.FindNear(two, 2, 1.5f)).Message);
        Assert.ThrowsExactly<ArgumentOutOfRangeException>(() => DuplicateGroups.FindNear(two, 2, float.NaN));
        Assert.ThrowsExactly<ArgumentOutOfRangeException>(() => DuplicateGroups.FindNear(two, 0));
        Assert.Contains(
            "Row 0 of the embeddings has a value that is not finite.",
            Assert.ThrowsExactly<ArgumentException>(() => DuplicateGroups.FindNear(new[] { float.PositiveInfinity, 0 }, 2)).Message);
        Assert.ThrowsExactly<ArgumentException>(() => DuplicateGroups.ByContent(["a", null!]));
        Assert.ThrowsExactly<ArgumentOutOfRangeException>(() => DuplicateGroups.ByContent(["a"]).Group(1));
    }

    private static int Number(string id) => int.Parse(id, CultureInfo.InvariantCulture);

    private static string Describe(DuplicateGroups found)
        => string.Join("; ", found.Groups.Select(g => $"{string.Join(',', g.Members)} {g.Representative}"));
}
