using Tips.OnnxExport.Files;
using System.Net;
using System.Net.Http.Headers;
using System.Security.Authentication;

namespace Tips.OnnxExport.Downloads;

/// <summary>
/// Asks one server for files and parts of files, one attempt at a time. The system's proxy settings are honoured (the variables
/// HTTP_PROXY, HTTPS_PROXY and NO_PROXY; on Windows and macOS the system's own). Thread-safe.
/// </summary>
internal sealed class HttpSource : IDisposable
{
    private const long MostBytes = 1L << 40;

    private readonly HttpClient _client;
    private readonly TimeSpan _patience;

    public HttpSource(TimeSpan patience)
    {
        _patience = patience;
        // Checksums are of the bytes as stored: no automatic decompression.
        _client = new HttpClient(new SocketsHttpHandler { ConnectTimeout = patience, AutomaticDecompression = DecompressionMethods.None, PooledConnectionLifetime = TimeSpan.FromMinutes(5) })
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
        ResponseHeaders.CheckBody(url, response);
        bool partial = response.StatusCode == HttpStatusCode.PartialContent;
        var range = response.Content.Headers.ContentRange;
        long? length = partial ? range?.Length : response.Content.Headers.ContentLength;
        if (length is < 0 or > MostBytes) throw new DownloadException($"'{url}' is said to have {length} bytes, expected at most {MostBytes}.");
        var version = ResponseHeaders.Version(response);
        return new RemoteFile(url, length, version, AcceptsRanges: partial && range is { From: 0, To: 0, Length: > 0 });
    }

    /// <summary>Asks for the headers of the whole file (HEAD), which may have its checksums.</summary>
    /// <exception cref="DownloadException">The server does not answer that.</exception>
    public async Task<RemoteFile> WithHashesAsync(RemoteFile file, CancellationToken cancellationToken)
    {
        using var response = await SendAsync(HttpMethod.Head, file.Url, null, null, cancellationToken);
        var head = ResponseHeaders.Version(response);
        return head.MayBe(file.Version) ? file with { Version = file.Version with { Crc32C = head.Crc32C, Md5 = head.Md5 } } : file;
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
        using var response = await SendAsync(HttpMethod.Get, file.Url, new RangeHeaderValue(from, end - 1), file.Version.StrongTag, cancellationToken);
        ResponseHeaders.CheckBody(file.Url, response);
        var range = response.Content.Headers.ContentRange;
        if (response.StatusCode != HttpStatusCode.PartialContent) throw new RemoteChangedException($"'{file.Url}' was asked for a part and sends the whole ({(int)response.StatusCode}).");
        if (range?.From != from || (range.Length is { } length && length != file.Length)) throw new RemoteChangedException($"'{file.Url}' was asked for bytes from {from} of {file.Length} and sends '{range}'.");
        CheckVersion(file, response);
        await CopyAsync(response, from, end, receive, cancellationToken);
    }

    /// <summary>Fetches a whole file from a server that does not send parts.</summary>
    /// <returns>What the server says of what it sent.</returns>
    /// <exception cref="RemoteChangedException">The server sends another version, or a part.</exception>
    /// <exception cref="TransientDownloadException">The connection was lost, was too slow, or the server is busy.</exception>
    public async Task<RemoteFile> FetchAllAsync(RemoteFile file, Action<long, ReadOnlyMemory<byte>> receive, CancellationToken cancellationToken)
    {
        using var response = await SendAsync(HttpMethod.Get, file.Url, null, null, cancellationToken);
        ResponseHeaders.CheckBody(file.Url, response);
        if (response.StatusCode != HttpStatusCode.OK) throw new RemoteChangedException($"'{file.Url}' was asked for the whole and answers {(int)response.StatusCode} {response.ReasonPhrase}.");
        long? length = response.Content.Headers.ContentLength ?? file.Length;
        if (file.Length is not null && length != file.Length) throw new RemoteChangedException($"'{file.Url}' had {file.Length} bytes and now has {length}.");
        CheckVersion(file, response);
        var sent = ResponseHeaders.Version(response);
        var version = sent.HasHashes ? sent : file.Version;
        // A body that simply ends with its connection may have been cut off.
        bool framed = response.Headers.TransferEncodingChunked == true || response.Version.Major >= 2;
        if (length is null && !framed && !version.HasHashes) throw new DownloadException($"'{file.Url}' comes with neither a length nor a checksum, so a part of it could not be told from the whole.");
        await CopyAsync(response, 0, length, receive, cancellationToken);
        return file with { Length = length, Version = version };
    }

    public void Dispose() => _client.Dispose();

