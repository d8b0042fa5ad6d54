using CsCheck;
using Tips.MLNet.Search;

namespace Tips.MLNet.Tests.Search;

[TestClass]
public class NeighborIndexTests
{
    [TestMethod]
    [DataRow(DistanceMetric.Cosine)]
    [DataRow(DistanceMetric.Euclidean)]
    public void Search_matches_brute_force(DistanceMetric metric)
        => Gen.Select(Gen.Int[1, 150], Gen.Int[1, 40], Gen.Int[1, 15], Gen.Int[1, 12], Gen.Int[0, 99]).Sample(
            (rowCount, dimension, queryCount, k, name) =>
            {
                float[][] rows = TestVectors.Make($"rows{name}", rowCount, dimension);
                float[][] queries = TestVectors.Make($"queries{name}", queryCount, dimension);
                Check(rows, queries, Math.Min(k, rowCount), metric);
            },
            iter: 150);

    // Several blocks of rows, several tasks of queries, and remainders in every tile.
    [TestMethod]
    [DataRow(DistanceMetric.Cosine)]
    [DataRow(DistanceMetric.Euclidean)]
    public void Search_matches_brute_force_over_several_blocks(DistanceMetric metric)
        => Check(TestVectors.Make("rows", 3001, 384), TestVectors.Make("queries", 211, 384), 20, metric);

    /// <summary>One query: the cores share the rows, and each part of them holds fewer rows than are asked for.</summary>
    [TestMethod]
    [DataRow(2000)]
    [DataRow(3001)]
    public void Most_or_all_rows_can_be_asked_for(int k)
        => Check(TestVectors.Make("rows", 3001, 384), TestVectors.Make("queries", 1, 384), k, DistanceMetric.Cosine);

    [TestMethod]
    public void Both_vector_widths_give_the_same_bits()
    {
        CompareWidths<DotProduct>();
        CompareWidths<NegativeSquaredDistance>();
    }

    /// <summary>With one query the cores share the rows, with many they share the queries; a SIMD vector may be wide or narrow.</summary>
    [TestMethod]
    [DataRow(DistanceMetric.Cosine)]
    [DataRow(DistanceMetric.Euclidean)]
    public void However_the_work_is_split_the_bits_are_the_same(DistanceMetric metric)
    {
        const int rowCount = 9003, dimension = 96, k = 40;
        float[][] rows = TestVectors.Make("rows", rowCount, dimension), queries = TestVectors.Make("queries", 40, dimension);
        for (int i = 0; i < rowCount; i += 7) rows[i] = rows[i % 70]; // many ties
        var store = new RowStore(dimension);
        foreach (float[] row in rows) store.Add(row, 1);
        var set = store.Snapshot();
        Assert.IsGreaterThan(4, set.BlockCount);
        var together = Find(queries);
        for (int q = 0; q < queries.Length; q++) CollectionAssert.AreEqual(together[q], Find([queries[q]])[0]);

        (int, float)[][] Find(float[][] some)
        {
            var request = new SearchRequest(set, some.SelectMany(q => q).ToArray(), some.Length, k, null);
            var wide = ExactSearch.Run<Simd512>(request, metric).Select(Drain).ToArray();
            var narrow = ExactSearch.Run<Simd256>(request, metric).Select(Drain).ToArray();
            for (int q = 0; q < some.Length; q++) CollectionAssert.AreEqual(wide[q], narrow[q]);
            return wide;
        }

        static (int, float)[] Drain(TopK best)
        {
            int[] found = new int[k];
            float[] similarities = new float[k];
            Assert.AreEqual(k, best.Drain(found, similarities));
            return [.. found.Zip(similarities)];
        }
    }

    [TestMethod]
    public void Equal_rows_come_in_their_order()
    {
        float[][] rows = [.. Enumerable.Repeat(new float[] { 1, 2, 3 }, 70)];
        var (found, similarities) = Search(rows, [[2, 4, 6]], 9, DistanceMetric.Cosine);
        CollectionAssert.AreEqual(Enumerable.Range(0, 9).ToArray(), found);
        Assert.IsTrue(similarities.All(s => Math.Abs(s - 1) < 1e-6f));
    }

