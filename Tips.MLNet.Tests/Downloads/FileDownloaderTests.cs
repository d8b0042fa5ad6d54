using System.Collections.Concurrent;
using System.IO.Compression;
using System.Net.Sockets;
using System.Security.Cryptography;
using Tips.MLNet.Tests.Support;
using Tips.OnnxExport.Downloads;
using Tips.OnnxExport.Files;

namespace Tips.MLNet.Tests.Downloads;

/// <summary>Every way a server, a connection or a disk can fail: the right file, or one clear error and no file.</summary>
[TestClass]
public sealed class FileDownloaderTests : IDisposable
{
    private const string Name = "dir/model_vision.npz";

    private static readonly ReleasedFile Wanted = new("image encoder", [Name]);

    private readonly TemporaryFolder _folder = new();
    private readonly CheckpointServer _server = new();
    private readonly ConcurrentQueue<string> _notes = [];
    private readonly byte[] _content = Content(1_000_000, seed: 1);

    public FileDownloaderTests() => _server.Files[Name] = _content;

    private string Target => Path.Combine(_folder.Path, "dir", "model_vision.npz");

    private DownloadOptions Options => new()
    {
        BaseAddress = _server.Address,
        Cache = new CacheFolder(_folder.Path),
        ChunkLength = 1 << 17,
        Patience = TimeSpan.FromSeconds(5),
        Retries = 3,
        FirstDelay = TimeSpan.FromMilliseconds(1),
        LongestDelay = TimeSpan.FromMilliseconds(20),
        Note = _notes.Enqueue,
    };

    public void Dispose()
    {
        _server.Dispose();
        _folder.Dispose();
    }

    [TestMethod]
    public async Task A_file_comes_in_ranges_and_is_recorded()
    {
        var file = await Download();
        Assert.IsFalse(file.WasThere);
        AssertWhole();
        Assert.HasCount(8, _server.Requests.Where(r => r.Range.Length > 0 && r.Range != "bytes=0-0"));
        var record = DownloadRecord.TryRead(Target)!;
        Assert.AreEqual((new Uri(_server.Address, Name).AbsoluteUri, 1_000_000L, Convert.ToHexStringLower(SHA256.HashData(_content)), "\"1-1000000\""), (record.Url, record.Length, record.Sha256, record.ETag));
        Assert.IsNotNull(record.CheckedCrc32C);
        Assert.IsNotNull(record.CheckedMd5);
        Assert.Contains("CC-BY-4.0", record.License);
        Assert.IsEmpty(_notes);
    }

    [TestMethod]
    public async Task A_file_that_is_there_is_not_fetched_again()
    {
        await Download();
        _server.ForgetRequests();
        Assert.IsTrue((await Download()).WasThere);
        Assert.IsEmpty(_server.Requests);
    }

    [TestMethod]
    [DataRow("changed")]
    [DataRow("cut off")]
    [DataRow("without a record")]
    public async Task A_file_that_is_not_what_its_record_says_is_fetched_again(string damage)
    {
        await Download();
        if (damage == "changed") File.WriteAllBytes(Target, Content(1_000_000, seed: 2));
        if (damage == "cut off") File.WriteAllBytes(Target, _content[..1000]);
        if (damage == "without a record") File.Delete(Target + ".json");
        Assert.IsFalse((await Download()).WasThere);
        AssertWhole();
    }

    [TestMethod]
    [DataRow(true)]
    [DataRow(false)]
    public async Task A_server_without_ranges_sends_the_whole(bool length)
    {
        (_server.SendsRanges, _server.SendsLength) = (false, length);
        await Download();
        AssertWhole();
    }

    [TestMethod]
    public async Task A_server_that_forgets_ranges_on_the_way_is_asked_for_the_whole()
    {
        _server.Intercept = (_, number) =>
        {
            if (number == 4) _server.SendsRanges = false;
            return Task.FromResult(false);
        };
        await Download();
        AssertWhole();
        Assert.Contains("was asked for a part and sends the whole (200). Starting again.", string.Join('\n', _notes));
    }

