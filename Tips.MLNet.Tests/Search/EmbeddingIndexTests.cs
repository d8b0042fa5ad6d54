using CsCheck;
using Tips.MLNet.Search;
using Tips.MLNet.Tests.Support;

namespace Tips.MLNet.Tests.Search;

[TestClass]
public sealed class EmbeddingIndexTests : IDisposable
{
    private const int Dimension = 24;

    private readonly TemporaryFolder _folder = new();

    private string File => _folder["some.index"];

    public void Dispose() => _folder.Dispose();

    [TestMethod]
    [DataRow(3)]
    [DataRow(5000)]
    public void What_a_filter_throws_comes_out_as_it_is(int count)
    {
        var index = new EmbeddingIndex(8);
        float[][] rows = TestVectors.Make("rows", count, 8);
        for (int i = 0; i < count; i++) index.Add($"{i}", rows[i]);
        Assert.ThrowsExactly<FormatException>(() => index.Search(rows[0], 2, (_, _) => throw new FormatException()));
    }

    [TestMethod]
    public void Search_is_exact_after_any_adds_and_removes()
        => Gen.Select(Gen.Int[0, 60], Gen.Int[0, 59].Array[0, 40], Gen.Int[1, 12]).Sample(CheckSearch, iter: 60, threads: 1);

    private static void CheckSearch(int count, int[] removed, int k)
    {
        float[][] vectors = TestVectors.Make("rows", 60, Dimension), queries = TestVectors.Make("queries", 7, Dimension);
        var index = new EmbeddingIndex(Dimension);
        var kept = new HashSet<int>();
        for (int i = 0; i < count; i++)
        {
            index.Add($"{i}", vectors[i], i % 2 == 0 ? null : $"payload {i}");
            kept.Add(i);
        }

        foreach (int i in removed) Assert.AreEqual(kept.Remove(i), index.Remove($"{i}"));
        Assert.AreEqual(kept.Count, index.Count);
        var results = index.SearchMany(queries.SelectMany(q => q).ToArray(), k);
        int[] ids = [.. kept];
        float[][] rows = [.. ids.Select(i => vectors[i])];
        for (int q = 0; q < queries.Length; q++)
        {
            var expected = ReferenceNeighbors.Sorted(rows, queries[q], DistanceMetric.Cosine).Take(k).ToArray();
            Assert.HasCount(expected.Length, results[q]);
            for (int i = 0; i < expected.Length; i++)
            {
                int id = ids[expected[i].Row];
                Assert.AreEqual($"{id}", results[q][i].Id);
                Assert.AreEqual(expected[i].Similarity, results[q][i].Similarity, 2e-6);
                Assert.AreEqual(id % 2 == 0 ? null : $"payload {id}", results[q][i].Payload);
            }

            CollectionAssert.AreEqual(results[q].ToArray(), index.Search(queries[q], k).ToArray());
        }
    }

    [TestMethod]
    public void A_saved_index_loads_back_bit_for_bit()
    {
        var index = Make(300);
        index.Remove("17");
        index.Save(File);
        var again = EmbeddingIndex.Load(File);
        CollectionAssert.AreEqual(index.Ids.ToArray(), again.Ids.ToArray());
        float[] before = new float[Dimension], after = new float[Dimension];
        foreach (string id in index.Ids)
        {
            Assert.IsTrue(index.TryGetEmbedding(id, before) && again.TryGetEmbedding(id, after));
            CollectionAssert.AreEqual(before, after);
        }

        float[] query = TestVectors.Make("query", 1, Dimension)[0];
        CollectionAssert.AreEqual(index.Search(query, 50).ToArray(), again.Search(query, 50).ToArray());
        again.Save(File);
        CollectionAssert.AreEqual(new[] { File }, Directory.GetFiles(_folder.Path));
    }

