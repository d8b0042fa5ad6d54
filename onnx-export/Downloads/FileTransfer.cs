using Tips.OnnxExport.Files;

namespace Tips.OnnxExport.Downloads;

/// <summary>
/// Transfers one file from a server to the disk, next to its final path: in parallel ranges if the server supports them, otherwise whole.
/// </summary>
internal sealed class FileTransfer(DownloadOptions options, HttpSource source, RetryPolicy retries, IProgress<WorkProgress>? progress)
{
    /// <summary>An attempt that receives this many bytes has made progress, so the count of attempts starts again.</summary>
    private const long MinimumProgress = 1 << 20;

    /// <summary>Downloads a file to its <see cref="PartialFile.Suffix"/> path.</summary>
    /// <param name="title">What the file is, for messages.</param>
    /// <param name="url">The URL.</param>
    /// <param name="target">The final path of the file.</param>
    /// <param name="allowRanges">Whether ranges may be requested.</param>
    /// <param name="cancellationToken">Cancels the download.</param>
    /// <returns>What the server says about the file, and whether a later run can resume from what is on disk.</returns>
    /// <exception cref="RemoteChangedException">The server sends another version than when the download began.</exception>
    /// <exception cref="DownloadException">The file cannot be downloaded.</exception>
    /// <exception cref="DownloadCanceledException">The download was canceled.</exception>
    public async Task<(RemoteFile Remote, bool Resumable)> FetchAsync(
        string title, Uri url, string target, bool allowRanges, CancellationToken cancellationToken)
    {
        var remote = await ProbeAsync(url, cancellationToken);
        if (!remote.Version.HasHashes) remote = await WithHashesAsync(remote, cancellationToken);
        // One of many nodes may answer without ranges; ask again rather than delete gigabytes for that.
        if (!remote.AcceptsRanges && PartialFile.ReadProgress(target) is not null)
            remote = remote with { AcceptsRanges = (await ProbeAsync(url, cancellationToken)).AcceptsRanges };
        bool inRanges = remote.Length is not null && remote.AcceptsRanges && allowRanges;
        try
        {
            if (!inRanges) return (await FetchWholeAsync(title, remote, target, cancellationToken), false);
            await FetchRangesAsync(title, remote, target, cancellationToken);
            return (remote, remote.Version.IsKnown);
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            throw new DownloadCanceledException(resumable: inRanges && remote.Version.IsKnown, cancellationToken);
        }
    }

    /// <summary>Asks the server about the file at a URL.</summary>
    /// <exception cref="DownloadException">There is nothing that can be downloaded.</exception>
    public Task<RemoteFile> ProbeAsync(Uri url, CancellationToken cancellationToken)
        => retries.RunAsync(token => source.ProbeAsync(url, token), resumable: false, cancellationToken);

    // If a range response has no checksum, the headers of the whole file may have one. A server that does not answer HEAD has none.
    private async Task<RemoteFile> WithHashesAsync(RemoteFile remote, CancellationToken cancellationToken)
    {
        try
        {
            return await retries.RunAsync(token => source.WithHashesAsync(remote, token), resumable: false, cancellationToken);
        }
        catch (DownloadException)
        {
            return remote;
        }
    }

    private async Task FetchRangesAsync(string title, RemoteFile remote, string target, CancellationToken cancellationToken)
    {
        FreeSpace.Check(target, remote.Length!.Value - PartialFile.BytesOnDisk(target, remote), $"the {title}", options.FreeBytes);
        string step = Path.GetFileName(target);
        try
        {
            using var partial = OpenPartial(target, remote);
            long start = partial.BytesDone;
            Report(start);
            try
            {
                var parallel = new ParallelOptions { MaxDegreeOfParallelism = options.Connections, CancellationToken = cancellationToken };
                await Parallel.ForEachAsync(
                    Enumerable.Range(0, partial.ChunkCount),
                    parallel,
                    async (chunk, token) => await FetchChunkAsync(remote, partial, chunk, Report, token));
            }
            catch
            {
                TrySaveState(partial);
                throw;
            }

            partial.SaveState();

            void Report(long done) => progress?.Report(new WorkProgress(step, done, remote.Length, start));
        }
        catch when (!remote.Version.IsKnown)
        {
            PartialFile.TryDelete(target); // could not be distinguished from another version later
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
            throw DownloadException.Unwritable($"File '{target}{PartialFile.Suffix}'", e);
        }
    }

    // The failure that ended the download makes the better message.
    private static void TrySaveState(PartialFile partial)
    {
        try
        {
            partial.SaveState();
        }
        catch (DownloadException)
        {
            // The state saved before this one is still valid.
        }
    }

    // Each attempt continues where the last one ended.
    private async Task FetchChunkAsync(
        RemoteFile remote, PartialFile partial, int chunk, Action<long> report, CancellationToken cancellationToken)
    {
        while (partial.Chunk(chunk) is var (start, end) && start < end)
        {
            await retries.RunAsync(
                async token =>
                {
                    var (next, _) = partial.Chunk(chunk);
                    try
                    {
                        await source.FetchAsync(remote, next, end, Receive, token);
                    }
                    catch (TransientDownloadException) when (partial.Chunk(chunk).Next - next >= MinimumProgress)
                    {
                        await Task.Delay(options.FirstDelay, token); // the loop continues from here
                    }

                    return true;
                },
                resumable: remote.Version.IsKnown,
                cancellationToken);
        }

        void Receive(long position, ReadOnlyMemory<byte> bytes)
        {
            partial.Write(chunk, position, bytes);
            report(partial.BytesDone);
        }
    }

    // Each attempt starts from the beginning, so a partial file is not kept.
    private async Task<RemoteFile> FetchWholeAsync(string title, RemoteFile remote, string target, CancellationToken cancellationToken)
    {
        PartialFile.Delete(target);
        FreeSpace.Check(target, remote.Length ?? 0, $"the {title}", options.FreeBytes);
        string part = target + PartialFile.Suffix, step = Path.GetFileName(target);
        try
        {
            return await retries.RunAsync(
                async token =>
                {
                    await using var stream = Create(part);
                    var sent = await source.FetchAllAsync(remote, (position, bytes) => Append(stream, position, bytes), token);
                    stream.Flush(flushToDisk: true);
                    return sent;
                },
                resumable: false,
                cancellationToken);
        }
        catch
        {
            PartialFile.TryDelete(target);
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
                throw DownloadException.Unwritable($"File '{part}'", e);
            }

            progress?.Report(new WorkProgress(step, position + bytes.Length, remote.Length));
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
            throw DownloadException.Unwritable($"File '{path}'", e);
        }
    }
}
