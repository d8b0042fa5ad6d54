using System.IO.Compression;
using Polly;
using Polly.Retry;
using Tips.OnnxExport.Files;

namespace Tips.OnnxExport.Downloads;

/// <summary>A file in the cache.</summary>
/// <param name="Path">Where it is.</param>
/// <param name="Record">What it is.</param>
/// <param name="WasThere">Whether nothing had to be fetched.</param>
internal sealed record DownloadedFile(string Path, DownloadRecord Record, bool WasThere);

/// <summary>
/// Downloads files into the cache: in parallel ranges where the server sends them, going on after any interruption, retried with growing
/// waits, and put in its place only when it is whole and has the server's checksums. Downloads one file at a time; not thread-safe.
/// </summary>
internal sealed class FileDownloader(DownloadOptions options) : IDisposable
{
    private const string LockSuffix = ".lock";

    /// <summary>An attempt that brings this much gets on; the count of attempts begins anew.</summary>
    private const long GettingOn = 1 << 20;

    /// <summary>How often a file may change on the server while it is fetched.</summary>
    private const int Restarts = 3;

    private readonly HttpSource _source = new(options.Patience);

    /// <summary>Whether the download under way cannot be taken up in its middle.</summary>
    private bool _whole;

    /// <summary>Makes sure that a file is in the cache.</summary>
    /// <exception cref="DownloadException">It cannot be had.</exception>
    /// <exception cref="DownloadCancelledException">It was ended; what is there is kept.</exception>
    public async Task<DownloadedFile> DownloadAsync(ReleasedFile file, IProgress<DownloadProgress>? progress, CancellationToken cancellationToken)
    {
        try
        {
            // What is there needs no server, under whichever of its names it was found.
            foreach (string path in file.Paths)
            {
                if (await FindAsync(options.Cache.PathOf(path), progress, cancellationToken) is { } there) return there;
            }

            return await OnPathsAsync(file, path => DownloadAsync(file, path, progress, cancellationToken));
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            throw new DownloadCancelledException(kept: !_whole, cancellationToken);
        }
    }

    /// <summary>Makes sure, before the first of several files is fetched, that all of them will fit.</summary>
    /// <exception cref="IOException">They will not.</exception>
    /// <exception cref="DownloadException">A file cannot be had.</exception>
    public async Task CheckSpaceAsync(IReadOnlyList<ReleasedFile> files, CancellationToken cancellationToken)
    {
        long missing = 0;
        try
        {
            foreach (var file in files)
            {
                if (file.Paths.Select(options.Cache.PathOf).Any(DownloadRecord.Fits)) continue;
                missing += await OnPathsAsync(file, async path =>
                {
                    var remote = await RetryAsync(token => _source.ProbeAsync(new Uri(options.BaseAddress, path), token), cancellationToken);
                    return Math.Max(0, (remote.Length ?? 0) - PartialFile.BytesThere(options.Cache.PathOf(path), remote));
                });
            }
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            throw new DownloadCancelledException(kept: true, cancellationToken);
        }

        FreeSpace.Check(options.Cache.Path, missing, files.Count == 1 ? $"the {files[0].Title}" : $"the download of {files.Count} files", options.FreeBytes);
    }

    public void Dispose() => _source.Dispose();

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

    private async Task<DownloadedFile> DownloadAsync(ReleasedFile file, string path, IProgress<DownloadProgress>? progress, CancellationToken cancellationToken)
    {
        string target = options.Cache.PathOf(path);
        using var held = await LockAsync(target, cancellationToken);
        if (await FindAsync(target, progress, cancellationToken) is { } meanwhile) return meanwhile;
        for (int restart = 0; ; restart++)
        {
            try
            {
                return await FetchAsync(file, new Uri(options.BaseAddress, path), target, allowRanges: restart < Restarts - 1, progress, cancellationToken);
            }
            catch (RemoteChangedException e) when (restart < Restarts)
            {
                options.Note?.Invoke($"{e.Message} Starting again.");
            }
        }
    }

