using System.Runtime.CompilerServices;
using System.Runtime.ExceptionServices;

namespace Tips.MLNet.Encoders;

/// <summary>
/// Embeds a stream of items in batches and returns the embeddings in the order of the items. While one batch runs, the next is read and
/// prepared; nothing else is kept in memory. A batch runs before it is full only if the source has no item ready and no batch is running.
/// </summary>
internal static class EmbeddingStream
{
    /// <param name="items">The items.</param>
    /// <param name="createBatch">Makes room for the given number of items.</param>
    /// <param name="batchSize">Items of a batch.</param>
    /// <param name="progress">Receives the number of items embedded so far; may be null.</param>
    /// <param name="cancellationToken">Stops within the current batch.</param>
    /// <returns>The embeddings. If an item or the source fails, the exception is thrown after all embeddings before it.</returns>
    public static async IAsyncEnumerable<float[]> EmbedAsync<TItem>(
        IAsyncEnumerable<TItem> items,
        Func<int, EmbeddingBatch<TItem>> createBatch,
        int batchSize,
        IProgress<int>? progress,
        [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var canceled = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        using var registration = cancellationToken.Register(() => canceled.TrySetResult());
        var source = items.GetAsyncEnumerator(stop.Token);
        var filling = new StreamBatch<TItem>(createBatch(batchSize), batchSize);
        StreamBatch<TItem>? current = null;
        Task<bool>? next = null; // the item requested but not taken yet
        Task? running = null; // embeds current
        ExceptionDispatchInfo? failure = null;
        bool ended = false;
        int done = 0;
        try
        {
            while (true)
            {
                cancellationToken.ThrowIfCancellationRequested();
                while (!ended && !filling.IsFull)
                {
                    next ??= MoveNextAsync(source);
                    if (!next.IsCompleted)
                    {
                        if (running is null && filling.Count > 0) break;
                        // The source may ignore the token.
                        await Task.WhenAny(next, running ?? next, canceled.Task).ConfigureAwait(false);
                        if (!next.IsCompleted) break;
                    }

                    try
                    {
                        ended = !await next.ConfigureAwait(false);
                        if (!ended) filling.Add(source.Current);
                    }
                    catch (Exception e)
                    {
                        (ended, failure) = (true, ExceptionDispatchInfo.Capture(e));
                    }

                    next = null;
                }

                if (running is not null)
                {
                    try
                    {
                        await running.ConfigureAwait(false);
                    }
                    catch (OperationCanceledException e) when (cancellationToken.IsCancellationRequested)
                    {
                        throw new OperationCanceledException(e.Message, e, cancellationToken); // the caller's token, not the linked one
                    }

                    running = null;
                    for (int slot = 0; slot < current!.Count; slot++) yield return current.CopyEmbedding(slot);
                    progress?.Report(done += current.Count);
                    current.Clear();
                }

                failure = await filling.WaitUntilPreparedAsync().ConfigureAwait(false) ?? failure;
                ended |= failure is not null;
                if (filling.Count > 0)
                {
                    var spare = current ?? new StreamBatch<TItem>(createBatch(batchSize), batchSize);
                    current = filling;
                    filling = spare;
                    running = current.RunAsync(stop.Token);
                }
                else if (ended)
                {
                    break;
                }
            }

            failure?.Throw();
        }
        finally
        {
            await stop.CancelAsync().ConfigureAwait(false);
            await IgnoreFailure(running).ConfigureAwait(false);
            await filling.WaitUntilPreparedAsync().ConfigureAwait(false);
            // A source with no item ready may ignore the token, too, so do not wait for it.
            if (next is null || next.IsCompleted) await source.DisposeAsync().ConfigureAwait(false);
            else _ = DisposeAfter(next, source);
        }
    }

    // An async method, so that an exception thrown synchronously by the source ends up in the task, too.
    private static async Task<bool> MoveNextAsync<TItem>(IAsyncEnumerator<TItem> source)
        => await source.MoveNextAsync().ConfigureAwait(false);

    private static async Task DisposeAfter<TItem>(Task<bool> next, IAsyncEnumerator<TItem> source)
    {
        await IgnoreFailure(next).ConfigureAwait(false);
        await IgnoreFailure(source.DisposeAsync().AsTask()).ConfigureAwait(false);
    }

    private static Task IgnoreFailure(Task? task)
        => task is null ? Task.CompletedTask : task.ContinueWith(t => _ = t.Exception, TaskScheduler.Default);
}