    [TestMethod]
    [DataRow(true)]
    [DataRow(false)]
    public async Task Dropped_connections_are_taken_up_again(bool ranges)
    {
        _server.SendsRanges = ranges;
        _server.CutAfter = number => number < 10 && (ranges || number < 3) ? 70_000 : null;
        await Download();
        AssertWhole();
        if (ranges) Assert.IsTrue(_server.Requests.Any(r => r.Range.Length > 0 && CheckpointServer.FirstByte(r.Range) % (1 << 17) >= 65_536), "an attempt goes on where the last one ended");
    }

    [TestMethod]
    [DataRow(true, "Given up after 4 attempts; what was downloaded is kept, and the same command goes on from there.")]
    [DataRow(false, "Given up after 4 attempts.")]
    public async Task A_server_that_always_cuts_off_is_given_up_and_nothing_is_taken_for_whole(bool ranges, string expected)
    {
        _server.SendsRanges = ranges;
        _server.CutAfter = _ => ranges ? 100 : 900_000;
        string message = await Fails();
        Assert.Contains(expected, message);
        Assert.Contains(new Uri(_server.Address, Name).AbsoluteUri, message);
        AssertNoTarget();
        if (!ranges) AssertNothing();
    }

    [TestMethod]
    public async Task A_connection_that_sends_nothing_is_given_up_and_tried_again()
    {
        _server.Intercept = async (context, number) =>
        {
            if (number is not (1 or 3)) return false;
            await Task.Delay(Timeout.Infinite, context.RequestAborted).ContinueWith(_ => { }, TaskScheduler.Default);
            return true;
        };
        await Download(Options with { Patience = TimeSpan.FromMilliseconds(300) });
        AssertWhole();
        Assert.Contains("sent nothing for 0.3 seconds. Trying again in", string.Join('\n', _notes));
    }

    [TestMethod]
    public async Task A_slow_server_is_waited_for()
    {
        _server.Pace = (200, 15_000); // nine pieces a part, 1.8 seconds: longer than the patience, which is for one piece
        await Download(Options with { Patience = TimeSpan.FromSeconds(1), Connections = 8 });
        AssertWhole();
        Assert.IsEmpty(_notes);
    }

    [TestMethod]
    [DataRow(true, false, "its CRC-32C is")]
    [DataRow(false, true, "its MD5 is")]
    public async Task A_wrong_checksum_throws_the_download_away(bool crc, bool md5, string expected)
    {
        if (crc) _server.WrongCrc32C = "AAAAAA==";
        if (md5) _server.WrongMd5 = "AAAAAAAAAAAAAAAAAAAAAA==";
        string message = await Fails();
        Assert.Contains(expected, message);
        Assert.Contains(crc ? "expected AAAAAA==" : "expected AAAAAAAAAAAAAAAAAAAAAA==", message);
        Assert.Contains("It was thrown away", message);
        AssertNothing();
    }

    [TestMethod]
    public async Task Checksums_are_asked_for_where_a_range_has_none()
    {
        (_server.HashesOnlyForHead, _server.WrongMd5) = (true, "AAAAAAAAAAAAAAAAAAAAAA==");
        Assert.Contains("its MD5 is", await Fails());
    }

    [TestMethod]
    public async Task Without_checksums_the_file_is_taken_and_that_is_said()
    {
        (_server.SendsHashes, _server.SendsETag) = (false, false);
        await Download();
        AssertWhole();
        Assert.Contains($"The server sends no checksum of '{new Uri(_server.Address, Name)}'; its SHA-256 here is {Convert.ToHexStringLower(SHA256.HashData(_content))}.", _notes.Single());
    }

    [TestMethod]
    [DataRow(403, "answers 403 Forbidden: the server does not give this file to you.")]
    [DataRow(401, "answers 401 Unauthorized: the server does not give this file to you.")]
    [DataRow(404, "The image encoder cannot be had: ")]
    [DataRow(501, "answers 501 Not Implemented.")]
    [DataRow(400, "answers 400 Bad Request.")]
    [DataRow(407, "the proxy wants a user and password")]
    public async Task A_refusal_is_said_at_once(int status, string expected)
    {
        _server.Intercept = (context, _) =>
        {
            context.Response.StatusCode = status;
            return Task.FromResult(true);
        };
        Assert.Contains(expected, await Fails());
        Assert.HasCount(1, _server.Requests);
        AssertNothing();
    }

