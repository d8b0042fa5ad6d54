using Tips.MLNet.Search;

namespace Tips.MLNet.Tests.Search;

/// <summary>An index that is searched while it changes, entries that are replaced, and searches with a filter.</summary>
[TestClass]
public class ChangingIndexTests
{
    private const int Dimension = 48;

    /// <summary>
    /// Every entry's payload is its own id, and its vector can be looked up by it; a search result that does not match both comes from a
    /// torn row. Entries come and go while three threads search, and the fixed ones must always be found.
    /// </summary>
    [TestMethod]
    public void A_thousand_adds_and_removes_during_searches_give_no_wrong_answer()
    {
        const int fixedCount = 700, changes = 1000;
        float[][] vectors = TestVectors.Make("rows", fixedCount + changes, Dimension);
        var index = new EmbeddingIndex(Dimension);
        for (int i = 0; i < fixedCount; i++) index.Add($"{i}", vectors[i], $"{i}");
        using var done = new CancellationTokenSource();
        long searches = 0;
        Task[] searchers = [.. Enumerable.Range(0, 3).Select(thread => Task.Run(() =>
        {
            for (int round = thread; !done.IsCancellationRequested; round++)
            {
                int wanted = round % fixedCount;
                var results = index.Search(vectors[wanted], 5);
                Assert.AreEqual(5, results.Count);
                Assert.AreEqual($"{wanted}", results[0].Id);
                foreach (var result in results)
                {
                    Assert.AreEqual(result.Id, result.Payload);
                    Assert.AreEqual(TipsModel.CosineSimilarity(vectors[wanted], vectors[int.Parse(result.Id)]), result.Similarity, 2e-6f);
                }

                Assert.IsGreaterThanOrEqualTo(fixedCount, index.Count);
                Interlocked.Increment(ref searches);
            }
        }))];
        for (int i = 0; i < changes; i++)
        {
            index.Add($"{fixedCount + i}", vectors[fixedCount + i], $"{fixedCount + i}");
            if (i % 3 == 2) Assert.IsTrue(index.Remove($"{fixedCount + i - 2}"));
            if (i % 10 == 0) Assert.IsFalse(index.Upsert("5", vectors[5], "5"));
            if (i % 50 == 0) Thread.Sleep(1);
        }

        SpinWait.SpinUntil(() => Interlocked.Read(ref searches) > 50, TimeSpan.FromSeconds(30));
        done.Cancel();
        Task.WaitAll(searchers);
        Assert.IsGreaterThan(50L, searches);
        Assert.AreEqual(fixedCount + changes - changes / 3, index.Count);
        foreach (string id in index.Ids) Assert.AreEqual(id, index.Search(vectors[int.Parse(id)], 1)[0].Id);
    }

    [TestMethod]
    public void A_list_of_ids_is_a_snapshot()
    {
        var index = new EmbeddingIndex(2);
        for (int i = 0; i < 3000; i++) index.Add($"{i}", [i, 1]);
        var before = index.Ids;
        index.Search([1, 0], 3, (id, _) =>
        {
            // Changes the index from inside a running search.
            lock (before)
            {
                if (index.Count > 2500) index.Remove($"{index.Count - 1}");
                index.Upsert("7", [7, 2], "changed");
            }

            return true;
        });
        Assert.HasCount(3000, before);
        Assert.AreEqual("2999", before[2999]);
        Assert.IsLessThan(3000, index.Count);
    }

    [TestMethod]
    public void A_block_is_copied_once_for_all_changes_during_a_search()
    {
        const int dimension = 512, count = 200;
        float[][] vectors = TestVectors.Make("rows", count, dimension);
        var index = new EmbeddingIndex(dimension);
        for (int i = 0; i < count; i++) index.Add($"{i}", vectors[i]);
        long allocated = 0;
        bool done = false;
        var found = index.Search(vectors[0], 1, (_, _) =>
        {
            if (done) return true;
            done = true;
            float[] copy = new float[dimension];
            long before = GC.GetAllocatedBytesForCurrentThread();
            for (int i = 0; i < count; i++)
            {
                if (index.Count == count && index.TryGetEmbedding($"{i}", copy)) index.Upsert($"{i}", vectors[count - 1 - i]);
            }

            allocated = GC.GetAllocatedBytesForCurrentThread() - before;
            return true;
        });
        Assert.IsTrue(done);
        Assert.AreEqual("0", found[0].Id, "the search sees nothing of it");
        Assert.AreEqual(1f, found[0].Similarity, 1e-6f);
        Assert.IsLessThan(1L << 20, allocated, "every block once has 0.5 MB; every change by itself would have 100");
        for (int i = 0; i < count; i++) Assert.AreEqual($"{count - 1 - i}", index.Search(vectors[i], 1)[0].Id);
    }

