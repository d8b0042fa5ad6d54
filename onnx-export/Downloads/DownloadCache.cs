using Tips.OnnxExport.Files;

namespace Tips.OnnxExport.Downloads;

/// <summary>The downloads on disk: finds files, and keeps two processes from downloading the same one.</summary>
internal sealed class DownloadCache(DownloadOptions options, IProgress<WorkProgress>? progress)
{
    private const string LockSuffix = ".lock";

    private static readonly TimeSpan LockPollInterval = TimeSpan.FromMilliseconds(200);

    /// <summary>Finds a file and checks it against its record: a copy that somebody put there may be incomplete.</summary>
    /// <returns>The file, or null if it is missing or does not match its record.</returns>
    public async Task<DownloadedFile?> FindAsync(string target, CancellationToken cancellationToken)
    {
        if (!DownloadRecord.LooksComplete(target) || DownloadRecord.TryRead(target) is not { } record) return null;
        await using var stream = FileHashes.Open(target);
        string step = $"Checking {Path.GetFileName(target)}";
        void Report(long done) => progress?.Report(new WorkProgress(step, done, record.Length));
        string sha256 = await FileHashes.Sha256Async(stream, Report, cancellationToken);
        if (sha256 != record.Sha256) return null;
        DeleteLeftovers(target);
        return new DownloadedFile(target, record, WasCached: true);
    }

    /// <summary>Locks a file, waiting until no other process has it locked.</summary>
    /// <exception cref="DownloadException">The cache folder cannot be written.</exception>
    public async Task<FileLock> LockAsync(string target, CancellationToken cancellationToken)
    {
        try
        {
            Directory.CreateDirectory(Path.GetDirectoryName(target)!);
            for (bool logged = false; ; logged = true)
            {
                if (FileLock.TryAcquire(target + LockSuffix) is { } held) return held;
                if (!logged) options.Log?.Invoke($"Another process is downloading '{target}'; waiting for it.");
                await Task.Delay(LockPollInterval, cancellationToken);
            }
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw DownloadException.Unwritable($"The cache folder '{Path.GetDirectoryName(target)}'", e);
        }
    }

    // A process may be killed after it has moved the file to its final place and before it has cleaned up.
    private static void DeleteLeftovers(string target)
    {
        try
        {
            if (!File.Exists(target + PartialFile.Suffix) && !File.Exists(target + PartialFile.StateSuffix)) return;
            using var held = FileLock.TryAcquire(target + LockSuffix);
            if (held is not null) PartialFile.Delete(target);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // Leftovers do no harm.
        }
    }
}
