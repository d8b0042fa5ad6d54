using Tips.OnnxExport.Files;

namespace Tips.OnnxExport.Downloads;

/// <summary>A downloaded file in the cache.</summary>
/// <param name="Path">Path of the file.</param>
/// <param name="Record">Where it came from and what it is.</param>
/// <param name="WasCached">Whether it was already in the cache.</param>
internal sealed record DownloadedFile(string Path, DownloadRecord Record, bool WasCached);

/// <summary>
/// Downloads files into the cache: in parallel ranges if the server supports them, resumed after interruptions, retried with growing waits,
/// and moved to the final path only when complete and with the server's checksums.
/// </summary>
internal sealed class FileDownloader : IDisposable
{
    /// <summary>How many times a file may change on the server during its download.</summary>
    private const int MaximumRestarts = 3;

    private readonly DownloadOptions _options;
    private readonly IProgress<WorkProgress>? _progress;
    private readonly HttpSource _source;
    private readonly DownloadCache _cache;
    private readonly FileTransfer _transfer;

    public FileDownloader(DownloadOptions options, IProgress<WorkProgress>? progress = null)
    {
        (_options, _progress) = (options, progress);
        _source = new HttpSource(options.IdleTimeout);
        _cache = new DownloadCache(options, progress);
        _transfer = new FileTransfer(options, _source, new RetryPolicy(options), progress);
    }

    /// <summary>Makes sure that a file is in the cache, downloading it if necessary.</summary>
    /// <exception cref="DownloadException">The file cannot be downloaded.</exception>
    /// <exception cref="DownloadCanceledException">The download was canceled.</exception>
    public Task<DownloadedFile> DownloadAsync(ReleasedFile file, CancellationToken cancellationToken) => CancellableAsync(
        async () =>
        {
            // A cached file needs no server, whichever of its names it has.
            foreach (string path in file.Paths)
            {
                if (await _cache.FindAsync(_options.Cache.PathOf(path), cancellationToken) is { } cached) return cached;
            }

            return await TryPathsAsync(file, path => DownloadAsync(file, path, cancellationToken));
        },
        cancellationToken);

    /// <summary>Checks, before the first of several files is downloaded, that there is space for all of them.</summary>
    /// <exception cref="IOException">There is not enough space.</exception>
    /// <exception cref="DownloadException">A file cannot be downloaded.</exception>
    /// <exception cref="DownloadCanceledException">The check was canceled.</exception>
    public async Task CheckSpaceAsync(IReadOnlyList<ReleasedFile> files, CancellationToken cancellationToken)
    {
        long missing = 0;
        foreach (var file in files.Where(f => !f.Paths.Select(_options.Cache.PathOf).Any(DownloadRecord.LooksComplete)))
        {
            missing += await CancellableAsync(
                () => TryPathsAsync(file, path => MissingBytesAsync(path, cancellationToken)), cancellationToken);
        }

        string what = files.Count == 1 ? $"the {files[0].Title}" : $"the download of {files.Count} files";
        FreeSpace.Check(_options.Cache.Path, missing, what, _options.FreeBytes);
    }

    public void Dispose() => _source.Dispose();

    private static async Task<T> CancellableAsync<T>(Func<Task<T>> work, CancellationToken cancellationToken)
    {
        try
        {
            return await work();
        }
        catch (OperationCanceledException e) when (e is not DownloadCanceledException && cancellationToken.IsCancellationRequested)
        {
            throw new DownloadCanceledException(resumable: true, cancellationToken);
        }
    }

    // Uses the first path that the server has.
    private static async Task<T> TryPathsAsync<T>(ReleasedFile file, Func<string, Task<T>> work)
    {
        List<UnavailableException> failures = [];
        foreach (string path in file.Paths)
        {
            try
            {
                return await work(path);
            }
            catch (UnavailableException e)
            {
                failures.Add(e);
            }
        }

        var cause = failures.FirstOrDefault(a => a.Refused) ?? failures[^1];
        string tried = file.Paths.Count > 1 ? $" (Tried {string.Join(" and ", file.Paths)}.)" : "";
        throw new DownloadException($"The {file.Title} cannot be downloaded: {cause.Message}{tried}", cause);
    }

    private async Task<long> MissingBytesAsync(string path, CancellationToken cancellationToken)
    {
        var remote = await _transfer.ProbeAsync(new Uri(_options.BaseAddress, path), cancellationToken);
        return Math.Max(0, (remote.Length ?? 0) - PartialFile.BytesOnDisk(_options.Cache.PathOf(path), remote));
    }

    private async Task<DownloadedFile> DownloadAsync(ReleasedFile file, string path, CancellationToken cancellationToken)
    {
        string target = _options.Cache.PathOf(path);
        using var held = await _cache.LockAsync(target, cancellationToken);
        if (await _cache.FindAsync(target, cancellationToken) is { } downloadedMeanwhile) return downloadedMeanwhile;
        var url = new Uri(_options.BaseAddress, path);
        for (int restart = 0; ; restart++)
        {
            try
            {
                bool allowRanges = restart < MaximumRestarts - 1;
                var (remote, resumable) = await _transfer.FetchAsync(file.Title, url, target, allowRanges, cancellationToken);
                return await AcceptAsync(remote, resumable, target, cancellationToken);
            }
            catch (RemoteChangedException e) when (restart < MaximumRestarts)
            {
                _options.Log?.Invoke($"{e.Message} Starting over.");
            }
        }
    }

    private async Task<FileHashes> HashAsync(RemoteFile remote, bool resumable, string target, CancellationToken cancellationToken)
    {
        string step = $"Checking {Path.GetFileName(target)}";
        try
        {
            await using var stream = FileHashes.Open(target + PartialFile.Suffix);
            return await FileHashes.ComputeAsync(stream, Report, cancellationToken);
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            if (!resumable) PartialFile.TryDelete(target);
            throw new DownloadCanceledException(resumable, cancellationToken);
        }

        void Report(long done) => _progress?.Report(new WorkProgress(step, done, remote.Length));
    }

    private async Task<DownloadedFile> AcceptAsync(RemoteFile remote, bool resumable, string target, CancellationToken cancellationToken)
    {
        string part = target + PartialFile.Suffix;
        var hashes = await HashAsync(remote, resumable, target, cancellationToken);
        if (DownloadChecks.FindProblem(remote, hashes, part, target) is { } problem)
        {
            PartialFile.Delete(target);
            throw new DownloadException(
                $"The download of '{remote.Url}' is not the expected file: {problem}. "
                + "It was deleted; try again, or use another --base-url.");
        }

        if (!remote.Version.HasHashes)
            _options.Log?.Invoke($"The server sent no checksum for '{remote.Url}'; the SHA-256 of the download is {hashes.Sha256}.");
        var record = new DownloadRecord(
            Url: remote.Url.AbsoluteUri,
            Length: hashes.Length,
            Sha256: hashes.Sha256,
            ETag: remote.Version.ETag,
            CheckedCrc32C: remote.Version.Crc32C,
            CheckedMd5: remote.Version.Md5,
            License: ReleaseCatalog.License);
        try
        {
            record.Write(target);
            File.Move(part, LinkedFile.PlaceOf(target), overwrite: true);
            PartialFile.Delete(target);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw DownloadException.Unwritable($"File '{target}'", e);
        }

        return new DownloadedFile(target, record, WasCached: false);
    }
}
