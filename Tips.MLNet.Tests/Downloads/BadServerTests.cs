using System.Net.Sockets;
using System.Security.Cryptography;
using Tips.OnnxExport.Downloads;

namespace Tips.MLNet.Tests.Downloads;

/// <summary>Every way a server or a connection can fail ends with the right file, or with one clear error and no file.</summary>
[TestClass]
public sealed class BadServerTests : DownloadTests
{
    [TestMethod]
    public async Task A_server_that_stops_sending_ranges_is_asked_for_the_whole_file()
    {
        Server.Intercept = (_, number) =>
        {
            if (number == 4) Server.SendsRanges = false;
            return Task.FromResult(false);
        };
        await Download();
        AssertWhole();
        Assert.Contains("was asked for part of the file and sent all of it (200). Starting over.", string.Join('\n', Messages));
    }

    [TestMethod]
    [DataRow(true, "Gave up after 4 attempts; the part downloaded so far is kept, and the same command resumes from there.")]
    [DataRow(false, "Gave up after 4 attempts.")]
    public async Task A_server_that_always_drops_the_connection_never_leaves_an_incomplete_file(bool ranges, string expected)
    {
        Server.SendsRanges = ranges;
        Server.CutAfter = _ => ranges ? 100 : 900_000;
        string message = await Fails();
        Assert.Contains(expected, message);
        Assert.Contains(new Uri(Server.Address, Name).AbsoluteUri, message);
        AssertNoTarget();
        if (!ranges) AssertNothing();
    }

    [TestMethod]
    public async Task A_silent_connection_is_dropped_and_tried_again()
    {
        Server.Intercept = async (context, number) =>
        {
            if (number is not (1 or 3)) return false;
            await Task.Delay(Timeout.Infinite, context.RequestAborted).ContinueWith(_ => { }, TaskScheduler.Default);
            return true;
        };
        await Download(Options with { IdleTimeout = TimeSpan.FromMilliseconds(300) });
        AssertWhole();
        Assert.Contains("sent nothing for 0.3 seconds. Trying again in", string.Join('\n', Messages));
    }

    [TestMethod]
    [DataRow(true, false, "its CRC-32C is")]
    [DataRow(false, true, "its MD5 is")]
    public async Task A_download_with_a_wrong_checksum_is_deleted(bool crc, bool md5, string expected)
    {
        if (crc) Server.WrongCrc32C = "AAAAAA==";
        if (md5) Server.WrongMd5 = "AAAAAAAAAAAAAAAAAAAAAA==";
        string message = await Fails();
        Assert.Contains(expected, message);
        Assert.Contains(crc ? "expected AAAAAA==" : "expected AAAAAAAAAAAAAAAAAAAAAA==", message);
        Assert.Contains("It was deleted", message);
        AssertNothing();
    }

    [TestMethod]
    public async Task Checksums_are_requested_if_ranges_have_none()
    {
        (Server.HashesOnlyForHead, Server.WrongMd5) = (true, "AAAAAAAAAAAAAAAAAAAAAA==");
        Assert.Contains("its MD5 is", await Fails());
    }

    [TestMethod]
    public async Task A_file_without_checksums_is_accepted_with_a_message()
    {
        (Server.SendsHashes, Server.SendsETag) = (false, false);
        await Download();
        AssertWhole();
        string sha256 = Convert.ToHexStringLower(SHA256.HashData(Whole)), url = new Uri(Server.Address, Name).AbsoluteUri;
        Assert.AreEqual($"The server sent no checksum for '{url}'; the SHA-256 of the download is {sha256}.", Messages.Single());
    }

    [TestMethod]
    [DataRow(403, "answered 403 Forbidden: the server refuses access to this file.")]
    [DataRow(401, "answered 401 Unauthorized: the server refuses access to this file.")]
    [DataRow(404, "The image encoder cannot be downloaded: ")]
    [DataRow(501, "answered 501 Not Implemented.")]
    [DataRow(400, "answered 400 Bad Request.")]
    [DataRow(407, "the proxy requires a user name and password")]
    public async Task A_refusal_is_reported_at_once(int status, string expected)
    {
        Server.Intercept = (context, _) =>
        {
            context.Response.StatusCode = status;
            return Task.FromResult(true);
        };
        Assert.Contains(expected, await Fails());
        Assert.HasCount(1, Server.Requests);
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
        Server.Intercept = (context, number) =>
        {
            if (number is not (0 or 1 or 4)) return Task.FromResult(false);
            context.Response.StatusCode = status;
            if (status == 429) context.Response.Headers.RetryAfter = "0";
            return Task.FromResult(true);
        };
        await Download();
        AssertWhole();
        Assert.HasCount(3, Messages);
    }

    [TestMethod]
    public async Task A_server_that_asks_to_wait_an_hour_is_not_asked_again()
    {
        Server.Intercept = (context, _) =>
        {
            context.Response.StatusCode = 429;
            context.Response.Headers.RetryAfter = "3600";
            return Task.FromResult(true);
        };
        Assert.Contains("answered 429 Too Many Requests. The server asks to wait 3600 seconds.", await Fails());
        Assert.HasCount(1, Server.Requests);
    }

    [TestMethod]
    public async Task A_server_that_stays_busy_is_given_up()
    {
        Server.Intercept = (context, _) =>
        {
            context.Response.StatusCode = 503;
            return Task.FromResult(true);
        };
        Assert.Contains("answered 503 Service Unavailable. Gave up after 4 attempts", await Fails());
        Assert.HasCount(4, Server.Requests);
        AssertNothing();
    }

