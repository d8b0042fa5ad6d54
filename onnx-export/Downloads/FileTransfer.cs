using Tips.OnnxExport.Files;

namespace Tips.OnnxExport.Downloads;

/// <summary>Brings one file from a server onto the disk, beside the place it is for: in parallel ranges where the server sends them, else as a whole.</summary>
internal sealed class FileTransfer(DownloadOptions options, HttpSource source, RetryPolicy retries, IProgress<WorkProgress>? progress)
{
    /// <summary>An attempt that brings this much gets on; the count of attempts begins anew.</summary>
    private const long GettingOn = 1 << 20;

    /// <summary>Fetches a file into its <see cref="PartialFile.Suffix"/>.</summary>
    /// <param name="title">What it is, for messages.</param>
    /// <param name="url">The address.</param>
    /// <param name="target">Where the file is to go in the end.</param>
    /// <param name="allowRanges">Whether parts may be asked for.</param>
    /// <param name="cancellationToken">Ends it.</param>
    /// <returns>What the server says of the file, and whether a later run can go on from what is there.</returns>
    /// <exception cref="RemoteChangedException">The server sends another version than was begun.</exception>
    /// <exception cref="DownloadException">The file cannot be had.</exception>
    /// <exception cref="DownloadCancelledException">It was ended.</exception>
    public async Task<(RemoteFile Remote, bool Resumable)> FetchAsync(string title, Uri url, string target, bool allowRanges, CancellationToken cancellationToken)
    {
        var remote = await ProbeAsync(url, cancellationToken);
        if (!remote.Version.HasHashes) remote = await WithHashesAsync(remote, cancellationToken);
        // One node of many may answer without ranges; gigabytes are not thrown away for that.
        if (!remote.AcceptsRanges && PartialFile.Peek(target) is not null) remote = remote with { AcceptsRanges = (await ProbeAsync(url, cancellationToken)).AcceptsRanges };
        bool parts = remote.Length is not null && remote.AcceptsRanges && allowRanges;
        try
        {
            if (!parts) return (await FetchWholeAsync(title, remote, target, cancellationToken), false);
            await FetchPartsAsync(title, remote, target, cancellationToken);
            return (remote, remote.Version.IsKnown);
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            throw new DownloadCancelledException(kept: parts && remote.Version.IsKnown, cancellationToken);
        }
    }

    /// <summary>Asks what there is at an address.</summary>
    /// <exception cref="DownloadException">Nothing that can be fetched.</exception>
    public Task<RemoteFile> ProbeAsync(Uri url, CancellationToken cancellationToken) => retries.RunAsync(token => source.ProbeAsync(url, token), kept: false, cancellationToken);

    // Where a range has no checksum, the headers of the whole file may; a server that does not answer that question has none.
    private async Task<RemoteFile> WithHashesAsync(RemoteFile remote, CancellationToken cancellationToken)
    {
        try
        {
            return await retries.RunAsync(token => source.WithHashesAsync(remote, token), kept: false, cancellationToken);
        }
        catch (DownloadException)
        {
            return remote;
        }
    }

    private async Task FetchPartsAsync(string title, RemoteFile remote, string target, CancellationToken cancellationToken)
    {
        FreeSpace.Check(target, remote.Length!.Value - PartialFile.BytesThere(target, remote), $"the {title}", options.FreeBytes);
        string step = Path.GetFileName(target);
        try
        {
            using var partial = OpenPartial(target, remote);
            long start = partial.BytesDone;
            Report(start);
            try
            {
                var parallel = new ParallelOptions { MaxDegreeOfParallelism = options.Connections, CancellationToken = cancellationToken };
                await Parallel.ForEachAsync(Enumerable.Range(0, partial.ChunkCount), parallel, async (chunk, token) => await FetchChunkAsync(remote, partial, chunk, Report, token));
            }
            catch
            {
                TryNote(partial);
                throw;
            }

            partial.Note();

            void Report(long done) => progress?.Report(new WorkProgress(step, done, remote.Length, start));
        }
        catch when (!remote.Version.IsKnown)
        {
            PartialFile.TryDelete(target); // nothing would tell it from another version
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
        catch (DownloadException)
        {
            // The note before this one holds.
        }
    }

    // Attempts go on where the last one ended.
    private async Task FetchChunkAsync(RemoteFile remote, PartialFile partial, int chunk, Action<long> report, CancellationToken cancellationToken)
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
                    catch (TransientDownloadException) when (partial.Chunk(chunk).Next - next >= GettingOn)
                    {
                        await Task.Delay(options.FirstDelay, token); // the loop goes on from here
                    }

                    return true;
                },
                kept: remote.Version.IsKnown,
                cancellationToken);
        }

        void Receive(long position, ReadOnlyMemory<byte> bytes)
        {
            partial.Write(chunk, position, bytes);
            report(partial.BytesDone);
        }
    }

    // From the beginning each time; so nothing is kept of it.
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
                kept: false,
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
                throw new DownloadException($"File '{part}' cannot be written: {e.Message}", e);
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
            throw new DownloadException($"File '{path}' cannot be written: {e.Message}", e);
        }
    }
}