    private static void CheckVersion(RemoteFile file, HttpResponseMessage response)
    {
        if (!ResponseHeaders.Version(response).MayBe(file.Version)) throw new RemoteChangedException($"'{file.Url}' has changed on the server while it was downloaded.");
    }

    private async Task<HttpResponseMessage> SendAsync(HttpMethod method, Uri url, RangeHeaderValue? range, string? ifTag, CancellationToken cancellationToken)
    {
        using var request = new HttpRequestMessage(method, url);
        request.Headers.Range = range;
        if (ifTag is not null) request.Headers.IfRange = new RangeConditionHeaderValue(ifTag);
        var response = await GuardAsync(url, limit => _client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, limit), cancellationToken);
        if (response.IsSuccessStatusCode) return response;
        using (response) throw Refused(url, response, first: range?.Ranges.Single() is { From: 0, To: 0 });
    }

    private static DownloadException Refused(Uri url, HttpResponseMessage response, bool first)
    {
        string said = $"'{url}' answers {(response.RequestMessage?.Method == HttpMethod.Head ? "the question for its headers with " : "")}{(int)response.StatusCode} {response.ReasonPhrase}";
        return response.StatusCode switch
        {
            HttpStatusCode.NotFound or HttpStatusCode.Gone => new UnavailableException(said + ".", refused: false),
            HttpStatusCode.RequestedRangeNotSatisfiable when first => new DownloadException($"{said}: it is empty."),
            HttpStatusCode.RequestedRangeNotSatisfiable => new RemoteChangedException(said + "."),
            HttpStatusCode.Unauthorized or HttpStatusCode.Forbidden => new UnavailableException($"{said}: the server does not give this file to you. Is the address right, and may this machine reach it?", refused: true),
            HttpStatusCode.ProxyAuthenticationRequired => ProxyRefused(url),
            HttpStatusCode.NotImplemented or HttpStatusCode.HttpVersionNotSupported => new DownloadException(said + "."),
            HttpStatusCode.RequestTimeout or HttpStatusCode.TooManyRequests or >= HttpStatusCode.InternalServerError => new TransientDownloadException(said + ".", retryAfter: ResponseHeaders.RetryAfter(response.Headers.RetryAfter)),
            _ => new DownloadException(said + "."),
        };
    }

    private static DownloadException ProxyRefused(Uri url) => new($"'{url}' cannot be reached: the proxy wants a user and password (407); set them in the variable {(url.Scheme == Uri.UriSchemeHttps ? "HTTPS_PROXY" : "HTTP_PROXY")}, as http://user:password@host:port.");

    private async Task CopyAsync(HttpResponseMessage response, long from, long? end, Action<long, ReadOnlyMemory<byte>> receive, CancellationToken cancellationToken)
    {
        var url = response.RequestMessage!.RequestUri!;
        await using var body = await GuardAsync(url, limit => response.Content.ReadAsStreamAsync(limit), cancellationToken);
        byte[] buffer = new byte[1 << 17];
        long at = from;
        while (at < (end ?? MostBytes))
        {
            int wanted = (int)Math.Min(buffer.Length, (end ?? MostBytes) - at);
            int read = await GuardAsync(url, limit => body.ReadAsync(buffer.AsMemory(0, wanted), limit).AsTask(), cancellationToken);
            if (read == 0)
            {
                if (end is null) return;
                throw new TransientDownloadException($"'{url}' ended at byte {at}, expected {end}.");
            }

            receive(at, buffer.AsMemory(0, read));
            at += read;
        }

        if (await GuardAsync(url, limit => body.ReadAsync(buffer.AsMemory(0, 1), limit).AsTask(), cancellationToken) > 0) throw new RemoteChangedException($"'{url}' sends more than {at - from} bytes.");
    }

    // A step of the network, within the limit of patience; most of its failures are ones that may pass.
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
        catch (HttpRequestException e) when (e is { HttpRequestError: HttpRequestError.ProxyTunnelError, StatusCode: HttpStatusCode.ProxyAuthenticationRequired })
        {
            throw ProxyRefused(url);
        }
        catch (HttpRequestException e) when (e.HttpRequestError == HttpRequestError.SecureConnectionError && e.InnerException is AuthenticationException cause)
        {
            throw new DownloadException($"'{url}' cannot be reached safely: {cause.GetBaseException().Message.TrimEnd('.')}.", e);
        }
        catch (Exception e) when (e is HttpRequestException or IOException)
        {
            throw new TransientDownloadException($"'{url}' cannot be reached or was cut off: {e.GetBaseException().Message.TrimEnd('.')}.", e);
        }
    }
}
