using Tips.MLNet.Images;

namespace Tips.MLNet.Tests.Images;

[TestClass]
public class DecodingMemoryTests
{
    [TestMethod]
    public void Whoever_finds_no_room_waits_for_it()
    {
        var memory = new DecodingMemory(100);
        var first = memory.Reserve(60, CancellationToken.None);
        var second = memory.Reserve(40, CancellationToken.None);
        var waiting = Task.Run(() => memory.Reserve(30, CancellationToken.None));
        Assert.IsFalse(waiting.Wait(50));
        second.Dispose();
        Assert.IsTrue(waiting.Wait(10_000));
        Assert.AreEqual(90L, memory.Used);
        first.Dispose();
        waiting.Result.Dispose();
        Assert.AreEqual(0L, memory.Used);
    }

    [TestMethod]
    public void A_picture_larger_than_the_budget_waits_to_be_alone()
    {
        var memory = new DecodingMemory(100);
        var small = memory.Reserve(10, CancellationToken.None);
        var waiting = Task.Run(() => memory.Reserve(1_000, CancellationToken.None));
        Assert.IsFalse(waiting.Wait(50));
        small.Dispose();
        Assert.IsTrue(waiting.Wait(10_000));
        waiting.Result.Dispose();
    }

    [TestMethod]
    public void Waiting_can_be_canceled()
    {
        var memory = new DecodingMemory(100);
        using var all = memory.Reserve(100, CancellationToken.None);
        using var source = new CancellationTokenSource();
        var waiting = Task.Run(() => memory.Reserve(1, source.Token));
        Assert.IsFalse(waiting.Wait(50));
        source.Cancel();
        Assert.ThrowsExactly<OperationCanceledException>(() => waiting.GetAwaiter().GetResult());
        Assert.AreEqual(100L, memory.Used);
    }

    /// <summary>Nothing of a picture stays, whether it can be decoded or not.</summary>
    [TestMethod]
    public void Every_reservation_is_given_back()
    {
        foreach (string name in Support.FormatPictures.Names)
        {
            byte[] bytes = File.ReadAllBytes(Support.FormatPictures.PathOf(name));
            ImageSource.FromBytes(bytes).WithDecoding(new() { Upright = true }).Decode().Dispose();
            Assert.ThrowsExactly<InvalidDataException>(() => ImageSource.FromBytes(bytes.AsMemory(0, bytes.Length - 1)).Decode());
        }

        Assert.AreEqual(0L, DecodingMemory.Shared.Used);
    }
}
