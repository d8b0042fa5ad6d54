using System.Collections.Concurrent;
using Tips.OnnxExport.Downloads;
using Tips.OnnxExport.Files;

namespace Tips.MLNet.Tests.Downloads;

/// <summary>Interrupted downloads and what is kept of them: the right bytes of the right version, or nothing.</summary>
[TestClass]
public sealed class ResumedDownloadTests : DownloadTests
{
    [TestMethod]
    [DataRow(true)]
    [DataRow(false)]
    public async Task Dropped_connections_are_resumed(bool ranges)
    {
        Server.SendsRanges = ranges;
        Server.CutAfter = number => number < 10 && (ranges || number < 3) ? 70_000 : null;
        await Download();
        AssertWhole();
        if (!ranges) return;
        bool resumed = Server.Requests.Any(r => r.Range.Length > 0 && CheckpointServer.FirstByte(r.Range) % (1 << 17) >= 65_536);
        Assert.IsTrue(resumed, "an attempt continues where the last one ended");
    }

    [TestMethod]
    [DataRow(true)]
    [DataRow(false)]
    public async Task A_file_that_changes_during_the_download_is_downloaded_again(bool etag)
    {
        Server.SendsETag = etag;
        byte[] newer = Content(1_100_000, seed: 3);
        Server.Intercept = (_, number) =>
        {
            if (number == 5) (Server.Files[Name], Server.Version) = (newer, "2");
            return Task.FromResult(false);
        };
        await Download();
        CollectionAssert.AreEqual(newer, File.ReadAllBytes(Target));
        Assert.Contains("Starting over.", string.Join('\n', Messages));
    }

    [TestMethod]
    public async Task A_canceled_download_resumes_where_it_ended()
    {
        await Interrupt(after: 500_000);
        Server.ForgetRequests();
        await Download();
        AssertWhole();
        Assert.IsLessThan(700_000L, Server.BytesRequested, "the part on disk is not downloaded again");
    }

    [TestMethod]
    [DataRow("another version")]
    [DataRow("no state")]
    [DataRow("a damaged state")]
    [DataRow("a state that counts more than is there")]
    [DataRow("an impossible state")]
    public async Task A_part_that_cannot_be_trusted_is_downloaded_again(string damage)
    {
        await Interrupt(after: 500_000);
        string part = Target + PartialFile.Suffix, state = Target + PartialFile.StateSuffix;
        if (damage == "another version") Server.Version = "2";
        if (damage == "no state") File.Delete(state);
        if (damage == "a damaged state") File.WriteAllText(state, "{\"url\":");
        if (damage == "a state that counts more than is there") File.WriteAllBytes(part, []);
        if (damage == "an impossible state")
        {
            string json = File.ReadAllText(state);
            File.WriteAllText(state, json.Replace("\"chunkLength\": 131072", "\"chunkLength\": -1", StringComparison.Ordinal));
        }

        Server.ForgetRequests();
        await Download();
        AssertWhole();
        Assert.IsGreaterThanOrEqualTo(1_000_000L, Server.BytesRequested);
    }

    [TestMethod]
    public async Task A_part_that_was_damaged_on_disk_is_detected()
    {
        await Interrupt(after: 500_000);
        byte[] part = File.ReadAllBytes(Target + PartialFile.Suffix);
        part[10] ^= 1;
        File.WriteAllBytes(Target + PartialFile.Suffix, part);
        Assert.Contains("its CRC-32C is", await Fails());
        AssertNothing();
        await Download();
        AssertWhole();
    }

