using System.Net;
using System.Net.Http.Headers;
using System.Security.Authentication;
using Tips.OnnxExport.Files;

namespace Tips.OnnxExport.Downloads;

/// <summary>
/// Requests files and ranges of files from a server, one attempt at a time. Uses the system's proxy settings (the variables HTTP_PROXY,
/// HTTPS_PROXY and NO_PROXY; on Windows and macOS the system's own). Thread-safe.
/// </summary>
internal sealed class HttpSource : IDisposable
{
    private const long MaximumLength = 1L << 40;

    private readonly HttpClient _client;
    private readonly TimeSpan _idleTimeout;

    public HttpSource(TimeSpan idleTimeout)
    {
        _idleTimeout = idleTimeout;
        var handler = new SocketsHttpHandler
        {
            ConnectTimeout = idleTimeout,
            AutomaticDecompression = DecompressionMethods.None, // checksums are of the bytes as stored
            PooledConnectionLifetime = TimeSpan.FromMinutes(5),
        };
        _client = new HttpClient(handler)
        {
            Timeout = Timeout.InfiniteTimeSpan, // a file may take hours; each step has its own limit
        };
        _client.DefaultRequestHeaders.UserAgent.Add(new ProductInfoHeaderValue(ToolInfo.Name, ToolInfo.Version));
        _client.DefaultRequestHeaders.AcceptEncoding.Add(new StringWithQualityHeaderValue("identity"));
    }

    /// <summary>Asks about the file at a URL with a request for one byte, which also shows whether ranges work.</summary>
    /// <exception cref="DownloadException">The server refuses, does not have the file, or sends something else.</exception>
    public async Task<RemoteFile> ProbeAsync(Uri url, CancellationToken cancellationToken)
    {
        using var response = await SendAsync(HttpMethod.Get, url, new RangeHeaderValue(0, 0), null, cancellationToken);
        ResponseHeaders.CheckBody(url, response);
        bool partial = response.StatusCode == HttpStatusCode.PartialContent;
        var range = response.Content.Headers.ContentRange;
        long? length = partial ? range?.Length : response.Content.Headers.ContentLength;
        if (length is < 0 or > MaximumLength)
            throw new DownloadException($"'{url}' claims to have {length} bytes, expected at most {MaximumLength}.");
        var version = ResponseHeaders.Version(response);
        return new RemoteFile(url, length, version, AcceptsRanges: partial && range is { From: 0, To: 0, Length: > 0 });
    }

    /// <summary>Requests the headers of the whole file (HEAD), which may include its checksums.</summary>
    /// <exception cref="DownloadException">The server does not support that.</exception>
    public async Task<RemoteFile> WithHashesAsync(RemoteFile file, CancellationToken cancellationToken)
    {
        using var response = await SendAsync(HttpMethod.Head, file.Url, null, null, cancellationToken);
        var head = ResponseHeaders.Version(response);
        return head.IsCompatibleWith(file.Version)
            ? file with { Version = file.Version with { Crc32C = head.Crc32C, Md5 = head.Md5 } }
            : file;
    }

    /// <summary>Downloads bytes [<paramref name="from"/>, <paramref name="end"/>), or as many of them as arrive.</summary>
    /// <param name="file">The file.</param>
    /// <param name="from">First byte.</param>
    /// <param name="end">The byte after the last.</param>
    /// <param name="receive">Receives each piece and its position.</param>
    /// <param name="cancellationToken">Cancels the download.</param>
    /// <exception cref="RemoteChangedException">The server sends another version, or the whole file.</exception>
    /// <exception cref="TransientDownloadException">The connection was lost, was too slow, or the server is busy.</exception>
    public async Task FetchAsync(
        RemoteFile file, long from, long end, Action<long, ReadOnlyMemory<byte>> receive, CancellationToken cancellationToken)
    {
        using var response = await SendAsync(
            HttpMethod.Get, file.Url, new RangeHeaderValue(from, end - 1), file.Version.StrongTag, cancellationToken);
        ResponseHeaders.CheckBody(file.Url, response);
        var range = response.Content.Headers.ContentRange;
        if (response.StatusCode != HttpStatusCode.PartialContent)
        {
            throw new RemoteChangedException(
                $"'{file.Url}' was asked for part of the file and sent all of it ({(int)response.StatusCode}).");
        }

        if (range?.From != from || (range.Length is { } length && length != file.Length))
            throw new RemoteChangedException($"'{file.Url}' was asked for bytes from {from} of {file.Length} and sent '{range}'.");
        CheckVersion(file, response);
        await CopyAsync(response, from, end, receive, cancellationToken);
    }

