using CsCheck;
using Tips.MLNet.Search;

namespace Tips.MLNet.Tests.Search;

[TestClass]
public class TopKTests
{
    // Few distinct values, so that ties are common.
    [TestMethod]
    public void It_keeps_what_sorting_would_keep() => Gen.Select(Gen.Int[0, 6].Array[0, 60], Gen.Int[1, 20]).Sample((sums, capacity) =>
    {
        var best = new TopK(capacity);
        for (int round = 0; round < 2; round++)
        {
            for (int i = 0; i < sums.Length; i++) best.Offer(sums[i], i);
            int[] expected = [.. Enumerable.Range(0, sums.Length).OrderByDescending(i => sums[i]).ThenBy(i => i).Take(capacity)];
            int[] rows = new int[capacity];
            float[] kept = new float[capacity];
            Assert.AreEqual(expected.Length, best.Drain(rows, kept));
            CollectionAssert.AreEqual(expected, rows[..expected.Length]);
            CollectionAssert.AreEqual(expected.Select(i => (float)sums[i]).ToArray(), kept[..expected.Length]);
        }
    });

    [TestMethod]
    public void The_threshold_is_the_worst_kept_once_it_is_full()
    {
        var best = new TopK(2);
        Assert.AreEqual(float.NegativeInfinity, best.Threshold);
        best.Offer(5, 0);
        Assert.AreEqual(float.NegativeInfinity, best.Threshold);
        best.Offer(3, 1);
        Assert.AreEqual(3f, best.Threshold);
        best.Offer(4, 2);
        Assert.AreEqual(4f, best.Threshold);
        best.Offer(1, 3);
        Assert.AreEqual(4f, best.Threshold);
    }

    /// <summary>Rows in two parts, each with its own heap: merged, they keep what one heap would.</summary>
    [TestMethod]
    public void Merging_keeps_what_a_single_heap_would_keep()
        => Gen.Select(Gen.Int[0, 6].Array[0, 60], Gen.Int[1, 20], Gen.Int[0, 60]).Sample((sums, capacity, cut) =>
        {
            TopK whole = new(capacity), first = new(capacity), second = new(capacity);
            for (int i = 0; i < sums.Length; i++)
            {
                whole.Offer(sums[i], i);
                (i < cut ? first : second).Offer(sums[i], i);
            }

            first.Merge(second);
            int[] expected = new int[capacity], actual = new int[capacity];
            float[] kept = new float[capacity];
            Assert.AreEqual(whole.Drain(expected, kept), first.Drain(actual, kept));
            CollectionAssert.AreEqual(expected, actual);
        });
}