    [TestMethod]
    [DataRow(503)]
    [DataRow(500)]
    [DataRow(429)]
    [DataRow(502)]
    [DataRow(408)]
    public async Task A_busy_server_is_asked_again(int status)
    {
        _server.Intercept = (context, number) =>
        {
            if (number is not (0 or 1 or 4)) return Task.FromResult(false);
            context.Response.StatusCode = status;
            if (status == 429) context.Response.Headers.RetryAfter = "0";
            return Task.FromResult(true);
        };
        await Download();
        AssertWhole();
        Assert.HasCount(3, _notes);
    }

    [TestMethod]
    public async Task A_server_that_asks_for_an_hour_is_not_asked_again()
    {
        _server.Intercept = (context, _) =>
        {
            context.Response.StatusCode = 429;
            context.Response.Headers.RetryAfter = "3600";
            return Task.FromResult(true);
        };
        Assert.Contains("answers 429 Too Many Requests. The server asks to come back in 3600 seconds.", await Fails());
        Assert.HasCount(1, _server.Requests);
    }

    [TestMethod]
    public async Task A_server_that_stays_busy_is_given_up()
    {
        _server.Intercept = (context, _) =>
        {
            context.Response.StatusCode = 503;
            return Task.FromResult(true);
        };
        Assert.Contains("answers 503 Service Unavailable. Given up after 4 attempts", await Fails());
        Assert.HasCount(4, _server.Requests);
        AssertNothing();
    }

    [TestMethod]
    public async Task A_machine_that_is_not_there_is_given_up()
    {
        var address = _server.Address;
        _server.Dispose();
        string message = await Fails(Options with { BaseAddress = address, Retries = 1 });
        Assert.Contains("cannot be reached or was cut off", message);
        AssertNothing();
    }

    [TestMethod]
    [DataRow("text/html", "is a web page, expected a file.")]
    [DataRow("application/octet-stream", "is not the file: it is a web page. It was thrown away")]
    public async Task A_web_page_is_not_a_file(string contentType, string expected)
    {
        _server.Files[Name] = "\uFEFF\r\n<!DOCTYPE html><html><body>Sign in to the airport's network</body></html>"u8.ToArray();
        (_server.ContentType, _server.SendsHashes) = (contentType, false);
        Assert.Contains(expected, await Fails());
        AssertNothing();
    }

    [TestMethod]
    [DataRow("something else altogether", "it does not begin as an .npz archive does")]
    [DataRow("", "it is empty")]
    public async Task Another_file_is_not_this_one(string content, string expected)
    {
        (_server.Files[Name], _server.SendsHashes) = (System.Text.Encoding.UTF8.GetBytes(content), false);
        Assert.Contains(expected, await Fails());
        AssertNothing();
    }

    [TestMethod]
    [DataRow(true)]
    [DataRow(false)]
    public async Task A_file_that_changes_on_the_way_is_begun_again(bool etag)
    {
        _server.SendsETag = etag;
        byte[] newer = Content(1_100_000, seed: 3);
        _server.Intercept = (_, number) =>
        {
            if (number == 5) (_server.Files[Name], _server.Version) = (newer, "2");
            return Task.FromResult(false);
        };
        await Download();
        CollectionAssert.AreEqual(newer, File.ReadAllBytes(Target));
        Assert.Contains("Starting again.", string.Join('\n', _notes));
    }

    [TestMethod]
    public async Task A_cancelled_download_goes_on_where_it_ended()
    {
        await Interrupt(after: 500_000);
        _server.ForgetRequests();
        await Download();
        AssertWhole();
        Assert.IsLessThan(700_000L, _server.BytesAsked, "what was there is not fetched again");
    }