    /// <summary>Downloads a whole file from a server that does not send ranges.</summary>
    /// <returns>What the server said about the file that it sent.</returns>
    /// <exception cref="RemoteChangedException">The server sends another version, or only a part.</exception>
    /// <exception cref="TransientDownloadException">The connection was lost, was too slow, or the server is busy.</exception>
    public async Task<RemoteFile> FetchAllAsync(
        RemoteFile file, Action<long, ReadOnlyMemory<byte>> receive, CancellationToken cancellationToken)
    {
        using var response = await SendAsync(HttpMethod.Get, file.Url, null, null, cancellationToken);
        ResponseHeaders.CheckBody(file.Url, response);
        if (response.StatusCode != HttpStatusCode.OK)
        {
            throw new RemoteChangedException(
                $"'{file.Url}' was asked for the whole file and answered {(int)response.StatusCode} {response.ReasonPhrase}.");
        }

        long? length = response.Content.Headers.ContentLength ?? file.Length;
        if (file.Length is not null && length != file.Length)
            throw new RemoteChangedException($"'{file.Url}' had {file.Length} bytes and now has {length}.");
        CheckVersion(file, response);
        var sent = ResponseHeaders.Version(response);
        var version = sent.HasHashes ? sent : file.Version;
        // A body that simply ends with its connection may be incomplete.
        bool framed = response.Headers.TransferEncodingChunked == true || response.Version.Major >= 2;
        if (length is null && !framed && !version.HasHashes)
        {
            throw new DownloadException(
                $"'{file.Url}' is sent without a length or a checksum, so an incomplete download could not be detected.");
        }

        await CopyAsync(response, 0, length, receive, cancellationToken);
        return file with { Length = length, Version = version };
    }

    public void Dispose() => _client.Dispose();

    private static void CheckVersion(RemoteFile file, HttpResponseMessage response)
    {
        if (!ResponseHeaders.Version(response).IsCompatibleWith(file.Version))
            throw new RemoteChangedException($"'{file.Url}' changed on the server during the download.");
    }

