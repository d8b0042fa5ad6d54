using Tips.MLNet.Images;

namespace Tips.MLNet.Tests.Images;

[TestClass]
public class BufferPoolTests
{
    [TestMethod]
    public void The_smallest_array_that_is_large_enough_is_reused()
    {
        using var pool = new BufferPool(100_000_000, TimeSpan.FromHours(1));
        byte[] small = pool.Rent(1_000_000), large = pool.Rent(3_000_000);
        Assert.AreNotSame(small, large);
        Assert.IsLessThan(1_200_000, small.Length);
        pool.Return(large);
        pool.Return(small);
        Assert.AreSame(small, pool.Rent(900_000));
        Assert.AreSame(large, pool.Rent(900_000), "better than new memory");
        Assert.AreNotSame(large, pool.Rent(900_000));
        pool.Return(large);
        Assert.AreNotSame(large, pool.Rent(10_000), "it is kept for a large picture");
        Assert.AreSame(large, pool.Rent(3_000_000));
    }

    [TestMethod]
    public void No_more_is_kept_than_allowed()
    {
        using var pool = new BufferPool(3_000_000, TimeSpan.FromHours(1));
        byte[] first = pool.Rent(2_000_000), second = pool.Rent(2_000_000), vast = pool.Rent(5_000_000);
        foreach (byte[] array in (byte[][])[first, second, vast]) pool.Return(array);
        Assert.AreSame(second, pool.Rent(2_000_000), "the last one that was used");
        Assert.AreNotSame(first, pool.Rent(2_000_000));
        Assert.AreNotSame(vast, pool.Rent(5_000_000));
    }

    [TestMethod]
    public void What_nobody_uses_is_given_up()
    {
        using var pool = new BufferPool(100_000_000, TimeSpan.FromMilliseconds(20));
        byte[] array = pool.Rent(1_000_000);
        pool.Return(array);
        Assert.IsTrue(SpinWait.SpinUntil(() => !pool.HasFree, TimeSpan.FromSeconds(30)));
        Assert.AreNotSame(array, pool.Rent(1_000_000));
    }
}