    [TestMethod]
    [DataRow("another version")]
    [DataRow("no note")]
    [DataRow("a damaged note")]
    [DataRow("a note of more than is there")]
    [DataRow("an impossible note")]
    public async Task A_part_that_cannot_be_trusted_is_begun_again(string damage)
    {
        await Interrupt(after: 500_000);
        string part = Target + PartialFile.Suffix, note = Target + PartialFile.StateSuffix;
        if (damage == "another version") _server.Version = "2";
        if (damage == "no note") File.Delete(note);
        if (damage == "a damaged note") File.WriteAllText(note, "{\"url\":");
        if (damage == "a note of more than is there") File.WriteAllBytes(part, []);
        if (damage == "an impossible note") File.WriteAllText(note, File.ReadAllText(note).Replace("\"chunkLength\": 131072", "\"chunkLength\": -1", StringComparison.Ordinal));
        _server.ForgetRequests();
        await Download();
        AssertWhole();
        Assert.IsGreaterThanOrEqualTo(1_000_000L, _server.BytesAsked);
    }

    [TestMethod]
    public async Task A_part_that_was_damaged_on_the_disk_is_found()
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
    [DataRow(true)]
    [DataRow(false)]
    public async Task A_full_disk_is_said_before_the_download(bool ranges)
    {
        _server.SendsRanges = ranges;
        var e = await Assert.ThrowsAsync<IOException>(() => Download(Options with { FreeBytes = _ => 999_999 }));
        Assert.AreEqual($"The disk of '{Target}' has 999,999 bytes free; the image encoder needs 1,000,000.", e.Message);
        Assert.IsFalse(File.Exists(Target));
    }

    [TestMethod]
    public async Task A_cache_that_cannot_be_written_is_named()
    {
        File.WriteAllText(Path.Combine(_folder.Path, "dir"), "in the way");
        Assert.StartsWith($"The cache folder '{Path.Combine(_folder.Path, "dir")}' cannot be written:", await Fails());
    }

    [TestMethod]
    public async Task Two_downloaders_fetch_a_file_once()
    {
        var waiting = new TaskCompletionSource();
        _server.Intercept = async (_, _) =>
        {
            await waiting.Task; // the first holds the lock until the second has said that it waits
            return false;
        };
        var options = Options with
        {
            Note = note =>
            {
                _notes.Enqueue(note);
                waiting.TrySetResult();
            },
        };
        var files = await Task.WhenAll(Task.Run(() => Download(options)), Task.Run(() => Download(options)));
        Assert.HasCount(1, files.Where(f => !f.WasThere));
        AssertWhole();
        Assert.IsLessThan(1_100_000L, _server.BytesAsked);
        Assert.AreEqual($"Another process is downloading '{Target}'; waiting for it.", _notes.Single());
    }

    [TestMethod]
    public async Task A_file_of_two_names_is_found_under_either()
    {
        var file = await Download(wanted: new ReleasedFile("image encoder", ["dir/other_vision.npz", Name]));
        Assert.AreEqual(Target, file.Path);
        string message = await Fails(wanted: new ReleasedFile("text encoder", ["a.npz", "b.npz"]));
        Assert.Contains($"The text encoder cannot be had: '{new Uri(_server.Address, "b.npz")}' answers 404 Not Found. (Tried a.npz and b.npz.)", message);
    }

    [TestMethod]
    public async Task A_refusal_under_one_name_is_no_refusal_under_another()
    {
        _server.Intercept = (context, _) =>
        {
            if (!context.Request.Path.Value!.Contains("other", StringComparison.Ordinal)) return Task.FromResult(false);
            context.Response.StatusCode = 403;
            return Task.FromResult(true);
        };
        await Download(wanted: new ReleasedFile("image encoder", ["dir/other_vision.npz", Name]));
        AssertWhole();
        _server.Dispose();
        Assert.IsTrue((await Download(wanted: new ReleasedFile("image encoder", ["dir/other_vision.npz", Name]))).WasThere, "what is there needs no server");
    }

    /// <summary>Servers that answer the one-byte probe with something of their own.</summary>
    [TestMethod]
    [DataRow("bytes 0-0/*", 1)]
    [DataRow("bytes 0-1023/1000000", 1024)]
    [DataRow("bytes 5-5/1000000", 1)]
    public async Task The_length_of_a_part_is_not_the_length_of_the_file(string contentRange, int length)
    {
        _server.Intercept = async (context, _) =>
        {
            if (context.Request.Headers.Range.Count == 0) return false;
            context.Response.StatusCode = 206;
            context.Response.Headers.ContentRange = contentRange;
            await context.Response.Body.WriteAsync(_content.AsMemory(0, length));
            return true;
        };
        await Download();
        AssertWhole();
    }

