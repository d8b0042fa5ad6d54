using System.Net;
using System.Net.Http.Headers;

namespace Tips.OnnxExport.Downloads;

/// <summary>
/// Asks one server for files and parts of files, one attempt at a time. The system's proxy settings are honoured (the variables
/// HTTP_PROXY, HTTPS_PROXY and NO_PROXY; on Windows and macOS the system's own). Thread-safe.
/// </summary>
internal sealed class HttpSource : IDisposable
{
    private static readonly TimeSpan ConnectTime = TimeSpan.FromSeconds(20);

    private readonly HttpClient _client;
    private readonly TimeSpan _patience;

    public HttpSource(TimeSpan patience)
    {
        _patience = patience;
        // Checksums are of the bytes as stored: no automatic decompression.
        _client = new HttpClient(new SocketsHttpHandler { ConnectTimeout = ConnectTime < patience ? ConnectTime : patience, AutomaticDecompression = DecompressionMethods.None, PooledConnectionLifetime = TimeSpan.FromMinutes(5) })
        {
            Timeout = Timeout.InfiniteTimeSpan, // a file may take hours; each step has its own limit below
        };
        _client.DefaultRequestHeaders.UserAgent.Add(new ProductInfoHeaderValue(ToolInfo.Name, ToolInfo.Version));
        _client.DefaultRequestHeaders.AcceptEncoding.Add(new StringWithQualityHeaderValue("identity"));
    }

    /// <summary>Asks what there is at an address, with a request for one byte, which also tells whether ranges work.</summary>
    /// <exception cref="DownloadException">The server refuses, has no such file, or sends something else.</exception>
    public async Task<RemoteFile> ProbeAsync(Uri url, CancellationToken cancellationToken)
    {
        using var response = await SendAsync(HttpMethod.Get, url, new RangeHeaderValue(0, 0), null, cancellationToken);
        if (response.Content.Headers.ContentType?.MediaType is "text/html" or "application/xhtml+xml") throw new DownloadException($"'{url}' is a web page, expected a file. Is there a sign-in page or a filter between here and the server?");
        var range = response.Content.Headers.ContentRange;
        bool partial = response.StatusCode == HttpStatusCode.PartialContent && range is { From: 0, To: 0, Length: > 0 };
        var hashes = ObjectHashes.Read(response.Headers);
        if (!hashes.Any) hashes = await AskForHashesAsync(url, cancellationToken);
        return new RemoteFile(url, partial ? range!.Length : response.Content.Headers.ContentLength, response.Headers.ETag is { IsWeak: false } tag ? tag.Tag : null, hashes, partial);
    }

    /// <summary>Fetches bytes [<paramref name="from"/>, <paramref name="end"/>), as far as they come.</summary>
    /// <param name="file">The file.</param>
    /// <param name="from">First byte.</param>
    /// <param name="end">Byte behind the last.</param>
    /// <param name="receive">Given each piece and its place.</param>
    /// <param name="cancellationToken">Ends it.</param>
    /// <exception cref="RemoteChangedException">The server sends another version, or the whole file.</exception>
    /// <exception cref="TransientDownloadException">The connection was lost, was too slow, or the server is busy.</exception>
    public async Task FetchAsync(RemoteFile file, long from, long end, Action<long, ReadOnlyMemory<byte>> receive, CancellationToken cancellationToken)
    {
        using var response = await SendAsync(HttpMethod.Get, file.Url, new RangeHeaderValue(from, end - 1), file.ETag, cancellationToken);
        var range = response.Content.Headers.ContentRange;
        if (response.StatusCode != HttpStatusCode.PartialContent) throw new RemoteChangedException($"'{file.Url}' was asked for a part and sends the whole ({(int)response.StatusCode}).");
        if (range?.From != from || (range.Length is { } length && length != file.Length)) throw new RemoteChangedException($"'{file.Url}' was asked for bytes from {from} of {file.Length} and sends '{range}'.");
        await CopyAsync(response, from, end, receive, cancellationToken);
    }

    /// <summary>Fetches a whole file from a server that does not send parts.</summary>
    /// <exception cref="TransientDownloadException">The connection was lost, was too slow, or the server is busy.</exception>
    public async Task FetchAllAsync(RemoteFile file, Action<long, ReadOnlyMemory<byte>> receive, CancellationToken cancellationToken)
    {
        using var response = await SendAsync(HttpMethod.Get, file.Url, null, null, cancellationToken);
        await CopyAsync(response, 0, file.Length, receive, cancellationToken);
    }

