using System.Runtime.CompilerServices;
using System.Runtime.ExceptionServices;

namespace Tips.MLNet.Encoders;

/// <summary>
/// Embeds a stream of items in batches and returns the embeddings in the order of the items. While batches run, the next items are read,
/// and prepared unless that has its turn later; nothing else is kept in memory. A batch runs before it is full only if the source has no
/// item ready and no batch is running.
/// </summary>
internal static class EmbeddingStream
{
    /// <param name="items">The items.</param>
    /// <param name="createBatch">Makes room for the items of a window.</param>
    /// <param name="plan">How many items run together, and how many are taken ahead.</param>
    /// <param name="progress">Receives the number of items embedded so far; may be null.</param>
    /// <param name="cancellationToken">Stops within the current batch.</param>
    /// <returns>The embeddings. If an item or the source fails, the exception is thrown after all embeddings before it.</returns>
    public static async IAsyncEnumerable<float[]> EmbedAsync<TItem>(
        IAsyncEnumerable<TItem> items,
        Func<EmbeddingBatch<TItem>> createBatch,
        DecodingPlan plan,
        IProgress<int>? progress,
        [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var canceled = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        using var registration = cancellationToken.Register(() => canceled.TrySetResult());
        using var threads = new SemaphoreSlim(plan.Threads);
        var source = items.GetAsyncEnumerator(stop.Token);
        var filling = new StreamBatch<TItem>(createBatch(), plan, threads);
        StreamBatch<TItem>? current = null;
        Task<bool>? next = null; // the item requested but not taken yet
        Task<(int Start, int Count)>? running = null; // a batch of current
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
                        await Task.WhenAny(next, (Task?)running ?? next, canceled.Task).ConfigureAwait(false);
                        if (!next.IsCompleted) break;
                    }

                    try
                    {
                        ended = !await next.ConfigureAwait(false);
                        if (!ended) filling.Add(source.Current, stop.Token);
                    }
                    catch (Exception e)
                    {
                        (ended, failure) = (true, ExceptionDispatchInfo.Capture(e));
                    }

                    next = null;
                }

                if (running is not null)
                {
                    int start, count;
                    try
                    {
                        (start, count) = await running.ConfigureAwait(false);
                    }
                    catch (OperationCanceledException e) when (cancellationToken.IsCancellationRequested)
                    {
                        throw new OperationCanceledException(e.Message, e, cancellationToken); // the caller's token, not the linked one
                    }

                    running = null;
                    for (int slot = start; slot < start + count; slot++) yield return current!.CopyEmbedding(slot);
                    progress?.Report(done += count);
                    if (!current!.IsDone)
                    {
                        running = current.RunNextAsync(stop.Token);
                        continue;
                    }

                    current.Clear();
                }

                failure = await filling.PrepareAsync(stop.Token).ConfigureAwait(false) ?? failure;
                cancellationToken.ThrowIfCancellationRequested();
                ended |= failure is not null;
                if (filling.Count > 0)
                {
                    var spare = current ?? new StreamBatch<TItem>(createBatch(), plan, threads);
                    current = filling;
                    filling = spare;
                    filling.Limit = Math.Clamp(2 * current.Count, plan.FirstItems, plan.Window);
                    running = current.RunNextAsync(stop.Token);
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
            await filling.PrepareAsync(stop.Token).ConfigureAwait(false);
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
