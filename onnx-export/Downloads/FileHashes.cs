using System.Diagnostics.CodeAnalysis;
using System.Security.Cryptography;

namespace Tips.OnnxExport.Downloads;

/// <summary>Checksums of a file, computed in one pass.</summary>
/// <param name="Length">Bytes.</param>
/// <param name="Sha256">SHA-256, 64 lower-case hexadecimal digits.</param>
/// <param name="Crc32C">CRC-32C, base64.</param>
/// <param name="Md5">MD5, base64.</param>
internal sealed record FileHashes(long Length, string Sha256, string Crc32C, string Md5)
{
    /// <summary>Hashes a stream from its start.</summary>
    [SuppressMessage("Security", "CA5351", Justification = "MD5 is what the storage service sends; it finds damage, SHA-256 is what is recorded.")]
    public static async Task<FileHashes> ComputeAsync(Stream stream, Action<long>? progress, CancellationToken cancellationToken)
    {
        using var sha = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        using var md5 = IncrementalHash.CreateHash(HashAlgorithmName.MD5);
        var crc = new Crc32C();
        byte[] buffer = new byte[1 << 20];
        long done = 0;
        for (int read; (read = await stream.ReadAsync(buffer, cancellationToken)) > 0;)
        {
            sha.AppendData(buffer, 0, read);
            md5.AppendData(buffer, 0, read);
            crc.Append(buffer.AsSpan(0, read));
            progress?.Invoke(done += read);
        }

        return new FileHashes(done, Convert.ToHexStringLower(sha.GetHashAndReset()), Convert.ToBase64String(crc.GetHash()), Convert.ToBase64String(md5.GetHashAndReset()));
    }
}
