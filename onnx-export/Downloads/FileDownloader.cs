using Tips.OnnxExport.Files;

namespace Tips.OnnxExport.Downloads;

/// <summary>A file in the cache.</summary>
/// <param name="Path">Where it is.</param>
/// <param name="Record">What it is.</param>
/// <param name="WasThere">Whether nothing had to be fetched.</param>
internal sealed record DownloadedFile(string Path, DownloadRecord Record, bool WasThere);

/// <summary>
/// Downloads files into the cache: in parallel ranges where the server sends them, going on after any interruption, retried with growing
/// waits, and put in its place only when it is whole and has the server's checksums.
/// </summary>
internal sealed class FileDownloader : IDisposable
{
    /// <summary>How often a file may change on the server while it is fetched.</summary>
    private const int Restarts = 3;

    private readonly DownloadOptions _options;
    private readonly IProgress<WorkProgress>? _progress;
    private readonly HttpSource _source;
    private readonly DownloadCache _cache;
    private readonly FileTransfer _transfer;

    public FileDownloader(DownloadOptions options, IProgress<WorkProgress>? progress = null)
    {
        (_options, _progress) = (options, progress);
        _source = new HttpSource(options.Patience);
        _cache = new DownloadCache(options, progress);
        _transfer = new FileTransfer(options, _source, new RetryPolicy(options), progress);
    }

    /// <summary>Makes sure that a file is in the cache.</summary>
    /// <exception cref="DownloadException">It cannot be had.</exception>
    /// <exception cref="DownloadCancelledException">It was ended.</exception>
    public Task<DownloadedFile> DownloadAsync(ReleasedFile file, CancellationToken cancellationToken) => CancellableAsync(
        async () =>
        {
            // What is there needs no server, under whichever of its names it was found.
            foreach (string path in file.Paths)
            {
                if (await _cache.FindAsync(_options.Cache.PathOf(path), cancellationToken) is { } there) return there;
            }

            return await OnPathsAsync(file, path => DownloadAsync(file, path, cancellationToken));
        },
        cancellationToken);

    /// <summary>Makes sure, before the first of several files is fetched, that all of them will fit.</summary>
    /// <exception cref="IOException">They will not.</exception>
    /// <exception cref="DownloadException">A file cannot be had.</exception>
    /// <exception cref="DownloadCancelledException">It was ended.</exception>
    public async Task CheckSpaceAsync(IReadOnlyList<ReleasedFile> files, CancellationToken cancellationToken)
    {
        long missing = 0;
        foreach (var file in files.Where(f => !f.Paths.Select(_options.Cache.PathOf).Any(DownloadRecord.Fits)))
            missing += await CancellableAsync(() => OnPathsAsync(file, path => MissingAsync(path, cancellationToken)), cancellationToken);
        FreeSpace.Check(_options.Cache.Path, missing, files.Count == 1 ? $"the {files[0].Title}" : $"the download of {files.Count} files", _options.FreeBytes);
    }

    public void Dispose() => _source.Dispose();

    private static async Task<T> CancellableAsync<T>(Func<Task<T>> work, CancellationToken cancellationToken)
    {
        try
        {
            return await work();
        }
        catch (OperationCanceledException e) when (e is not DownloadCancelledException && cancellationToken.IsCancellationRequested)
        {
            throw new DownloadCancelledException(kept: true, cancellationToken);
        }
    }

    // Under the first name that the server has.
    private static async Task<T> OnPathsAsync<T>(ReleasedFile file, Func<string, Task<T>> work)
    {
        List<UnavailableException> answers = [];
        foreach (string path in file.Paths)
        {
            try
            {
                return await work(path);
            }
            catch (UnavailableException e)
            {
                answers.Add(e);
            }
        }

        var worst = answers.FirstOrDefault(a => a.Refused) ?? answers[^1];
        throw new DownloadException($"The {file.Title} cannot be had: {worst.Message}{(file.Paths.Count > 1 ? $" (Tried {string.Join(" and ", file.Paths)}.)" : "")}", worst);
    }

    private async Task<long> MissingAsync(string path, CancellationToken cancellationToken)
    {
        var remote = await _transfer.ProbeAsync(new Uri(_options.BaseAddress, path), cancellationToken);
        return Math.Max(0, (remote.Length ?? 0) - PartialFile.BytesThere(_options.Cache.PathOf(path), remote));
    }

    private async Task<DownloadedFile> DownloadAsync(ReleasedFile file, string path, CancellationToken cancellationToken)
    {
        string target = _options.Cache.PathOf(path);
        using var held = await _cache.LockAsync(target, cancellationToken);
        if (await _cache.FindAsync(target, cancellationToken) is { } meanwhile) return meanwhile;
        for (int restart = 0; ; restart++)
        {
            try
            {
                var (remote, resumable) = await _transfer.FetchAsync(file.Title, new Uri(_options.BaseAddress, path), target, allowRanges: restart < Restarts - 1, cancellationToken);
                return await AcceptAsync(remote, resumable, target, cancellationToken);
            }
            catch (RemoteChangedException e) when (restart < Restarts)
            {
                _options.Note?.Invoke($"{e.Message} Starting again.");
            }
        }
    }

    private async Task<FileHashes> HashAsync(RemoteFile remote, bool resumable, string target, CancellationToken cancellationToken)
    {
        string step = $"Checking {Path.GetFileName(target)}";
        try
        {
            await using var stream = FileHashes.Open(target + PartialFile.Suffix);
            return await FileHashes.ComputeAsync(stream, done => _progress?.Report(new WorkProgress(step, done, remote.Length)), cancellationToken);
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            if (!resumable) PartialFile.TryDelete(target);
            throw new DownloadCancelledException(kept: resumable, cancellationToken);
        }
    }

    private async Task<DownloadedFile> AcceptAsync(RemoteFile remote, bool resumable, string target, CancellationToken cancellationToken)
    {
        string part = target + PartialFile.Suffix;
        var hashes = await HashAsync(remote, resumable, target, cancellationToken);
        if (DownloadChecks.Fault(remote, hashes, part, target) is { } fault)
        {
            PartialFile.Delete(target);
            throw new DownloadException($"The download of '{remote.Url}' is not the file: {fault}. It was thrown away; try again, or another --base-url.");
        }

        if (!remote.Version.HasHashes) _options.Note?.Invoke($"The server sends no checksum of '{remote.Url}'; its SHA-256 here is {hashes.Sha256}.");
        var record = new DownloadRecord(remote.Url.AbsoluteUri, hashes.Length, hashes.Sha256, remote.Version.ETag, remote.Version.Crc32C, remote.Version.Md5, ReleaseCatalogue.License);
        try
        {
            record.Write(target);
            File.Move(part, target, overwrite: true);
            PartialFile.Delete(target);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new DownloadException($"File '{target}' cannot be written: {e.Message}", e);
        }

        return new DownloadedFile(target, record, WasThere: false);
    }
}