    [TestMethod]
    public void Readers_keep_what_they_have_whatever_is_changed_and_added_after_it()
    {
        var blocks = new BlockArray<int>(2);
        for (int i = 0; i < 4; i++) blocks.ForAppend(i / 2)[i % 2] = i;
        var first = blocks.TakeSnapshot();
        blocks.ForChange(1, inUse: true)[0] = 20;
        blocks.ForChange(1, inUse: true)[1] = 30;
        var second = blocks.TakeSnapshot();
        blocks.ForChange(1, inUse: true)[1] = 31;
        blocks.ForAppend(2)[0] = 4;
        blocks.Trim(1, inUse: true);
        blocks.ForAppend(1)[0] = 99;
        CollectionAssert.AreEqual(new[] { 0, 1, 2, 3 }, first.Take(2).SelectMany(b => b).ToArray());
        CollectionAssert.AreEqual(new[] { 0, 1, 20, 30 }, second.Take(2).SelectMany(b => b).ToArray());
        CollectionAssert.AreEqual(new[] { 99, 0 }, blocks.TakeSnapshot()[1]);
    }

    [TestMethod]
    public void Upsert_replaces_or_adds()
    {
        var index = new EmbeddingIndex(2);
        Assert.IsTrue(index.Upsert("a", [1, 0], "first"));
        Assert.IsTrue(index.Upsert("b", [0, 1]));
        Assert.IsFalse(index.Upsert("a", [0, -5], "second"));
        CollectionAssert.AreEqual(new[] { "a", "b" }, index.Ids.ToArray());
        var best = index.Search([0, -1], 1)[0];
        Assert.AreEqual(("a", 1f, "second"), (best.Id, best.Similarity, best.Payload));
        Assert.AreEqual(2, index.Count);
    }

    [TestMethod]
    public void A_filter_gives_the_exact_nearest_of_those_that_pass()
    {
        const int count = 2500;
        float[][] vectors = TestVectors.Make("rows", count, Dimension), queries = TestVectors.Make("queries", 9, Dimension);
        var index = new EmbeddingIndex(Dimension);
        for (int i = 0; i < count; i++) index.Add($"{i}", vectors[i], i % 2 == 0 ? "even" : null);
        foreach (int divisor in (int[])[1, 7, 900])
        {
            bool Filter(string id, string? payload) => payload == "even" && int.Parse(id) % divisor == 0;
            int[] passing = [.. Enumerable.Range(0, count).Where(i => i % 2 == 0 && i % divisor == 0)];
            var many = index.SearchMany(queries.SelectMany(q => q).ToArray(), 10, Filter);
            for (int q = 0; q < queries.Length; q++)
            {
                var expected = ReferenceNeighbors.Sorted([.. passing.Select(i => vectors[i])], queries[q], DistanceMetric.Cosine).Take(10);
                CollectionAssert.AreEqual(expected.Select(e => $"{passing[e.Row]}").ToArray(), many[q].Select(r => r.Id).ToArray());
                CollectionAssert.AreEqual(many[q].ToArray(), index.Search(queries[q], 10, Filter).ToArray());
            }
        }

        Assert.IsEmpty(index.Search(queries[0], 10, (_, _) => false));
    }

    /// <summary>A filter may query a database, so it must not be called for rows that would not be found anyway.</summary>
    [TestMethod]
    public void A_filter_is_called_for_few_rows()
    {
        const int count = 20_000;
        float[][] vectors = TestVectors.Make("rows", count, 8);
        var index = new EmbeddingIndex(8);
        for (int i = 0; i < count; i++) index.Add($"{i}", vectors[i]);
        int asked = 0;
        index.Search(vectors[3], 5, (_, _) => Interlocked.Increment(ref asked) > 0);
        Assert.IsLessThan(count / 10, asked);
    }
}
