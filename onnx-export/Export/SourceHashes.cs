using System.Security.Cryptography;
using Tips.MLNet.Models;
using Tips.OnnxExport.Files;

namespace Tips.OnnxExport.Export;

/// <summary>The SHA-256 of the files that a model is made from. Each is read once, however many parts are made from it.</summary>
internal sealed class SourceHashes(IProgress<WorkProgress>? progress, CancellationToken cancellationToken)
{
    private readonly Dictionary<string, ManifestFile> _known = new(StringComparer.Ordinal);

    public ManifestFile[] Of(IEnumerable<string> paths) => [.. paths.Select(Path.GetFullPath).Distinct().Select(Of)];

    private ManifestFile Of(string path)
    {
        if (!_known.TryGetValue(path, out var file)) _known.Add(path, file = Hash(path));
        return file;
    }

    private ManifestFile Hash(string path)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        using var stream = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read, bufferSize: 1, FileOptions.SequentialScan);
        byte[] buffer = new byte[1 << 20];
        long done = 0;
        for (int read; (read = stream.Read(buffer)) > 0;)
        {
            cancellationToken.ThrowIfCancellationRequested();
            hash.AppendData(buffer, 0, read);
            done += read;
            progress?.Report(new($"Reading the SHA-256 of {Path.GetFileName(path)}", done, stream.Length));
        }

        return new ManifestFile(Path.GetFileName(path), done, Convert.ToHexStringLower(hash.GetHashAndReset()));
    }
}
