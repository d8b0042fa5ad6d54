using System.Globalization;
using System.Net.Http.Headers;

namespace Tips.OnnxExport.Downloads;

/// <summary>Reads what a response says of the file behind it.</summary>
internal static class ResponseHeaders
{
    /// <summary>Google's storage service sends <c>crc32c=…</c> and <c>md5=…</c>, base64, in one header or in two.</summary>
    private const string HashHeader = "x-goog-hash";

    public static RemoteVersion Version(HttpResponseMessage response)
    {
        string? crc = null, md5 = null;
        if (response.Headers.TryGetValues(HashHeader, out var values))
        {
            foreach (string part in values.SelectMany(v => v.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries)))
            {
                if (part.StartsWith("crc32c=", StringComparison.Ordinal)) crc = part["crc32c=".Length..];
                else if (part.StartsWith("md5=", StringComparison.Ordinal)) md5 = part["md5=".Length..];
            }
        }

        return new RemoteVersion(response.Headers.ETag?.ToString(), response.Content.Headers.LastModified?.ToString("R", CultureInfo.InvariantCulture), crc, md5);
    }

    /// <summary>How long the server asks to wait; null if it does not.</summary>
    public static TimeSpan? RetryAfter(RetryConditionHeaderValue? header) => header is null ? null : header.Delta ?? (header.Date is { } date ? date - DateTimeOffset.UtcNow : null);

    /// <exception cref="DownloadException">The body is a web page, or is packed: then it is not the file's bytes.</exception>
    public static void CheckBody(Uri url, HttpResponseMessage response)
    {
        var headers = response.Content.Headers;
        if (headers.ContentType?.MediaType is "text/html" or "application/xhtml+xml") throw new DownloadException($"'{url}' is a web page, expected a file. Is there a sign-in page or a filter between here and the server?");
        if (headers.ContentEncoding.FirstOrDefault(e => !e.Equals("identity", StringComparison.OrdinalIgnoreCase)) is { } encoding) throw new DownloadException($"'{url}' comes packed by '{encoding}', expected the file as it is.");
    }
}