    public void Dispose() => _client.Dispose();

    private async Task<ObjectHashes> AskForHashesAsync(Uri url, CancellationToken cancellationToken)
    {
        try
        {
            using var response = await SendAsync(HttpMethod.Head, url, null, null, cancellationToken);
            return ObjectHashes.Read(response.Headers);
        }
        catch (DownloadException)
        {
            return new ObjectHashes(null, null); // not every server answers HEAD
        }
    }

    private async Task<HttpResponseMessage> SendAsync(HttpMethod method, Uri url, RangeHeaderValue? range, string? ifTag, CancellationToken cancellationToken)
    {
        using var request = new HttpRequestMessage(method, url);
        request.Headers.Range = range;
        if (ifTag is not null) request.Headers.IfRange = new RangeConditionHeaderValue(ifTag);
        var response = await GuardAsync(url, limit => _client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, limit), cancellationToken);
        if (response.IsSuccessStatusCode) return response;
        using (response) throw Refused(url, response, probe: range?.Ranges.Single() is { From: 0, To: 0 });
    }

    private static DownloadException Refused(Uri url, HttpResponseMessage response, bool probe)
    {
        int code = (int)response.StatusCode;
        string said = $"'{url}' answers {code} {response.ReasonPhrase}";
        return response.StatusCode switch
        {
            HttpStatusCode.NotFound or HttpStatusCode.Gone => new NotFoundException(said + "."),
            HttpStatusCode.RequestedRangeNotSatisfiable when probe => new DownloadException($"{said}: it is empty."),
            HttpStatusCode.RequestedRangeNotSatisfiable => new RemoteChangedException(said + "."),
            HttpStatusCode.RequestTimeout or HttpStatusCode.TooManyRequests or >= HttpStatusCode.InternalServerError => new TransientDownloadException(said + ".", retryAfter: RetryAfter(response)),
            HttpStatusCode.Unauthorized or HttpStatusCode.Forbidden => new DownloadException($"{said}: the server does not give this file to you. Is the address right, and may this machine reach it?"),
            HttpStatusCode.ProxyAuthenticationRequired => new DownloadException($"{said}: the proxy wants a user and password; set them in HTTPS_PROXY."),
            _ => new DownloadException(said + "."),
        };
    }

    private static TimeSpan? RetryAfter(HttpResponseMessage response)
        => response.Headers.RetryAfter is { } header ? header.Delta ?? (header.Date is { } date ? date - DateTimeOffset.UtcNow : null) : null;

    private async Task CopyAsync(HttpResponseMessage response, long from, long? end, Action<long, ReadOnlyMemory<byte>> receive, CancellationToken cancellationToken)
    {
        var url = response.RequestMessage!.RequestUri!;
        await using var body = await GuardAsync(url, limit => response.Content.ReadAsStreamAsync(limit), cancellationToken);
        byte[] buffer = new byte[1 << 17];
        long at = from;
        while (at < (end ?? long.MaxValue))
        {
            int wanted = (int)Math.Min(buffer.Length, (end ?? long.MaxValue) - at);
            int read = await GuardAsync(url, limit => body.ReadAsync(buffer.AsMemory(0, wanted), limit).AsTask(), cancellationToken);
            if (read == 0)
            {
                if (end is null) return;
                throw new TransientDownloadException($"'{url}' ended at byte {at}, expected {end}.");
            }

            receive(at, buffer.AsMemory(0, read));
            at += read;
        }
    }

    // A step of the network, within the limit of patience; its failures are ones that may pass.
    private async Task<T> GuardAsync<T>(Uri url, Func<CancellationToken, Task<T>> step, CancellationToken cancellationToken)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limit.CancelAfter(_patience);
        try
        {
            return await step(limit.Token);
        }
        catch (OperationCanceledException e) when (!cancellationToken.IsCancellationRequested)
        {
            throw new TransientDownloadException($"'{url}' sent nothing for {_patience.TotalSeconds:0.#} seconds.", e);
        }
        catch (Exception e) when (e is HttpRequestException or IOException)
        {
            throw new TransientDownloadException($"'{url}' cannot be reached or was cut off: {e.Message}", e);
        }
    }
}