    [TestMethod]
    public void Any_damage_is_noticed()
    {
        Make(3).Save(File);
        byte[] good = System.IO.File.ReadAllBytes(File);
        for (int i = 0; i < good.Length; i += i < 300 || i > good.Length - 100 ? 1 : 37)
        {
            byte[] bytes = (byte[])good.Clone();
            bytes[i] ^= 0x41;
            AssertRefused(bytes);
            AssertRefused(good[..i]);
        }

        string none = _folder["none"];
        Assert.AreEqual(
            $"There is no index '{none}'.",
            Assert.ThrowsExactly<FileNotFoundException>(() => EmbeddingIndex.Load(none)).Message);

        void AssertRefused(byte[] bytes)
        {
            System.IO.File.WriteAllBytes(File, bytes);
            Assert.StartsWith($"Index '{File}' cannot be read: ", MessageOf<InvalidDataException>(() => EmbeddingIndex.Load(File)));
            using var stream = new OneWayStream(bytes);
            Assert.StartsWith("The index cannot be read: ", MessageOf<InvalidDataException>(() => EmbeddingIndex.Load(stream)));
        }
    }

    [TestMethod]
    public void A_false_size_in_the_header_costs_no_memory()
    {
        byte[] header = new IndexHeader(Panels.MaximumDimension, int.MaxValue, 0, 1L << 40).ToBytes();
        System.IO.File.WriteAllBytes(File, [.. header, .. new byte[100_000]]);
        long before = GC.GetTotalAllocatedBytes();
        const string expected = "it claims 2147483647 entries of 16777215 values, which make";
        Assert.Contains(expected, MessageOf<InvalidDataException>(() => EmbeddingIndex.Load(File)));
        Assert.Contains(expected, MessageOf<InvalidDataException>(() => EmbeddingIndex.OpenMapped(File)));
        using var stream = new OneWayStream([.. header, .. new byte[100_000]]);
        Assert.Contains("cannot be read: ", Assert.ThrowsExactly<InvalidDataException>(() => EmbeddingIndex.Load(stream)).Message);
        Assert.IsLessThan(20L << 20, GC.GetTotalAllocatedBytes() - before);
    }

    [TestMethod]
    public void Near_duplicates_are_found_and_nothing_else()
    {
        float[][] vectors = TestVectors.Make("rows", 230, Dimension);
        vectors[200] = [.. vectors[3].Select(v => v * 2)];
        vectors[201] = [.. vectors[150].Select((v, i) => i == 0 ? v + 0.01f : v)];
        var index = new EmbeddingIndex(Dimension);
        for (int i = 0; i < vectors.Length; i++) index.Add($"{i}", vectors[i]);
        var pairs = index.FindSimilarPairs(0.9f);
        CollectionAssert.AreEqual(
            new[] { "3-200", "150-201" },
            pairs.Where(p => p.Similarity > 0.99f).Select(p => $"{p.First}-{p.Second}").ToArray());
        int expected = 0;
        for (int i = 0; i < vectors.Length; i++)
        {
            for (int j = i + 1; j < vectors.Length; j++)
                expected += ReferenceNeighbors.Sorted([vectors[j]], vectors[i], DistanceMetric.Cosine)[0].Similarity >= 0.9 ? 1 : 0;
        }

        Assert.HasCount(expected, pairs);
    }

    /// <summary>Several blocks of rows, since at this dimension a block holds a few hundred.</summary>
    [TestMethod]
    public void Removing_and_pairs_work_across_blocks()
    {
        const int dimension = 384, count = 1100;
        float[][] vectors = TestVectors.Make("rows", count, dimension);
        vectors[1050] = vectors[10];
        vectors[700] = vectors[699];
        var index = new EmbeddingIndex(dimension);
        for (int i = 0; i < count; i++) index.Add($"{i}", vectors[i]);
        CollectionAssert.AreEqual(
            new[] { "10-1050", "699-700" },
            index.FindSimilarPairs(1f).Select(p => $"{p.First}-{p.Second}").Order(StringComparer.Ordinal).ToArray());
        Assert.IsTrue(index.FindSimilarPairs(1f).All(p => p.Similarity <= 1));
        for (int i = 0; i < 900; i++) Assert.IsTrue(index.Remove($"{i}"));
        var ids = index.Ids.ToHashSet();
        CollectionAssert.AreEquivalent(Enumerable.Range(900, 200).Select(i => $"{i}").ToArray(), ids.ToArray());
        foreach (int i in (int[])[900, 1000, 1099]) Assert.AreEqual($"{i}", index.Search(vectors[i], 1)[0].Id);
    }

