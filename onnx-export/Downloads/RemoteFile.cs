namespace Tips.OnnxExport.Downloads;

/// <summary>What tells one version of a file on a server from another.</summary>
/// <param name="ETag">Tag of the version as it was sent, weak ones too; null if there is none.</param>
/// <param name="LastModified">When it was changed, in the words of the server; null if it does not tell.</param>
/// <param name="Crc32C">CRC-32C of the whole file, base64; null if the server sends none.</param>
/// <param name="Md5">MD5 of the whole file, base64; null if the server sends none.</param>
internal sealed record RemoteVersion(string? ETag, string? LastModified, string? Crc32C, string? Md5)
{
    public bool IsKnown => (ETag ?? LastModified ?? Crc32C ?? Md5) is not null;

    public bool HasHashes => (Crc32C ?? Md5) is not null;

    /// <summary>A tag that stands for the very bytes; null if there is none.</summary>
    public string? StrongTag => ETag?.StartsWith("W/", StringComparison.Ordinal) == false ? ETag : null;

    /// <summary>Whether nothing that both versions tell is different.</summary>
    public bool MayBe(RemoteVersion other)
        => Same(ETag, other.ETag) && Same(LastModified, other.LastModified) && Same(Crc32C, other.Crc32C) && Same(Md5, other.Md5);

    private static bool Same(string? a, string? b) => a is null || b is null || a == b;
}

/// <summary>What a server says of a file.</summary>
/// <param name="Url">The address.</param>
/// <param name="Length">Bytes of the whole file; null if the server does not tell.</param>
/// <param name="Version">What tells this version from another.</param>
/// <param name="AcceptsRanges">Whether parts can be asked for.</param>
internal sealed record RemoteFile(Uri Url, long? Length, RemoteVersion Version, bool AcceptsRanges);
