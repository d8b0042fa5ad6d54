using System.Security.Cryptography;
using Tips.OnnxExport.Downloads;

namespace Tips.MLNet.Tests.Downloads;

/// <summary>Downloads when all goes well, and problems on the local machine.</summary>
[TestClass]
public sealed class FileDownloaderTests : DownloadTests
{
    [TestMethod]
    public async Task A_file_is_downloaded_in_ranges_and_recorded()
    {
        var file = await Download();
        Assert.IsFalse(file.WasCached);
        AssertWhole();
        Assert.HasCount(8, Server.Requests.Where(r => r.Range.Length > 0 && r.Range != "bytes=0-0"));
        var record = DownloadRecord.TryRead(Target)!;
        Assert.AreEqual((new Uri(Server.Address, Name).AbsoluteUri, 1_000_000L), (record.Url, record.Length));
        Assert.AreEqual((Convert.ToHexStringLower(SHA256.HashData(Whole)), "\"1-1000000\""), (record.Sha256, record.ETag));
        Assert.IsNotNull(record.CheckedCrc32C);
        Assert.IsNotNull(record.CheckedMd5);
        Assert.Contains("CC-BY-4.0", record.License);
        Assert.IsEmpty(Messages);
    }

    [TestMethod]
    public async Task A_cached_file_is_not_downloaded_again()
    {
        await Download();
        Server.ForgetRequests();
        Assert.IsTrue((await Download()).WasCached);
        Assert.IsEmpty(Server.Requests);
    }

    [TestMethod]
    [DataRow("changed")]
    [DataRow("cut off")]
    [DataRow("without a record")]
    public async Task A_file_that_does_not_match_its_record_is_downloaded_again(string damage)
    {
        await Download();
        if (damage == "changed") File.WriteAllBytes(Target, Content(1_000_000, seed: 2));
        if (damage == "cut off") File.WriteAllBytes(Target, Whole[..1000]);
        if (damage == "without a record") File.Delete(Target + ".json");
        Assert.IsFalse((await Download()).WasCached);
        AssertWhole();
    }

    [TestMethod]
    [DataRow(true)]
    [DataRow(false)]
    public async Task A_server_without_ranges_sends_the_whole_file(bool length)
    {
        (Server.SendsRanges, Server.SendsLength) = (false, length);
        await Download();
        AssertWhole();
    }

    [TestMethod]
    public async Task A_slow_server_is_waited_for()
    {
        Server.Pace = (200, 15_000); // nine pieces per range, 1.8 seconds: longer than the idle timeout, which applies to one piece
        await Download(Options with { IdleTimeout = TimeSpan.FromSeconds(1), Connections = 8 });
        AssertWhole();
        Assert.IsEmpty(Messages);
    }

    [TestMethod]
    [DataRow(true)]
    [DataRow(false)]
    public async Task A_full_disk_is_reported_before_the_download(bool ranges)
    {
        Server.SendsRanges = ranges;
        var e = await Assert.ThrowsAsync<IOException>(() => Download(Options with { FreeBytes = _ => 999_999 }));
        Assert.AreEqual($"The disk at '{Target}' has 999,999 bytes free; the image encoder needs 1,000,000.", e.Message);
        Assert.IsFalse(File.Exists(Target));
    }

    [TestMethod]
    public async Task A_cache_that_cannot_be_written_is_named()
    {
        File.WriteAllText(Path.Combine(Folder.Path, "dir"), "in the way");
        Assert.StartsWith($"The cache folder '{Path.Combine(Folder.Path, "dir")}' cannot be written:", await Fails());
    }

    [TestMethod]
    public async Task Two_downloaders_download_a_file_only_once()
    {
        var waiting = new TaskCompletionSource();
        Server.Intercept = async (_, _) =>
        {
            await waiting.Task; // the first holds the lock until the second has reported that it is waiting
            return false;
        };
        var options = Options with
        {
            Log = message =>
            {
                Messages.Enqueue(message);
                waiting.TrySetResult();
            },
        };
        var files = await Task.WhenAll(Task.Run(() => Download(options)), Task.Run(() => Download(options)));
        Assert.HasCount(1, files.Where(f => !f.WasCached));
        AssertWhole();
        Assert.IsLessThan(1_100_000L, Server.BytesRequested);
        Assert.AreEqual($"Another process is downloading '{Target}'; waiting for it.", Messages.Single());
    }

    [TestMethod]
    public async Task A_file_with_two_names_is_found_under_either()
    {
        var file = await Download(wanted: new ReleasedFile("image encoder", ["dir/other_vision.npz", Name]));
        Assert.AreEqual(Target, file.Path);
        string message = await Fails(wanted: new ReleasedFile("text encoder", ["a.npz", "b.npz"]));
        string failure = $"'{new Uri(Server.Address, "b.npz")}' answered 404 Not Found. (Tried a.npz and b.npz.)";
        Assert.Contains($"The text encoder cannot be downloaded: {failure}", message);
    }

    [TestMethod]
    public async Task A_refusal_under_one_name_does_not_rule_out_another_name()
    {
        Server.Intercept = (context, _) =>
        {
            if (!context.Request.Path.Value!.Contains("other", StringComparison.Ordinal)) return Task.FromResult(false);
            context.Response.StatusCode = 403;
            return Task.FromResult(true);
        };
        var wanted = new ReleasedFile("image encoder", ["dir/other_vision.npz", Name]);
        await Download(wanted: wanted);
        AssertWhole();
        Server.Dispose();
        Assert.IsTrue((await Download(wanted: wanted)).WasCached, "a cached file needs no server");
    }

    [TestMethod]
    public async Task All_files_must_fit_before_the_first_is_downloaded()
    {
        Server.Files["dir/model_text.npz"] = Content(600_000, seed: 6);
        ReleasedFile[] both = [Wanted, new("text encoder", ["dir/model_text.npz"])];
        using (var downloader = new FileDownloader(Options with { FreeBytes = _ => 1_500_000 }))
        {
            var e = await Assert.ThrowsAsync<IOException>(() => downloader.CheckSpaceAsync(both, CancellationToken.None));
            Assert.AreEqual(
                $"The disk at '{Folder.Path}' has 1,500,000 bytes free; the download of 2 files needs 1,600,000.", e.Message);
        }

        await Download();
        using var later = new FileDownloader(Options with { FreeBytes = _ => 600_000 });
        await later.CheckSpaceAsync(both, CancellationToken.None);
    }

    [TestMethod]
    public async Task A_redirect_is_followed()
    {
        Server.Intercept = (context, _) =>
        {
            if (!context.Request.Path.StartsWithSegments("/dir")) return Task.FromResult(false);
            context.Response.Redirect("/moved/model_vision.npz");
            return Task.FromResult(true);
        };
        Server.Files["moved/model_vision.npz"] = Whole;
        await Download();
        AssertWhole();
    }

    [TestMethod]
    [DataRow("", "AAAAAA==")]
    [DataRow("123456789", "4waSgw==")] // 0xE3069283, the check value of CRC-32C (RFC 3720)
    public void The_checksum_is_CRC_32C(string text, string expected)
    {
        var crc = new Crc32C();
        byte[] bytes = System.Text.Encoding.ASCII.GetBytes(text);
        crc.Append(bytes.AsSpan(0, bytes.Length / 3));
        crc.Append(bytes.AsSpan(bytes.Length / 3));
        Assert.AreEqual(expected, Convert.ToBase64String(crc.GetHash()));
    }
}