    [TestMethod]
    public void Zero_vectors_have_cosine_zero()
    {
        var (rows, similarities) = Search([[0, 0], [1, 0], [-1, 0]], [[0, 0], [1, 0]], 3, DistanceMetric.Cosine);
        CollectionAssert.AreEqual(new[] { 0, 1, 2, 1, 0, 2 }, rows);
        CollectionAssert.AreEqual(new[] { 0f, 0, 0, 1, 0, -1 }, similarities);
    }

    [TestMethod]
    public void Huge_and_tiny_lengths_do_not_overflow_the_cosine()
    {
        var (rows, similarities) = Search([[1e30f, 1e30f], [1e-30f, 0]], [[1e25f, 0]], 2, DistanceMetric.Cosine);
        CollectionAssert.AreEqual(new[] { 1, 0 }, rows);
        Assert.AreEqual(1f, similarities[0], 1e-6f);
        Assert.AreEqual(MathF.Sqrt(0.5f), similarities[1], 1e-6f);
    }

    /// <summary>
    /// Squares outside the range of float32 make a distance infinite. That is still an answer, and never what the buffers held before.
    /// </summary>
    [TestMethod]
    public void Rows_at_an_infinite_distance_come_last_and_in_order()
    {
        var index = Build([[1e20f, 0], [-1e20f, 0], [3, 0], [3e19f, 0]], DistanceMetric.Euclidean);
        int[] rows = [77, 77, 77, 77];
        float[] similarities = [88, 88, 88, 88];
        index.Search(new float[] { 0, 0 }, 1, 4, rows, similarities);
        CollectionAssert.AreEqual(new[] { 2, 0, 1, 3 }, rows);
        CollectionAssert.AreEqual(new[] { -4.5f, float.NegativeInfinity, float.NegativeInfinity, float.NegativeInfinity }, similarities);
    }

    /// <summary>For some lengths within the range of float32, the factor that scales them to 1 is outside it.</summary>
    [TestMethod]
    [DataRow(1e-40f)]
    [DataRow(1e-45f)]
    [DataRow(3e38f)]
    public void The_cosine_of_the_shortest_and_the_longest_vectors_is_right(float length)
    {
        var (rows, similarities) = Search([[0, length], [length, 0]], [[length, 0], [0, 2]], 2, DistanceMetric.Cosine);
        CollectionAssert.AreEqual(new[] { 1, 0, 0, 1 }, rows);
        CollectionAssert.AreEqual(new[] { 1f, 0, 1, 0 }, similarities);
    }

    [TestMethod]
    public void Rows_read_from_an_index_go_back_in_bit_for_bit()
    {
        float[][] rows = TestVectors.Make("keep", 100, 33);
        var index = Build(rows, DistanceMetric.Cosine);
        var again = new NeighborIndex(33, DistanceMetric.Cosine);
        float[] row = new float[33], copy = new float[33];
        for (int i = 0; i < 100; i++)
        {
            index.CopyRow(i, row);
            Assert.AreEqual(1, Math.Sqrt(row.Sum(v => (double)v * v)), 1e-6);
            again.AddUnchanged(row);
            again.CopyRow(i, copy);
            CollectionAssert.AreEqual(row, copy);
        }
    }

    [TestMethod]
    public void Wrong_arguments_are_refused()
    {
        var index = Build(TestVectors.Make("few", 3, 4), DistanceMetric.Cosine);
        Assert.Contains(
            "The row has 5 values, expected 4.",
            Assert.ThrowsExactly<ArgumentException>(() => index.Add(new float[5])).Message);
        Assert.ThrowsExactly<ArgumentOutOfRangeException>(() => index.Search(new float[4], 1, 4, new int[4], new float[4]));
        Assert.ThrowsExactly<ArgumentOutOfRangeException>(() => index.Search(new float[3], 1, 1, new int[1], new float[1]));
        Assert.ThrowsExactly<ArgumentOutOfRangeException>(() => index.CopyRow(3, new float[4]));
        Assert.ThrowsExactly<ArgumentOutOfRangeException>(() => new NeighborIndex(0, DistanceMetric.Cosine));
        Assert.ThrowsExactly<ArgumentOutOfRangeException>(() => new NeighborIndex(Panels.MaximumDimension + 1, DistanceMetric.Cosine));
        Assert.AreEqual(Panels.MaximumDimension, new NeighborIndex(Panels.MaximumDimension, DistanceMetric.Cosine).Dimension);
    }

