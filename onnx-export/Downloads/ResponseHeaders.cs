using System.Globalization;
using System.Net.Http.Headers;

namespace Tips.OnnxExport.Downloads;

/// <summary>Reads what the headers of a response say about the file.</summary>
internal static class ResponseHeaders
{
    /// <summary>Google's storage service sends <c>crc32c=…</c> and <c>md5=…</c>, base64, in one header or in two.</summary>
    private const string HashHeader = "x-goog-hash";

    public static RemoteVersion Version(HttpResponseMessage response)
    {
        string? crc = null, md5 = null;
        if (response.Headers.TryGetValues(HashHeader, out var values))
        {
            var parts = values.SelectMany(v => v.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries));
            foreach (string part in parts)
            {
                if (part.StartsWith("crc32c=", StringComparison.Ordinal)) crc = part["crc32c=".Length..];
                else if (part.StartsWith("md5=", StringComparison.Ordinal)) md5 = part["md5=".Length..];
            }
        }

        string? lastModified = response.Content.Headers.LastModified?.ToString("R", CultureInfo.InvariantCulture);
        return new RemoteVersion(response.Headers.ETag?.ToString(), lastModified, crc, md5);
    }

    /// <summary>How long the server asks to wait, or null.</summary>
    public static TimeSpan? RetryAfter(RetryConditionHeaderValue? header)
        => header?.Delta ?? (header?.Date is { } date ? date - DateTimeOffset.UtcNow : null);

    /// <exception cref="DownloadException">The body is a web page or is compressed, so it is not the bytes of the file.</exception>
    public static void CheckBody(Uri url, HttpResponseMessage response)
    {
        var headers = response.Content.Headers;
        if (headers.ContentType?.MediaType is "text/html" or "application/xhtml+xml")
        {
            throw new DownloadException(
                $"'{url}' is a web page, expected a file. Is there a sign-in page or a filter between this machine and the server?");
        }

        var encoding = headers.ContentEncoding.FirstOrDefault(e => !e.Equals("identity", StringComparison.OrdinalIgnoreCase));
        if (encoding is not null)
            throw new DownloadException($"'{url}' is sent with the content encoding '{encoding}', expected the file as it is.");
    }
}
