using System.Net.Http.Headers;

namespace Tips.OnnxExport.Downloads;

/// <summary>The checksums that a server sends in <c>x-goog-hash</c> headers: <c>crc32c=…</c> and <c>md5=…</c>, base64.</summary>
/// <param name="Crc32C">CRC-32C, base64; null if the server sends none.</param>
/// <param name="Md5">MD5, base64; null if the server sends none.</param>
internal sealed record ObjectHashes(string? Crc32C, string? Md5)
{
    private const string Header = "x-goog-hash";

    public bool Any => Crc32C is not null || Md5 is not null;

    /// <summary>One header with both, or one a checksum.</summary>
    public static ObjectHashes Read(HttpResponseHeaders headers)
    {
        string? crc = null, md5 = null;
        if (headers.TryGetValues(Header, out var values))
        {
            foreach (string part in values.SelectMany(v => v.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries)))
            {
                if (part.StartsWith("crc32c=", StringComparison.Ordinal)) crc = part["crc32c=".Length..];
                else if (part.StartsWith("md5=", StringComparison.Ordinal)) md5 = part["md5=".Length..];
            }
        }

        return new ObjectHashes(crc, md5);
    }
}
