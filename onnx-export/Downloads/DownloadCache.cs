using Tips.OnnxExport.Files;

namespace Tips.OnnxExport.Downloads;

/// <summary>What has been downloaded: looks files up, and keeps two processes from fetching one.</summary>
internal sealed class DownloadCache(DownloadOptions options, IProgress<WorkProgress>? progress)
{
    private const string LockSuffix = ".lock";

    private static readonly TimeSpan LookAgain = TimeSpan.FromMilliseconds(200);

    /// <summary>A file counts if it is what its record says; a copy that somebody put there may be cut off.</summary>
    /// <returns>Null if there is no such file.</returns>
    public async Task<DownloadedFile?> FindAsync(string target, CancellationToken cancellationToken)
    {
        if (!DownloadRecord.Fits(target) || DownloadRecord.TryRead(target) is not { } record) return null;
        await using var stream = FileHashes.Open(target);
        string step = $"Checking {Path.GetFileName(target)}";
        string sha256 = await FileHashes.Sha256Async(stream, done => progress?.Report(new WorkProgress(step, done, record.Length)), cancellationToken);
        if (sha256 != record.Sha256) return null;
        ClearLeftovers(target);
        return new DownloadedFile(target, record, WasThere: true);
    }

    /// <summary>Waits until no other process is at a file.</summary>
    /// <exception cref="DownloadException">The folder cannot be written.</exception>
    public async Task<FileLock> LockAsync(string target, CancellationToken cancellationToken)
    {
        try
        {
            Directory.CreateDirectory(Path.GetDirectoryName(target)!);
            for (bool told = false; ; told = true)
            {
                if (FileLock.TryAcquire(target + LockSuffix) is { } held) return held;
                if (!told) options.Note?.Invoke($"Another process is downloading '{target}'; waiting for it.");
                await Task.Delay(LookAgain, cancellationToken);
            }
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new DownloadException($"The cache folder '{Path.GetDirectoryName(target)}' cannot be written: {e.Message}", e);
        }
    }

    // Of a process that was killed between putting the file in its place and clearing up.
    private static void ClearLeftovers(string target)
    {
        try
        {
            if (!File.Exists(target + PartialFile.Suffix) && !File.Exists(target + PartialFile.StateSuffix)) return;
            using var held = FileLock.TryAcquire(target + LockSuffix);
            if (held is not null) PartialFile.Delete(target);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // They do no harm.
        }
    }
}
