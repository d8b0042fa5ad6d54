using System.Collections.Concurrent;
using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Security.Cryptography;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Net.Http.Headers;
using Tips.OnnxExport.Downloads;

namespace Tips.MLNet.Tests.Downloads;

/// <summary>A local storage service that misbehaves as a test tells it to.</summary>
internal sealed class CheckpointServer : IDisposable
{
    private readonly WebApplication _application;
    private readonly ConcurrentQueue<(string Method, string Path, string Range)> _requests = [];
    private int _count;
    private long _bytesSent;

    public CheckpointServer()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        _application = builder.Build();
        _application.Run(ServeAsync);
        _application.StartAsync().GetAwaiter().GetResult();
        var addresses = _application.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses;
        Address = new Uri(addresses.Single() + "/");
    }

    /// <summary>Base URL; ends in '/'.</summary>
    public Uri Address { get; }

    /// <summary>The files by path.</summary>
    public ConcurrentDictionary<string, byte[]> Files { get; } = [];

    /// <summary>Changing this changes the version tag of every file.</summary>
    public string Version { get; set; } = "1";

    public bool SendsETag { get; set; } = true;

    public bool SendsRanges { get; set; } = true;

    public bool SendsHashes { get; set; } = true;

    /// <summary>Whether a range request for another version gets the whole file.</summary>
    public bool HonorsIfRange { get; set; } = true;

    public bool HashesOnlyForHead { get; set; }

    public bool SendsLength { get; set; } = true;

    public string? WrongCrc32C { get; set; }

    public string? WrongMd5 { get; set; }

    public string ContentType { get; set; } = "application/octet-stream";

    /// <summary>Delay between pieces and bytes per piece; null for full speed.</summary>
    public (int Milliseconds, int Bytes)? Pace { get; set; }

    /// <summary>Called with each request and its number, from 0. Returns true if it has answered the request.</summary>
    public Func<HttpContext, int, Task<bool>>? Intercept { get; set; }

    /// <summary>Gets the number of bytes after which a response is cut off, by request number; null for never.</summary>
    public Func<int, int?>? CutAfter { get; set; }

    public IReadOnlyCollection<(string Method, string Path, string Range)> Requests => _requests;

    /// <summary>Number of bytes that clients have requested in ranges.</summary>
    public long BytesRequested => _requests.Select(r => r.Range).Where(r => r.Length > 0 && r != "bytes=0-0")
        .Sum(r => long.Parse(r[(r.IndexOf('-', StringComparison.Ordinal) + 1)..], CultureInfo.InvariantCulture) - FirstByte(r) + 1);

    public long BytesSent => Interlocked.Read(ref _bytesSent);

    /// <summary>The first byte of a requested range.</summary>
    public static long FirstByte(string range)
        => long.Parse(range["bytes=".Length..range.IndexOf('-', StringComparison.Ordinal)], CultureInfo.InvariantCulture);

    public void ForgetRequests() => _requests.Clear();

    public void Dispose() => _application.DisposeAsync().AsTask().GetAwaiter().GetResult();

    private async Task ServeAsync(HttpContext context)
    {
        int number = Interlocked.Increment(ref _count) - 1;
        string path = context.Request.Path.Value!.TrimStart('/');
        _requests.Enqueue((context.Request.Method, path, context.Request.Headers.Range.ToString()));
        if (Intercept is { } intercept && await intercept(context, number)) return;
        if (!Files.TryGetValue(path, out byte[]? content))
        {
            context.Response.StatusCode = StatusCodes.Status404NotFound;
            return;
        }

        await SendAsync(context, content, number);
    }

    private async Task SendAsync(HttpContext context, byte[] content, int number)
    {
        var response = context.Response;
        bool head = HttpMethods.IsHead(context.Request.Method);
        string tag = $"\"{Version}-{content.Length.ToString(CultureInfo.InvariantCulture)}\"";
        response.ContentType = ContentType;
        if (SendsETag) response.Headers.ETag = tag;
        if (SendsHashes && (head || !HashesOnlyForHead)) AddHashes(response, content);
        int from = 0, end = content.Length;
        string ifRange = context.Request.Headers.IfRange.ToString();
        bool isCurrent = ifRange.Length == 0 || ifRange == tag || !HonorsIfRange;
        if (SendsRanges && isCurrent && RangeHeaderValue.TryParse(context.Request.Headers.Range.ToString(), out var range))
        {
            var part = range!.Ranges.Single();
            from = (int)part.From!.Value;
            end = (int)Math.Min((part.To ?? content.Length - 1) + 1, content.Length);
            response.StatusCode = from < content.Length ? StatusCodes.Status206PartialContent : StatusCodes.Status416RangeNotSatisfiable;
            if (from >= content.Length) return;
            response.Headers.ContentRange = $"bytes {from}-{end - 1}/{content.Length}";
        }

        if (SendsLength) response.ContentLength = end - from;
        if (!head) await WriteAsync(context, content.AsMemory(from, end - from), end - from > 1 ? CutAfter?.Invoke(number) : null);
    }

    private async Task WriteAsync(HttpContext context, ReadOnlyMemory<byte> body, int? cutAfter)
    {
        int pieceLength = Pace?.Bytes ?? 1 << 16, last = Math.Min(cutAfter ?? body.Length, body.Length);
        for (int at = 0; at < last; at += pieceLength)
        {
            if (Pace is var (milliseconds, _)) await Task.Delay(milliseconds, context.RequestAborted);
            var piece = body.Slice(at, Math.Min(pieceLength, last - at));
            await context.Response.Body.WriteAsync(piece, context.RequestAborted);
            await context.Response.Body.FlushAsync(context.RequestAborted);
            Interlocked.Add(ref _bytesSent, piece.Length);
        }

        if (last < body.Length) context.Abort();
    }

    [SuppressMessage("Security", "CA5351", Justification = "The storage service sends MD5.")]
    private void AddHashes(HttpResponse response, byte[] content)
    {
        var crc = new Crc32C();
        crc.Append(content);
        response.Headers.Append("x-goog-hash", $"crc32c={WrongCrc32C ?? Convert.ToBase64String(crc.GetHash())}");
        response.Headers.Append("x-goog-hash", $"md5={WrongMd5 ?? Convert.ToBase64String(MD5.HashData(content))}");
    }
}
