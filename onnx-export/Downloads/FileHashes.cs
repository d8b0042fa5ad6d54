using System.Diagnostics.CodeAnalysis;
using System.Security.Cryptography;

namespace Tips.OnnxExport.Downloads;

/// <summary>Hashes of a file, computed in one pass.</summary>
/// <param name="Length">Length in bytes.</param>
/// <param name="Sha256">SHA-256, 64 lowercase hexadecimal digits.</param>
/// <param name="Crc32C">CRC-32C, base64.</param>
/// <param name="Md5">MD5, base64.</param>
internal sealed record FileHashes(long Length, string Sha256, string Crc32C, string Md5)
{
    /// <summary>Opens a file for one read from start to end.</summary>
    public static FileStream Open(string path) => new(
        path, FileMode.Open, FileAccess.Read, FileShare.Read, bufferSize: 1, FileOptions.SequentialScan | FileOptions.Asynchronous);

    /// <summary>Computes only the SHA-256.</summary>
    public static async Task<string> Sha256Async(Stream stream, Action<long> progress, CancellationToken cancellationToken)
    {
        using var sha = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        await ReadAsync(stream, sha.AppendData, progress, cancellationToken);
        return Convert.ToHexStringLower(sha.GetHashAndReset());
    }

    /// <summary>Computes all hashes.</summary>
    [SuppressMessage("Security", "CA5351", Justification = "The storage service sends MD5, which detects damage. The record uses SHA-256.")]
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
        return new FileHashes(
            length,
            Convert.ToHexStringLower(sha.GetHashAndReset()),
            Convert.ToBase64String(crc.GetHash()),
            Convert.ToBase64String(md5.GetHashAndReset()));
    }

    private static async Task<long> ReadAsync(
        Stream stream, Action<ReadOnlySpan<byte>> append, Action<long> progress, CancellationToken cancellationToken)
    {
        byte[] buffer = new byte[1 << 20];
        long done = 0;
        for (int read; (read = await stream.ReadAsync(buffer, cancellationToken)) > 0;)
        {
            append(buffer.AsSpan(0, read));
            progress(done += read);
        }

        return done;
    }
}
