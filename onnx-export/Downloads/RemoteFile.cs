namespace Tips.OnnxExport.Downloads;

/// <summary>What distinguishes one version of a file on a server from another.</summary>
/// <param name="ETag">The version's tag as sent, including weak ones; null if there is none.</param>
/// <param name="LastModified">When the file was last changed, as sent; null if the server does not say.</param>
/// <param name="Crc32C">CRC-32C of the whole file, base64; null if the server sends none.</param>
/// <param name="Md5">MD5 of the whole file, base64; null if the server sends none.</param>
internal sealed record RemoteVersion(string? ETag, string? LastModified, string? Crc32C, string? Md5)
{
    public bool IsKnown => (ETag ?? LastModified ?? Crc32C ?? Md5) is not null;

    public bool HasHashes => (Crc32C ?? Md5) is not null;

    /// <summary>The tag if it guarantees identical bytes, otherwise null.</summary>
    public string? StrongTag => ETag?.StartsWith("W/", StringComparison.Ordinal) == false ? ETag : null;

    /// <summary>Whether the two versions agree in everything that both of them state.</summary>
    public bool IsCompatibleWith(RemoteVersion other)
        => Same(ETag, other.ETag) && Same(LastModified, other.LastModified) && Same(Crc32C, other.Crc32C) && Same(Md5, other.Md5);

    private static bool Same(string? a, string? b) => a is null || b is null || a == b;
}

/// <summary>What a server says about a file.</summary>
/// <param name="Url">The URL.</param>
/// <param name="Length">Length of the whole file in bytes; null if the server does not say.</param>
/// <param name="Version">What distinguishes this version from others.</param>
/// <param name="AcceptsRanges">Whether ranges can be requested.</param>
internal sealed record RemoteFile(Uri Url, long? Length, RemoteVersion Version, bool AcceptsRanges);