    private async Task<HttpResponseMessage> SendAsync(
        HttpMethod method, Uri url, RangeHeaderValue? range, string? ifTag, CancellationToken cancellationToken)
    {
        using var request = new HttpRequestMessage(method, url);
        request.Headers.Range = range;
        if (ifTag is not null) request.Headers.IfRange = new RangeConditionHeaderValue(ifTag);
        var response = await GuardAsync(
            url, limit => _client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, limit), cancellationToken);
        if (response.IsSuccessStatusCode) return response;
        using (response) throw StatusError(url, response, isProbe: range?.Ranges.Single() is { From: 0, To: 0 });
    }

    private static DownloadException StatusError(Uri url, HttpResponseMessage response, bool isProbe)
    {
        string request = response.RequestMessage?.Method == HttpMethod.Head ? "the request for its headers with " : "";
        string answer = $"'{url}' answered {request}{(int)response.StatusCode} {response.ReasonPhrase}";
        return response.StatusCode switch
        {
            HttpStatusCode.NotFound or HttpStatusCode.Gone => new UnavailableException($"{answer}.", refused: false),
            HttpStatusCode.RequestedRangeNotSatisfiable when isProbe => new DownloadException($"{answer}: the file is empty."),
            HttpStatusCode.RequestedRangeNotSatisfiable => new RemoteChangedException($"{answer}."),
            HttpStatusCode.Unauthorized or HttpStatusCode.Forbidden => new UnavailableException(
                $"{answer}: the server refuses access to this file. Is the URL right, and may this machine use it?", refused: true),
            HttpStatusCode.ProxyAuthenticationRequired => ProxyRefused(url),
            HttpStatusCode.NotImplemented or HttpStatusCode.HttpVersionNotSupported => new DownloadException($"{answer}."),
            HttpStatusCode.RequestTimeout or HttpStatusCode.TooManyRequests or >= HttpStatusCode.InternalServerError
                => new TransientDownloadException($"{answer}.", retryAfter: ResponseHeaders.RetryAfter(response.Headers.RetryAfter)),
            _ => new DownloadException($"{answer}."),
        };
    }

    private static DownloadException ProxyRefused(Uri url)
    {
        string variable = url.Scheme == Uri.UriSchemeHttps ? "HTTPS_PROXY" : "HTTP_PROXY";
        return new DownloadException(
            $"'{url}' cannot be reached: the proxy requires a user name and password (407). "
            + $"Set them in the variable {variable}, as http://user:password@host:port.");
    }

    private async Task CopyAsync(
        HttpResponseMessage response, long from, long? end, Action<long, ReadOnlyMemory<byte>> receive, CancellationToken cancellationToken)
    {
        var url = response.RequestMessage!.RequestUri!;
        await using var body = await GuardAsync(url, limit => response.Content.ReadAsStreamAsync(limit), cancellationToken);
        byte[] buffer = new byte[1 << 17];
        long at = from;
        while (at < (end ?? MaximumLength))
        {
            int wanted = (int)Math.Min(buffer.Length, (end ?? MaximumLength) - at);
            int read = await GuardAsync(url, limit => body.ReadAsync(buffer.AsMemory(0, wanted), limit).AsTask(), cancellationToken);
            if (read == 0)
            {
                if (end is null) return;
                throw new TransientDownloadException($"'{url}' ended at byte {at}, expected {end}.");
            }

            receive(at, buffer.AsMemory(0, read));
            at += read;
        }

        int extra = await GuardAsync(url, limit => body.ReadAsync(buffer.AsMemory(0, 1), limit).AsTask(), cancellationToken);
        if (extra > 0) throw new RemoteChangedException($"'{url}' sent more than {at - from} bytes.");
    }

    // Runs one network step within the idle timeout. Most failures here may pass.
    private async Task<T> GuardAsync<T>(Uri url, Func<CancellationToken, Task<T>> step, CancellationToken cancellationToken)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limit.CancelAfter(_idleTimeout);
        try
        {
            return await step(limit.Token);
        }
        catch (OperationCanceledException e) when (!cancellationToken.IsCancellationRequested)
        {
            throw new TransientDownloadException($"'{url}' sent nothing for {_idleTimeout.TotalSeconds:0.#} seconds.", e);
        }
        catch (HttpRequestException e) when (
            e is { HttpRequestError: HttpRequestError.ProxyTunnelError, StatusCode: HttpStatusCode.ProxyAuthenticationRequired })
        {
            throw ProxyRefused(url);
        }
        catch (HttpRequestException e) when (
            e.HttpRequestError == HttpRequestError.SecureConnectionError && e.InnerException is AuthenticationException)
        {
            string reason = e.InnerException.GetBaseException().Message.TrimEnd('.');
            throw new DownloadException($"'{url}' cannot be reached securely: {reason}.", e);
        }
        catch (Exception e) when (e is HttpRequestException or IOException)
        {
            string reason = e.GetBaseException().Message.TrimEnd('.');
            throw new TransientDownloadException($"'{url}' cannot be reached, or the connection was lost: {reason}.", e);
        }
    }
}
