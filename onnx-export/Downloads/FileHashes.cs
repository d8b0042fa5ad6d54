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
    /// <summary>A file to be read once, from its start to its end.</summary>
    public static FileStream Open(string path) => new(path, FileMode.Open, FileAccess.Read, FileShare.Read, bufferSize: 1, FileOptions.SequentialScan | FileOptions.Asynchronous);

    /// <summary>The SHA-256 alone.</summary>
    public static async Task<string> Sha256Async(Stream stream, Action<long> progress, CancellationToken cancellationToken)
    {
        using var sha = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        await ReadAsync(stream, sha.AppendData, progress, cancellationToken);
        return Convert.ToHexStringLower(sha.GetHashAndReset());
    }

    /// <summary>Every checksum.</summary>
    [SuppressMessage("Security", "CA5351", Justification = "MD5 is what the storage service sends; it finds damage, SHA-256 is what is recorded.")]
    public static async Task<FileHashes> ComputeAsync(Stream stream, Action<long> progress, CancellationToken cancellationToken)
    {
        using var sha = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        using var md5 = IncrementalHash.CreateHash(HashAlgorithmName.MD5);
        var crc = new Crc32C();
        long length = await ReadAsync(
            stream,
            bytes =>
            {
                sha.AppendData(bytes);
                md5.AppendData(bytes);
                crc.Append(bytes);
            },
            progress,
            cancellationToken);
        return new FileHashes(length, Convert.ToHexStringLower(sha.GetHashAndReset()), Convert.ToBase64String(crc.GetHash()), Convert.ToBase64String(md5.GetHashAndReset()));
    }

    private static async Task<long> ReadAsync(Stream stream, Action<ReadOnlySpan<byte>> see, Action<long> progress, CancellationToken cancellationToken)
    {
        byte[] buffer = new byte[1 << 20];
        long done = 0;
        for (int read; (read = await stream.ReadAsync(buffer, cancellationToken)) > 0;)
        {
            see(buffer.AsSpan(0, read));
            progress(done += read);
        }

        return done;
    }
}