    [TestMethod]
    public async Task An_unreachable_server_is_given_up()
    {
        var address = Server.Address;
        Server.Dispose();
        string message = await Fails(Options with { BaseAddress = address, Retries = 1 });
        Assert.Contains("cannot be reached, or the connection was lost", message);
        AssertNothing();
    }

    [TestMethod]
    [DataRow("text/html", "is a web page, expected a file.")]
    [DataRow("application/octet-stream", "is not the expected file: it is a web page. It was deleted")]
    public async Task A_web_page_is_not_a_file(string contentType, string expected)
    {
        Server.Files[Name] = "\uFEFF\r\n<!DOCTYPE html><html><body>Sign in to the airport's network</body></html>"u8.ToArray();
        (Server.ContentType, Server.SendsHashes) = (contentType, false);
        Assert.Contains(expected, await Fails());
        AssertNothing();
    }

    [TestMethod]
    [DataRow("something else altogether", "it does not start like an .npz archive")]
    [DataRow("", "the file is empty")]
    public async Task Other_content_is_not_accepted(string content, string expected)
    {
        (Server.Files[Name], Server.SendsHashes) = (System.Text.Encoding.UTF8.GetBytes(content), false);
        Assert.Contains(expected, await Fails());
        AssertNothing();
    }

    /// <summary>Servers that answer the one-byte probe in their own way.</summary>
    [TestMethod]
    [DataRow("bytes 0-0/*", 1)]
    [DataRow("bytes 0-1023/1000000", 1024)]
    [DataRow("bytes 5-5/1000000", 1)]
    public async Task The_length_of_a_range_is_not_taken_for_the_length_of_the_file(string contentRange, int length)
    {
        Server.Intercept = async (context, _) =>
        {
            if (context.Request.Headers.Range.Count == 0) return false;
            context.Response.StatusCode = 206;
            context.Response.Headers.ContentRange = contentRange;
            await context.Response.Body.WriteAsync(Whole.AsMemory(0, length));
            return true;
        };
        await Download();
        AssertWhole();
    }

    [TestMethod]
    [DataRow("bytes 0-0/9223372036854775807")]
    [DataRow("bytes 0-0/2000000000000")]
    public async Task An_impossible_length_is_refused(string contentRange)
    {
        Server.Intercept = async (context, _) =>
        {
            context.Response.StatusCode = 206;
            context.Response.Headers.ContentRange = contentRange;
            await context.Response.Body.WriteAsync(Whole.AsMemory(0, 1));
            return true;
        };
        Assert.Contains("bytes, expected at most 1099511627776.", await Fails());
        AssertNothing();
    }

    [TestMethod]
    public async Task A_whole_file_that_has_changed_since_the_probe_is_downloaded_again()
    {
        (Server.SendsRanges, Server.SendsHashes) = (false, false);
        byte[] longer = Content(1_200_000, seed: 4);
        Server.Intercept = (context, _) =>
        {
            if (context.Request.Headers.Range.Count == 0 && context.Request.Method == "GET") Server.Files[Name] = longer;
            return Task.FromResult(false);
        };
        await Download();
        CollectionAssert.AreEqual(longer, File.ReadAllBytes(Target));
        Assert.Contains("had 1000000 bytes and now has 1200000. Starting over.", string.Join('\n', Messages));
    }

    [TestMethod]
    public async Task A_busy_server_is_asked_for_its_checksums_again()
    {
        (Server.HashesOnlyForHead, Server.WrongMd5) = (true, "AAAAAAAAAAAAAAAAAAAAAA==");
        int heads = 0;
        Server.Intercept = (context, _) =>
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
    public async Task A_server_that_does_not_support_HEAD_still_works(int status)
    {
        Server.SendsHashes = false;
        Server.Intercept = async (context, _) =>
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
    public async Task A_compressed_body_is_not_accepted()
    {
        Server.Intercept = (context, _) =>
        {
            context.Response.Headers.ContentEncoding = "gzip";
            return Task.FromResult(false);
        };
        Assert.Contains("is sent with the content encoding 'gzip', expected the file as it is.", await Fails());
        AssertNothing();
    }

    /// <summary>An old server that sends neither a length nor a checksum, and ends the file by closing the connection.</summary>
    [TestMethod]
    public async Task A_body_that_simply_ends_is_not_taken_for_complete()
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
                byte[] response =
                [
                    .. "HTTP/1.0 200 OK\r\nContent-Type: application/octet-stream\r\n\r\n"u8,
                    .. Whole.AsSpan(0, 500_000),
                ];
                await stream.WriteAsync(response);
            }
        });
        var address = new Uri($"http://127.0.0.1:{((System.Net.IPEndPoint)listener.LocalEndpoint).Port}/");
        string message = await Fails(Options with { BaseAddress = address });
        Assert.Contains("is sent without a length or a checksum, so an incomplete download could not be detected.", message);
        AssertNothing();
        listener.Stop();
        await serving.ContinueWith(_ => { }, TaskScheduler.Default);
    }

    [TestMethod]
    public async Task A_file_that_is_not_a_tokenizer_is_not_kept()
    {
        Server.Files["tokenizer.model"] = "{\"error\": \"not today\"}"u8.ToArray();
        Server.SendsHashes = false;
        string message = await Fails(wanted: new ReleasedFile("tokenizer", ["tokenizer.model"]));
        Assert.Contains("it does not start like a SentencePiece model", message);
        AssertNothing();
    }

    [TestMethod]
    public async Task An_archive_without_its_end_is_not_accepted()
    {
        Server.SendsHashes = false;
        Server.Files[Name] = Whole[..900_000];
        Assert.Contains("it does not end like an .npz archive", await Fails());
        AssertNothing();
    }
}