    [TestMethod]
    [DataRow("bytes 0-0/9223372036854775807")]
    [DataRow("bytes 0-0/2000000000000")]
    public async Task A_length_that_cannot_be_is_refused(string contentRange)
    {
        _server.Intercept = async (context, _) =>
        {
            context.Response.StatusCode = 206;
            context.Response.Headers.ContentRange = contentRange;
            await context.Response.Body.WriteAsync(_content.AsMemory(0, 1));
            return true;
        };
        Assert.Contains("bytes, expected at most 1099511627776.", await Fails());
        AssertNothing();
    }

    [TestMethod]
    public async Task A_whole_file_that_is_another_than_was_asked_about_is_begun_again()
    {
        (_server.SendsRanges, _server.SendsHashes) = (false, false);
        byte[] longer = Content(1_200_000, seed: 4);
        _server.Intercept = (context, _) =>
        {
            if (context.Request.Headers.Range.Count == 0 && context.Request.Method == "GET") _server.Files[Name] = longer;
            return Task.FromResult(false);
        };
        await Download();
        CollectionAssert.AreEqual(longer, File.ReadAllBytes(Target));
        Assert.Contains("had 1000000 bytes and now has 1200000. Starting again.", string.Join('\n', _notes));
    }

    [TestMethod]
    [DataRow(true, true)]
    [DataRow(false, true)]
    [DataRow(true, false)]
    public async Task Versions_of_one_length_are_never_mixed(bool etag, bool hashes)
    {
        (_server.SendsETag, _server.SendsHashes, _server.HonoursIfRange) = (etag, hashes, false);
        byte[] newer = Content(1_000_000, seed: 5);
        _server.Intercept = (_, _) =>
        {
            if (_server.BytesAsked > 500_000) (_server.Files[Name], _server.Version) = (newer, "2");
            return Task.FromResult(false);
        };
        await Download();
        CollectionAssert.AreEqual(newer, File.ReadAllBytes(Target));
        Assert.Contains("has changed on the server while it was downloaded. Starting again.", string.Join('\n', _notes));
    }

    [TestMethod]
    public async Task A_busy_server_is_asked_again_for_its_checksums()
    {
        (_server.HashesOnlyForHead, _server.WrongMd5) = (true, "AAAAAAAAAAAAAAAAAAAAAA==");
        int heads = 0;
        _server.Intercept = (context, _) =>
        {
            if (context.Request.Method != "HEAD" || heads++ > 1) return Task.FromResult(false);
            context.Response.StatusCode = 503;
            return Task.FromResult(true);
        };
        Assert.Contains("its MD5 is", await Fails());
    }

    [TestMethod]
    [DataRow(405)]
    [DataRow(500)]
    public async Task A_server_that_does_not_know_HEAD_is_no_hindrance(int status)
    {
        _server.SendsHashes = false;
        _server.Intercept = async (context, _) =>
        {
            if (context.Request.Method != "HEAD") return false;
            context.Response.StatusCode = status;
            await Task.CompletedTask;
            return true;
        };
        await Download();
        AssertWhole();
    }

    [TestMethod]
    public async Task A_packed_body_is_not_the_file()
    {
        _server.Intercept = (context, _) =>
        {
            context.Response.Headers.ContentEncoding = "gzip";
            return Task.FromResult(false);
        };
        Assert.Contains("comes packed by 'gzip', expected the file as it is.", await Fails());
        AssertNothing();
    }

    [TestMethod]
    public async Task A_sign_in_page_on_the_way_costs_nothing_that_is_there()
    {
        await Interrupt(after: 500_000);
        _server.Intercept = async (context, _) =>
        {
            if (context.Request.Headers.Range == "bytes=0-0") return false;
            context.Response.ContentType = "text/html; charset=utf-8";
            await context.Response.Body.WriteAsync("<html>Sign in</html>"u8.ToArray());
            return true;
        };
        Assert.Contains("is a web page, expected a file.", await Fails());
        _server.Intercept = null;
        _server.ForgetRequests();
        await Download();
        AssertWhole();
        Assert.IsLessThan(700_000L, _server.BytesAsked);
    }