    [TestMethod]
    [DataRow(true, true)]
    [DataRow(false, true)]
    [DataRow(true, false)]
    public async Task Versions_of_the_same_length_are_never_mixed(bool etag, bool hashes)
    {
        (Server.SendsETag, Server.SendsHashes, Server.HonorsIfRange) = (etag, hashes, false);
        byte[] newer = Content(1_000_000, seed: 5);
        Server.Intercept = (_, _) =>
        {
            if (Server.BytesRequested > 500_000) (Server.Files[Name], Server.Version) = (newer, "2");
            return Task.FromResult(false);
        };
        await Download();
        CollectionAssert.AreEqual(newer, File.ReadAllBytes(Target));
        Assert.Contains("changed on the server during the download. Starting over.", string.Join('\n', Messages));
    }

    [TestMethod]
    public async Task A_sign_in_page_during_the_download_does_not_cost_the_part_on_disk()
    {
        await Interrupt(after: 500_000);
        Server.Intercept = async (context, _) =>
        {
            if (context.Request.Headers.Range == "bytes=0-0") return false;
            context.Response.ContentType = "text/html; charset=utf-8";
            await context.Response.Body.WriteAsync("<html>Sign in</html>"u8.ToArray());
            return true;
        };
        Assert.Contains("is a web page, expected a file.", await Fails());
        Server.Intercept = null;
        Server.ForgetRequests();
        await Download();
        AssertWhole();
        Assert.IsLessThan(700_000L, Server.BytesRequested);
    }

    /// <summary>Canceled while the whole file is checked: it is kept if it came in ranges, and deleted if it did not.</summary>
    [TestMethod]
    [DataRow(true)]
    [DataRow(false)]
    public async Task A_canceled_check_says_what_is_kept(bool ranges)
    {
        Server.SendsRanges = ranges;
        using var source = new CancellationTokenSource();
        var progress = new Recorder(report =>
        {
            if (report.Step.StartsWith("Checking", StringComparison.Ordinal)) source.Cancel();
        });
        var e = await Assert.ThrowsExactlyAsync<DownloadCanceledException>(
            () => Download(progress: progress, cancellationToken: source.Token));
        Assert.Contains(ranges ? "the part downloaded so far is kept" : "the same command starts over", e.Message);
        if (!ranges) AssertNothing();
        Server.ForgetRequests();
        await Download();
        AssertWhole();
        long wholeRequests = Server.Requests.Count(r => r.Range.Length == 0 && r.Method == "GET");
        Assert.AreEqual(ranges ? 0L : 1_000_000L, ranges ? Server.BytesRequested : wholeRequests * 1_000_000L);
    }

    [TestMethod]
    public async Task A_part_of_an_unknown_version_is_not_kept()
    {
        (Server.SendsETag, Server.SendsHashes) = (false, false);
        Server.CutAfter = _ => 100;
        string message = await Fails();
        Assert.Contains("Gave up after 4 attempts.", message);
        Assert.DoesNotContain("kept", message);
        AssertNothing();
    }

    [TestMethod]
    public async Task Leftovers_of_a_killed_process_are_deleted()
    {
        await Download();
        foreach (string suffix in (string[])[PartialFile.Suffix, PartialFile.StateSuffix, PartialFile.StateSuffix + ".new"])
            File.WriteAllText(Target + suffix, "{}");
        Assert.IsTrue((await Download()).WasCached);
        AssertWhole();
    }

    [TestMethod]
    public async Task Progress_includes_what_was_done_before()
    {
        await Interrupt(after: 500_000);
        var reports = new ConcurrentQueue<WorkProgress>();
        using var downloader = new FileDownloader(Options, new Recorder(reports.Enqueue));
        await downloader.DownloadAsync(Wanted, CancellationToken.None);
        var fetched = reports.Where(r => r.Step == "model_vision.npz").ToArray();
        Assert.IsTrue(fetched.All(r => r.Start == fetched[0].Done && r.Start > 0 && r.Total == 1_000_000));
        Assert.AreEqual(1_000_000L, fetched.Max(r => r.Done));
        Assert.AreEqual(1_000_000L, reports.Where(r => r.Step.StartsWith("Checking", StringComparison.Ordinal)).Max(r => r.Done));
    }
}