    [TestMethod]
    public void The_most_similar_pairs_are_kept_when_there_are_too_many()
    {
        float[][] vectors = TestVectors.Make("rows", 250, Dimension);
        var index = new EmbeddingIndex(Dimension);
        for (int i = 0; i < vectors.Length; i++) index.Add($"{i}", vectors[i]);
        var all = index.FindSimilarPairs(-1f);
        Assert.HasCount(250 * 249 / 2, all);
        CollectionAssert.AreEqual(all.Take(77).ToArray(), index.FindSimilarPairs(-1f, 77).ToArray());
        Assert.ThrowsExactly<ArgumentOutOfRangeException>(() => index.FindSimilarPairs(float.NaN));
        Assert.ThrowsExactly<ArgumentOutOfRangeException>(() => index.FindSimilarPairs(0.5f, 0));
    }

    [TestMethod]
    public void Strings_come_back_unchanged_or_are_refused()
    {
        var index = new EmbeddingIndex(1);
        string[] ids = ["", " ", "a\nb", "日本 \U0001F600", new('x', 70_000)];
        foreach (string id in ids) index.Add(id, [1f], id);
        Assert.Contains("The text has a lone surrogate at 1.", MessageOf<ArgumentException>(() => index.Add("x\ud800", [1f])));
        Assert.Contains("The text has a lone surrogate at 0.", MessageOf<ArgumentException>(() => index.Add("y", [1f], "\udc00")));
        index.Save(File);
        CollectionAssert.AreEqual(ids, EmbeddingIndex.Load(File).Ids.ToArray());
        new EmbeddingIndex(5).Save(File);
        Assert.AreEqual((0, 5), (EmbeddingIndex.Load(File).Count, EmbeddingIndex.Load(File).Dimension));
        Assert.Contains(
            $"There is no folder '{_folder["none"]}' for the index.",
            MessageOf<DirectoryNotFoundException>(() => index.Save(_folder["none/x"])));
    }

    [TestMethod]
    public void Misuse_is_reported()
    {
        var index = Make(2);
        Assert.Contains("The index has an entry '0' already.", MessageOf<ArgumentException>(() => index.Add("0", new float[Dimension])));
        Assert.Contains("The embedding has 3 values, expected 24.", MessageOf<ArgumentException>(() => index.Add("x", new float[3])));
        float[] bad = new float[Dimension];
        bad[5] = float.NaN;
        Assert.Contains("The embedding has a value that is not finite.", MessageOf<ArgumentException>(() => index.Add("x", bad)));
        Assert.Contains("The query has 48 values, expected 24.", MessageOf<ArgumentException>(() => index.Search(new float[48], 1)));
        Assert.Contains("The query has 0 values, expected 24.", MessageOf<ArgumentException>(() => index.Search([], 1)));
        Assert.Contains("The query has a value that is not finite.", MessageOf<ArgumentException>(() => index.Search(bad, 1)));
        Assert.Contains("expected a multiple of 24", MessageOf<ArgumentException>(() => index.SearchMany(new float[25], 1)));
        Assert.ThrowsExactly<ArgumentOutOfRangeException>(() => index.Search(new float[Dimension], 0));
        Assert.IsEmpty(new EmbeddingIndex(Dimension).Search(new float[Dimension], 5));
        Assert.HasCount(2, index.Search(new float[Dimension], 5), "zeros have cosine 0 with everything");
        Assert.IsTrue(index.Contains("1"));
        Assert.IsFalse(index.Contains("2"));
        Assert.IsFalse(index.Remove("2"));
    }

    private static string MessageOf<TException>(Action action)
        where TException : Exception
        => Assert.ThrowsExactly<TException>(action).Message;

    private static EmbeddingIndex Make(int count)
    {
        float[][] vectors = TestVectors.Make("rows", count, Dimension);
        var index = new EmbeddingIndex(Dimension);
        for (int i = 0; i < count; i++) index.Add($"{i}", vectors[i], i % 3 == 0 ? null : $"Füße {i}");
        return index;
    }
}