    /// <summary>An old server that says neither how long the file is nor what its checksum is, and ends it by closing the connection.</summary>
    [TestMethod]
    public async Task A_body_that_simply_ends_is_not_taken_for_whole()
    {
        using var listener = new TcpListener(System.Net.IPAddress.Loopback, 0);
        listener.Start();
        var serving = Task.Run(async () =>
        {
            for (int i = 0; i < 3; i++)
            {
                using var client = await listener.AcceptTcpClientAsync();
                await using var stream = client.GetStream();
                _ = await stream.ReadAsync(new byte[4096]);
                await stream.WriteAsync((byte[])[.. "HTTP/1.0 200 OK\r\nContent-Type: application/octet-stream\r\n\r\n"u8, .. _content.AsSpan(0, 500_000)]);
            }
        });
        var address = new Uri($"http://127.0.0.1:{((System.Net.IPEndPoint)listener.LocalEndpoint).Port}/");
        Assert.Contains("comes with neither a length nor a checksum, so a part of it could not be told from the whole.", await Fails(Options with { BaseAddress = address }));
        AssertNothing();
        listener.Stop();
        await serving.ContinueWith(_ => { }, TaskScheduler.Default);
    }

    [TestMethod]
    public async Task A_tokenizer_that_is_none_is_not_kept()
    {
        _server.Files["tokenizer.model"] = "{\"error\": \"not today\"}"u8.ToArray();
        _server.SendsHashes = false;
        Assert.Contains("it does not begin as a SentencePiece model does", await Fails(wanted: new ReleasedFile("tokenizer", ["tokenizer.model"])));
        AssertNothing();
    }

    /// <summary>Ended while the whole file is checked: kept if it came in parts, thrown away if it did not.</summary>
    [TestMethod]
    [DataRow(true)]
    [DataRow(false)]
    public async Task A_check_that_is_ended_says_what_it_leaves(bool ranges)
    {
        _server.SendsRanges = ranges;
        using var source = new CancellationTokenSource();
        var progress = new Recorder(report =>
        {
            if (report.Step.StartsWith("Checking", StringComparison.Ordinal)) source.Cancel();
        });
        var e = await Assert.ThrowsExactlyAsync<DownloadCancelledException>(() => Download(progress: progress, cancellationToken: source.Token));
        Assert.Contains(ranges ? "what was downloaded is kept" : "the same command begins it again", e.Message);
        if (!ranges) AssertNothing();
        _server.ForgetRequests();
        await Download();
        AssertWhole();
        Assert.AreEqual(ranges ? 0L : 1_000_000L, ranges ? _server.BytesAsked : _server.Requests.Count(r => r.Range.Length == 0 && r.Method == "GET") * 1_000_000L);
    }

    [TestMethod]
    public async Task An_archive_without_its_end_is_not_the_file()
    {
        _server.SendsHashes = false;
        _server.Files[Name] = _content[..900_000];
        Assert.Contains("it does not end as an .npz archive does", await Fails());
        AssertNothing();
    }

    [TestMethod]
    public async Task A_part_of_an_unknown_version_is_not_kept()
    {
        (_server.SendsETag, _server.SendsHashes) = (false, false);
        _server.CutAfter = _ => 100;
        string message = await Fails();
        Assert.Contains("Given up after 4 attempts.", message);
        Assert.DoesNotContain("kept", message);
        AssertNothing();
    }

    [TestMethod]
    public async Task All_files_must_fit_before_the_first_is_fetched()
    {
        _server.Files["dir/model_text.npz"] = Content(600_000, seed: 6);
        ReleasedFile[] both = [Wanted, new("text encoder", ["dir/model_text.npz"])];
        using (var downloader = new FileDownloader(Options with { FreeBytes = _ => 1_500_000 }))
        {
            var e = await Assert.ThrowsAsync<IOException>(() => downloader.CheckSpaceAsync(both, CancellationToken.None));
            Assert.AreEqual($"The disk of '{_folder.Path}' has 1,500,000 bytes free; the download of 2 files needs 1,600,000.", e.Message);
        }

        await Download();
        using var later = new FileDownloader(Options with { FreeBytes = _ => 600_000 });
        await later.CheckSpaceAsync(both, CancellationToken.None);
    }

