using Tips.MLNet.Store;
using Tips.MLNet.Tests.Support;

namespace Tips.MLNet.Tests.Store;

/// <summary>Whether a file is the same as before, without reading it.</summary>
[TestClass]
public sealed class FileStampTests : IDisposable
{
    private static readonly DateTime Past = new(2020, 2, 2, 2, 2, 2, DateTimeKind.Utc);

    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [TestMethod]
    public void A_file_that_nobody_touches_keeps_its_stamp()
    {
        Write("a", "1", Past);
        Assert.AreEqual(Of("a"), Of("a"));
        Assert.AreEqual(Of("a").Key(), Of("a").Key());
        Assert.AreEqual(Path.GetFullPath(_folder["a"]), Of("a").Path);
    }

    [TestMethod]
    public void Every_part_makes_another_key()
    {
        var stamp = new FileStamp("a", 1, 2, new Tips.MLNet.Files.FileIdentity(3, 4));
        FileStamp[] all =
        [
            stamp, stamp with { Path = "b" }, stamp with { Length = 2 }, stamp with { WriteTime = 3 },
            stamp with { Identity = stamp.Identity with { Number = 4 } }, stamp with { Identity = stamp.Identity with { Time = 5 } },
        ];
        Assert.HasCount(all.Length, all.Select(s => s.Key()).Distinct().ToArray());
    }

    [TestMethod]
    public void Another_length_or_time_makes_another_stamp()
    {
        Write("a", "1", Past);
        var before = Of("a");
        Write("a", "22", Past);
        Assert.AreNotEqual(before, Of("a"));
        Write("a", "1", Past.AddTicks(10));
        Assert.AreNotEqual(before, Of("a"));
    }

    /// <summary>As archives unpack pictures of one size.</summary>
    [TestMethod]
    [OSCondition(OperatingSystems.Linux)]
    public void Files_of_one_length_and_time_that_change_places_are_noticed()
    {
        Write("a", "1", Past);
        Write("b", "2", Past);
        var (a, b) = (Of("a"), Of("b"));
        Assert.AreNotEqual(a.Identity.Number, b.Identity.Number);
        File.Move(_folder["a"], _folder["c"]);
        File.Move(_folder["b"], _folder["a"]);
        File.Move(_folder["c"], _folder["b"]);
        Assert.AreNotEqual(a, Of("a"));
        Assert.AreNotEqual(b, Of("b"));
    }

    [TestMethod]
    [OSCondition(OperatingSystems.Linux)]
    public void A_change_that_puts_the_time_back_is_noticed()
    {
        Write("a", "1", Past);
        var before = Of("a");
        Thread.Sleep(50); // more than a step of the clock
        Write("a", "2", Past);
        Assert.AreNotEqual(before, Of("a"));
        Assert.AreEqual(before with { Identity = default }, Of("a") with { Identity = default });
    }

    [TestMethod]
    public void What_was_written_a_moment_ago_is_not_settled()
    {
        Write("a", "1", Past);
        Assert.IsFalse(Of("a").IsSettled(Past.AddSeconds(2)));
        Assert.IsTrue(Of("a").IsSettled(Past.AddSeconds(3)));
        Assert.IsFalse(Of("a").IsSettled(Past.AddDays(-1)), "written in the future");
    }

    [TestMethod]
    public void What_is_no_file_has_no_stamp()
    {
        Assert.IsNull(FileStamp.Of(_folder["none"]));
        Assert.IsNull(FileStamp.Of(_folder.Path));
        Assert.IsNull(FileStamp.Of("bad\0name"));
        File.WriteAllText(_folder["empty"], "");
        Assert.IsNull(FileStamp.Of(_folder["empty"]));
    }

    private FileStamp Of(string name) => FileStamp.Of(_folder[name])!.Value;

    private void Write(string name, string content, DateTime time)
    {
        File.WriteAllText(_folder[name], content);
        File.SetLastWriteTimeUtc(_folder[name], time);
    }
}
