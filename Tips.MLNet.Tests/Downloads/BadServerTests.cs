using System.Net.Sockets;
using System.Security.Cryptography;
using Tips.OnnxExport.Downloads;

namespace Tips.MLNet.Tests.Downloads;

/// <summary>Every way a server or a connection can fail: the right file, or one clear error and no file.</summary>
[TestClass]
public sealed class BadServerTests : DownloadTests
{
    [TestMethod]
    public async Task A_server_that_forgets_ranges_on_the_way_is_asked_for_the_whole()
    {
        Server.Intercept = (_, number) =>
        {
            if (number == 4) Server.SendsRanges = false;
            return Task.FromResult(false);
        };
        await Download();
        AssertWhole();
        Assert.Contains("was asked for a part and sends the whole (200). Starting again.", string.Join('\n', Notes));
    }

    [TestMethod]
    [DataRow(true, "Given up after 4 attempts; what was downloaded is kept, and the same command goes on from there.")]
    [DataRow(false, "Given up after 4 attempts.")]
    public async Task A_server_that_always_cuts_off_is_given_up_and_nothing_is_taken_for_whole(bool ranges, string expected)
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
    public async Task A_connection_that_sends_nothing_is_given_up_and_tried_again()
    {
        Server.Intercept = async (context, number) =>
        {
            if (number is not (1 or 3)) return false;
            await Task.Delay(Timeout.Infinite, context.RequestAborted).ContinueWith(_ => { }, TaskScheduler.Default);
            return true;
        };
        await Download(Options with { Patience = TimeSpan.FromMilliseconds(300) });
        AssertWhole();
        Assert.Contains("sent nothing for 0.3 seconds. Trying again in", string.Join('\n', Notes));
    }

    [TestMethod]
    [DataRow(true, false, "its CRC-32C is")]
    [DataRow(false, true, "its MD5 is")]
    public async Task A_wrong_checksum_throws_the_download_away(bool crc, bool md5, string expected)
    {
        if (crc) Server.WrongCrc32C = "AAAAAA==";
        if (md5) Server.WrongMd5 = "AAAAAAAAAAAAAAAAAAAAAA==";
        string message = await Fails();
        Assert.Contains(expected, message);
        Assert.Contains(crc ? "expected AAAAAA==" : "expected AAAAAAAAAAAAAAAAAAAAAA==", message);
        Assert.Contains("It was thrown away", message);
        AssertNothing();
    }

    [TestMethod]
    public async Task Checksums_are_asked_for_where_a_range_has_none()
    {
        (Server.HashesOnlyForHead, Server.WrongMd5) = (true, "AAAAAAAAAAAAAAAAAAAAAA==");
        Assert.Contains("its MD5 is", await Fails());
    }

    [TestMethod]
    public async Task Without_checksums_the_file_is_taken_and_that_is_said()
    {
        (Server.SendsHashes, Server.SendsETag) = (false, false);
        await Download();
        AssertWhole();
        Assert.Contains($"The server sends no checksum of '{new Uri(Server.Address, Name)}'; its SHA-256 here is {Convert.ToHexStringLower(SHA256.HashData(Whole))}.", Notes.Single());
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
        Assert.HasCount(3, Notes);
    }

    [TestMethod]
    public async Task A_server_that_asks_for_an_hour_is_not_asked_again()
    {
        Server.Intercept = (context, _) =>
        {
            context.Response.StatusCode = 429;
            context.Response.Headers.RetryAfter = "3600";
            return Task.FromResult(true);
        };
        Assert.Contains("answers 429 Too Many Requests. The server asks to come back in 3600 seconds.", await Fails());
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
        Assert.Contains("answers 503 Service Unavailable. Given up after 4 attempts", await Fails());
        Assert.HasCount(4, Server.Requests);
        AssertNothing();
    }

    [TestMethod]
    public async Task A_machine_that_is_not_there_is_given_up()
    {
        var address = Server.Address;
        Server.Dispose();
        string message = await Fails(Options with { BaseAddress = address, Retries = 1 });
        Assert.Contains("cannot be reached or was cut off", message);
        AssertNothing();
    }

    [TestMethod]
    [DataRow("text/html", "is a web page, expected a file.")]
    [DataRow("application/octet-stream", "is not the file: it is a web page. It was thrown away")]
    public async Task A_web_page_is_not_a_file(string contentType, string expected)
    {
        Server.Files[Name] = "\uFEFF\r\n<!DOCTYPE html><html><body>Sign in to the airport's network</body></html>"u8.ToArray();
        (Server.ContentType, Server.SendsHashes) = (contentType, false);
        Assert.Contains(expected, await Fails());
        AssertNothing();
    }

    [TestMethod]
    [DataRow("something else altogether", "it does not begin as an .npz archive does")]
    [DataRow("", "it is empty")]
    public async Task Another_file_is_not_this_one(string content, string expected)
    {
        (Server.Files[Name], Server.SendsHashes) = (System.Text.Encoding.UTF8.GetBytes(content), false);
        Assert.Contains(expected, await Fails());
        AssertNothing();
    }

    /// <summary>Servers that answer the one-byte probe with something of their own.</summary>
    [TestMethod]
    [DataRow("bytes 0-0/*", 1)]
    [DataRow("bytes 0-1023/1000000", 1024)]
    [DataRow("bytes 5-5/1000000", 1)]
    public async Task The_length_of_a_part_is_not_the_length_of_the_file(string contentRange, int length)
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
    public async Task A_length_that_cannot_be_is_refused(string contentRange)
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
    public async Task A_whole_file_that_is_another_than_was_asked_about_is_begun_again()
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
        Assert.Contains("had 1000000 bytes and now has 1200000. Starting again.", string.Join('\n', Notes));
    }

    [TestMethod]
    public async Task A_busy_server_is_asked_again_for_its_checksums()
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
    public async Task A_server_that_does_not_know_HEAD_is_no_hindrance(int status)
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
    public async Task A_packed_body_is_not_the_file()
    {
        Server.Intercept = (context, _) =>
        {
            context.Response.Headers.ContentEncoding = "gzip";
            return Task.FromResult(false);
        };
        Assert.Contains("comes packed by 'gzip', expected the file as it is.", await Fails());
        AssertNothing();
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
                await stream.WriteAsync((byte[])[.. "HTTP/1.0 200 OK\r\nContent-Type: application/octet-stream\r\n\r\n"u8, .. Whole.AsSpan(0, 500_000)]);
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
        Server.Files["tokenizer.model"] = "{\"error\": \"not today\"}"u8.ToArray();
        Server.SendsHashes = false;
        Assert.Contains("it does not begin as a SentencePiece model does", await Fails(wanted: new ReleasedFile("tokenizer", ["tokenizer.model"])));
        AssertNothing();
    }

    [TestMethod]
    public async Task An_archive_without_its_end_is_not_the_file()
    {
        Server.SendsHashes = false;
        Server.Files[Name] = Whole[..900_000];
        Assert.Contains("it does not end as an .npz archive does", await Fails());
        AssertNothing();
    }
}