    [TestMethod]
    public async Task What_a_killed_process_left_behind_is_cleared()
    {
        await Download();
        foreach (string suffix in (string[])[PartialFile.Suffix, PartialFile.StateSuffix, PartialFile.StateSuffix + ".new"]) File.WriteAllText(Target + suffix, "{}");
        Assert.IsTrue((await Download()).WasThere);
        AssertWhole();
    }

    [TestMethod]
    public async Task Progress_tells_what_was_there_before()
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

    [TestMethod]
    public async Task A_redirection_is_followed()
    {
        _server.Intercept = (context, _) =>
        {
            if (!context.Request.Path.StartsWithSegments("/dir")) return Task.FromResult(false);
            context.Response.Redirect("/moved/model_vision.npz");
            return Task.FromResult(true);
        };
        _server.Files["moved/model_vision.npz"] = _content;
        await Download();
        AssertWhole();
    }

    [TestMethod]
    [DataRow("", "AAAAAA==")]
    [DataRow("123456789", "4waSgw==")] // 0xE3069283, the check value of CRC-32C (RFC 3720)
    public void The_checksum_is_Castagnolis(string text, string expected)
    {
        var crc = new Crc32C();
        byte[] bytes = System.Text.Encoding.ASCII.GetBytes(text);
        crc.Append(bytes.AsSpan(0, bytes.Length / 3));
        crc.Append(bytes.AsSpan(bytes.Length / 3));
        Assert.AreEqual(expected, Convert.ToBase64String(crc.GetHash()));
    }

    // An archive of one stored member of random bytes.
    private static byte[] Content(int length, int seed)
    {
        const int overhead = 22 + 46 + 30 + 2 * 5; // end, directory, header, name
        byte[] values = new byte[length - overhead];
        new Random(seed).NextBytes(values);
        using var stream = new MemoryStream();
        using (var archive = new ZipArchive(stream, ZipArchiveMode.Create, leaveOpen: true))
        {
            using var member = archive.CreateEntry("x.npy", CompressionLevel.NoCompression).Open();
            member.Write(values);
        }

        Assert.AreEqual(length, stream.Length);
        return stream.ToArray();
    }

    private async Task<DownloadedFile> Download(DownloadOptions? options = null, ReleasedFile? wanted = null, IProgress<WorkProgress>? progress = null, CancellationToken cancellationToken = default)
    {
        using var downloader = new FileDownloader(options ?? Options, progress);
        return await downloader.DownloadAsync(wanted ?? Wanted, cancellationToken);
    }

    private async Task<string> Fails(DownloadOptions? options = null, ReleasedFile? wanted = null)
        => (await Assert.ThrowsAsync<DownloadException>(() => Download(options, wanted))).Message;

    // Ends a download when so many bytes have come.
    private async Task Interrupt(int after)
    {
        using var source = new CancellationTokenSource();
        _server.Pace = (2, 10_000);
        var progress = new Recorder(report =>
        {
            if (report.Done >= after) source.Cancel();
        });
        var e = await Assert.ThrowsExactlyAsync<DownloadCancelledException>(() => Download(progress: progress, cancellationToken: source.Token));
        Assert.Contains("what was downloaded is kept", e.Message);
        AssertNoTarget();
        _server.Pace = null;
    }

    private sealed class Recorder(Action<WorkProgress> record) : IProgress<WorkProgress>
    {
        public void Report(WorkProgress value) => record(value);
    }

    private void AssertWhole()
    {
        CollectionAssert.AreEqual(_content, File.ReadAllBytes(Target));
        CollectionAssert.AreEquivalent(new[] { Target, Target + ".json" }, Directory.GetFiles(_folder.Path, "*", SearchOption.AllDirectories));
    }

    private void AssertNoTarget() => Assert.IsFalse(File.Exists(Target));

    private void AssertNothing() => Assert.IsEmpty(Directory.GetFiles(_folder.Path, "*", SearchOption.AllDirectories));
}