    private static void CompareWidths<TMeasure>()
        where TMeasure : struct, IMeasure
    {
        const int dimension = 37, tile = 6;
        float[] panel = new float[dimension * Panels.Rows], queries = new float[dimension * tile];
        FillFormula("panel.weight", panel);
        FillFormula("queries.weight", queries);
        float[] wide = new float[tile * Panels.Rows], narrow = new float[wide.Length];
        SearchKernel<Simd512, TMeasure>.RunTile(panel, queries, wide);
        SearchKernel<Simd256, TMeasure>.RunTile(panel, queries, narrow);
        CollectionAssert.AreEqual(wide, narrow);
        for (int q = 0; q < tile; q++)
        {
            float[] query = [.. Enumerable.Range(0, dimension).Select(i => queries[i * tile + q])], one = new float[Panels.Rows];
            SearchKernel<Simd512, TMeasure>.RunOne(panel, query, one);
            CollectionAssert.AreEqual(wide.AsSpan(q * Panels.Rows, Panels.Rows).ToArray(), one);
            SearchKernel<Simd256, TMeasure>.RunOne(panel, query, one);
            CollectionAssert.AreEqual(wide.AsSpan(q * Panels.Rows, Panels.Rows).ToArray(), one);
        }

        Assert.IsTrue(wide.All(float.IsFinite) && wide.Distinct().Count() > 100);
        double expected = 0;
        for (int i = 0; i < dimension; i++)
        {
            double row = panel[i * Panels.Rows + 5], query = queries[i * tile + 2];
            expected += typeof(TMeasure) == typeof(DotProduct) ? row * query : -(row - query) * (row - query);
        }

        Assert.AreEqual(expected, wide[2 * Panels.Rows + 5], 1e-5);

        static void FillFormula(string name, float[] values) => Formula.FormulaValues.Fill(name, [values.Length, 3], 1, values);
    }

    private static void Check(float[][] rows, float[][] queries, int k, DistanceMetric metric)
    {
        var (found, similarities) = Search(rows, queries, k, metric);
        for (int q = 0; q < queries.Length; q++)
        {
            var expected = ReferenceNeighbors.Sorted(rows, queries[q], metric);
            for (int i = 0; i < k; i++)
            {
                // Rows whose similarities differ only by rounding may trade places; then their similarities must be that close.
                double exact = expected.First(e => e.Row == found[q * k + i]).Similarity;
                double scale = metric == DistanceMetric.Cosine ? 1 : 1 + Math.Abs(exact);
                Assert.AreEqual(exact, similarities[q * k + i], 2e-6 * scale);
                Assert.AreEqual(expected[i].Similarity, exact, 2e-6 * scale);
            }

            Assert.AreEqual(k, found.AsSpan(q * k, k).ToArray().Distinct().Count());
        }
    }

    private static (int[] Rows, float[] Similarities) Search(float[][] rows, float[][] queries, int k, DistanceMetric metric)
    {
        int[] found = new int[queries.Length * k];
        float[] similarities = new float[queries.Length * k];
        Build(rows, metric).Search(queries.SelectMany(q => q).ToArray(), queries.Length, k, found, similarities);
        return (found, similarities);
    }

    private static NeighborIndex Build(float[][] rows, DistanceMetric metric)
    {
        var index = new NeighborIndex(rows[0].Length, metric);
        foreach (float[] row in rows) index.Add(row);
        return index;
    }
}