    // A file counts if its record says what it is; a copy that somebody put there may be cut off.
    private static async Task<DownloadedFile?> FindAsync(string target, IProgress<DownloadProgress>? progress, CancellationToken cancellationToken)
    {
        if (!DownloadRecord.Fits(target) || DownloadRecord.TryRead(target) is not { } record) return null;
        var hashes = await HashAsync(target, record.Length, progress, cancellationToken);
        if (hashes.Sha256 != record.Sha256) return null;
        ClearLeftovers(target);
        return new DownloadedFile(target, record, WasThere: true);
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

    private async Task<FileLock> LockAsync(string target, CancellationToken cancellationToken)
    {
        try
        {
            Directory.CreateDirectory(Path.GetDirectoryName(target)!);
            for (bool told = false; ; told = true)
            {
                if (FileLock.TryAcquire(target + LockSuffix) is { } held) return held;
                if (!told) options.Note?.Invoke($"Another process is downloading '{target}'; waiting for it.");
                await Task.Delay(TimeSpan.FromMilliseconds(200), cancellationToken);
            }
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new DownloadException($"The cache folder '{Path.GetDirectoryName(target)}' cannot be written: {e.Message}", e);
        }
    }

    private async Task<DownloadedFile> FetchAsync(ReleasedFile file, Uri url, string target, bool allowRanges, IProgress<DownloadProgress>? progress, CancellationToken cancellationToken)
    {
        var remote = await RetryAsync(token => _source.ProbeAsync(url, token), cancellationToken);
        // One node of many may answer without ranges; gigabytes are not thrown away for that.
        if (!remote.AcceptsRanges && PartialFile.Peek(target) is not null) remote = await RetryAsync(token => _source.ProbeAsync(url, token), cancellationToken);
        string part = target + PartialFile.Suffix, step = Path.GetFileName(target);
        _whole = remote.Length is null || !remote.AcceptsRanges || !allowRanges;
        if (_whole) remote = await FetchWholeAsync(file, remote, target, step, progress, cancellationToken);
        else await FetchPartsAsync(file, remote, target, step, progress, cancellationToken);
        return await AcceptAsync(remote, part, target, progress, cancellationToken);
    }

    private async Task FetchPartsAsync(ReleasedFile file, RemoteFile remote, string target, string step, IProgress<DownloadProgress>? progress, CancellationToken cancellationToken)
    {
        FreeSpace.Check(target, remote.Length!.Value - PartialFile.BytesThere(target, remote), $"the {file.Title}", options.FreeBytes);
        try
        {
            using var partial = OpenPartial(target, remote);
            try
            {
                long start = partial.BytesDone;
                progress?.Report(new DownloadProgress(step, start, remote.Length, start));
                var parallel = new ParallelOptions { MaxDegreeOfParallelism = options.Connections, CancellationToken = cancellationToken };
                await Parallel.ForEachAsync(Enumerable.Range(0, partial.ChunkCount), parallel, async (chunk, token) => await FetchChunkAsync(remote, partial, chunk, done => progress?.Report(new DownloadProgress(step, done, remote.Length, start)), token));
            }
            finally
            {
                TryNote(partial);
            }
        }
        catch when (!remote.Version.IsKnown)
        {
            PartialFile.Delete(target); // nothing would tell it from another version
            throw;
        }
    }

    private PartialFile OpenPartial(string target, RemoteFile remote)
    {
        try
        {
            return PartialFile.Open(target, remote, options.ChunkLength);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new DownloadException($"File '{target}{PartialFile.Suffix}' cannot be written: {e.Message}", e);
        }
    }

    // What ended the download is the better message.
    private static void TryNote(PartialFile partial)
    {
        try
        {
            partial.Note();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // The note before this one holds.
        }
    }

    // Attempts go on where the last one ended.
    private async Task FetchChunkAsync(RemoteFile remote, PartialFile partial, int chunk, Action<long> progress, CancellationToken cancellationToken)
    {
        while (partial.Chunk(chunk) is var (start, end) && start < end)
        {
            await RetryAsync(
                async token =>
                {
                    var (next, _) = partial.Chunk(chunk);
                    try
                    {
                        await _source.FetchAsync(remote, next, end, Receive, token);
                    }
                    catch (TransientDownloadException) when (partial.Chunk(chunk).Next - next >= GettingOn)
                    {
                        await Task.Delay(options.FirstDelay, token); // the loop goes on from here
                    }

                    return true;
                },
                cancellationToken,
                kept: remote.Version.IsKnown);
        }

        void Receive(long position, ReadOnlyMemory<byte> bytes)
        {
            partial.Write(chunk, position, bytes.Span);
            progress(partial.BytesDone);
        }
    }

    // From the beginning each time; so nothing is kept of it.
    private async Task<RemoteFile> FetchWholeAsync(ReleasedFile file, RemoteFile remote, string target, string step, IProgress<DownloadProgress>? progress, CancellationToken cancellationToken)
    {
        PartialFile.Delete(target);
        FreeSpace.Check(target, remote.Length ?? 0, $"the {file.Title}", options.FreeBytes);
        string part = target + PartialFile.Suffix;
        try
        {
            return await RetryAsync(
                async token =>
                {
                    await using var stream = Create(part);
                    var sent = await _source.FetchAllAsync(remote, (position, bytes) => Append(stream, position, bytes), token);
                    stream.Flush(flushToDisk: true);
                    return sent;
                },
                cancellationToken);
        }
        catch
        {
            File.Delete(part);
            throw;
        }

        void Append(FileStream stream, long position, ReadOnlyMemory<byte> bytes)
        {
            try
            {
                stream.Write(bytes.Span);
            }
            catch (IOException e)
            {
                throw new DownloadException($"File '{part}' cannot be written: {e.Message}", e);
            }

            progress?.Report(new DownloadProgress(step, position + bytes.Length, remote.Length));
        }
    }

    private static FileStream Create(string path)
    {
        try
        {
            return new FileStream(path, FileMode.Create, FileAccess.Write, FileShare.Read, bufferSize: 1);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new DownloadException($"File '{path}' cannot be written: {e.Message}", e);
        }
    }

    private async Task<DownloadedFile> AcceptAsync(RemoteFile remote, string part, string target, IProgress<DownloadProgress>? progress, CancellationToken cancellationToken)
    {
        var hashes = await HashAsync(part, remote.Length, progress, cancellationToken);
        string? fault = Fault(remote, hashes) ?? await LooksWrongAsync(part, target, cancellationToken);
        if (fault is not null)
        {
            PartialFile.Delete(target);
            throw new DownloadException($"The download of '{remote.Url}' is not the file: {fault}. It was thrown away; try again, or another --base-url.");
        }

        if (!remote.Version.HasHashes) options.Note?.Invoke($"The server sends no checksum of '{remote.Url}'; its SHA-256 here is {hashes.Sha256}.");
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

    private static string? Fault(RemoteFile remote, FileHashes found)
    {
        if (remote.Length is { } length && found.Length != length) return $"it has {found.Length} bytes, expected {length}";
        if (remote.Version.Crc32C is { } crc && crc != found.Crc32C) return $"its CRC-32C is {found.Crc32C}, expected {crc}";
        if (remote.Version.Md5 is { } md5 && md5 != found.Md5) return $"its MD5 is {found.Md5}, expected {md5}";
        return null;
    }

    // What a server without checksums may send in place of a file.
    private static async Task<string?> LooksWrongAsync(string part, string target, CancellationToken cancellationToken)
    {
        byte[] start = new byte[64];
        await using var stream = File.OpenRead(part);
        int read = await stream.ReadAtLeastAsync(start, start.Length, throwOnEndOfStream: false, cancellationToken);
        if (read == 0) return "it is empty";
        if (start.AsSpan(0, read).TrimStart("\uFEFF \t\r\n"u8).StartsWith("<"u8)) return "it is a web page";
        if (!target.EndsWith(".npz", StringComparison.Ordinal)) return null;
        if (!start.AsSpan().StartsWith("PK"u8)) return "it does not begin as an .npz archive does";
        try
        {
            stream.Position = 0;
            using var archive = new ZipArchive(stream, ZipArchiveMode.Read, leaveOpen: true); // reads the end of the archive only
            return null;
        }
        catch (InvalidDataException)
        {
            return "it does not end as an .npz archive does";
        }
    }

    private static async Task<FileHashes> HashAsync(string path, long? length, IProgress<DownloadProgress>? progress, CancellationToken cancellationToken)
    {
        await using var stream = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read, bufferSize: 1, FileOptions.SequentialScan | FileOptions.Asynchronous);
        string step = $"Checking {Path.GetFileName(path)}";
        return await FileHashes.ComputeAsync(stream, done => progress?.Report(new DownloadProgress(step, done, length)), cancellationToken);
    }

    private async Task<T> RetryAsync<T>(Func<CancellationToken, Task<T>> attempt, CancellationToken cancellationToken, bool kept = false)
    {
        var pipeline = new ResiliencePipelineBuilder<T>().AddRetry(new RetryStrategyOptions<T>
        {
            ShouldHandle = new PredicateBuilder<T>().Handle<TransientDownloadException>(e => !AsksTooMuch(e)),
            MaxRetryAttempts = options.Retries,
            Delay = options.FirstDelay,
            MaxDelay = options.LongestDelay,
            BackoffType = DelayBackoffType.Exponential,
            UseJitter = true,
            DelayGenerator = failed => ValueTask.FromResult(failed.Outcome.Exception is TransientDownloadException { RetryAfter: { } asked } && asked > TimeSpan.Zero ? asked : (TimeSpan?)null),
            OnRetry = failed =>
            {
                options.Note?.Invoke($"{failed.Outcome.Exception!.Message} Trying again in {failed.RetryDelay.TotalSeconds:0.#} s ({failed.AttemptNumber + 1} of {options.Retries}).");
                return default;
            },
        }).Build();
        try
        {
            return await pipeline.ExecuteAsync(async token => await attempt(token), cancellationToken);
        }
        catch (TransientDownloadException e) when (AsksTooMuch(e))
        {
            throw new DownloadException($"{e.Message} The server asks to come back in {e.RetryAfter!.Value.TotalSeconds:0} seconds{(kept ? "; what was downloaded is kept until then" : "")}.", e);
        }
        catch (TransientDownloadException e)
        {
            throw new DownloadException($"{e.Message} Given up after {options.Retries + 1} attempts{(kept ? "; what was downloaded is kept, and the same command goes on from there" : "")}.", e);
        }
    }

    private bool AsksTooMuch(TransientDownloadException e) => e.RetryAfter > options.LongestDelay;
}
