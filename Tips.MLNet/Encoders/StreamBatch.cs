using System.Runtime.ExceptionServices;

namespace Tips.MLNet.Encoders;

/// <summary>Items of an <see cref="EmbeddingStream"/> that are prepared together and run batch by batch.</summary>
/// <param name="batch">Where they are prepared; it has room for a window.</param>
/// <param name="plan">How many run together, and when they are prepared.</param>
/// <param name="threads">Limits the threads that prepare items as they come.</param>
internal sealed class StreamBatch<TItem>(EmbeddingBatch<TItem> batch, DecodingPlan plan, SemaphoreSlim threads)
{
    private readonly List<TItem> _items = new(plan.Window);
    private readonly List<Task> _preparing = [];
    private readonly ExceptionDispatchInfo?[] _failures = new ExceptionDispatchInfo?[plan.Window];
    private int _run;

    /// <summary>Items to embed.</summary>
    public int Count { get; private set; }

    /// <summary>Most items that are taken; grows up to a window.</summary>
    public int Limit { get; set; } = plan.FirstItems;

    public bool IsFull => Count >= Limit;

    /// <summary>Whether every item has been run.</summary>
    public bool IsDone => _run == Count;

    /// <summary>Takes an item; unless preparing has its turn later, it begins.</summary>
    public void Add(TItem item, CancellationToken cancellationToken)
    {
        int slot = Count++;
        _items.Add(item);
        if (!plan.TakesTurns) _preparing.Add(Task.Run(() => PrepareAsync(slot, cancellationToken), CancellationToken.None));
    }

    /// <summary>Waits until every item is prepared; drops the first one that failed and all items after it.</summary>
    /// <returns>The failure, or null.</returns>
    public async Task<ExceptionDispatchInfo?> PrepareAsync(CancellationToken cancellationToken)
    {
        if (plan.TakesTurns && Count > 0)
        {
            await Task.Run(
                () => batch.PrepareAll(Count, slot => _items[slot], _failures, plan.Threads, cancellationToken),
                CancellationToken.None).ConfigureAwait(false);
        }

        await Task.WhenAll(_preparing).ConfigureAwait(false);
        int good = Array.FindIndex(_failures, 0, Count, failure => failure is not null);
        if (good < 0) return null;
        Count = good;
        return _failures[good];
    }

    /// <summary>Runs the next batch.</summary>
    /// <returns>Where its first item is, and how many it has.</returns>
    public Task<(int Start, int Count)> RunNextAsync(CancellationToken cancellationToken)
    {
        int start = _run, count = Math.Min(plan.BatchSize, Count - start);
        _run += count;
        return Task.Run(
            () =>
            {
                batch.Run(start, count, cancellationToken);
                return (start, count);
            },
            CancellationToken.None);
    }

    public float[] CopyEmbedding(int slot)
    {
        float[] embedding = new float[batch.EmbeddingLength];
        batch.CopyEmbedding(slot, embedding);
        return embedding;
    }

    public void Clear()
    {
        (Count, _run) = (0, 0);
        _items.Clear();
        _preparing.Clear();
        Array.Clear(_failures);
    }

    private async Task PrepareAsync(int slot, CancellationToken cancellationToken)
    {
        await threads.WaitAsync(CancellationToken.None).ConfigureAwait(false);
        try
        {
            cancellationToken.ThrowIfCancellationRequested();
            batch.Prepare(slot, _items[slot], cancellationToken);
        }
        catch (Exception e)
        {
            _failures[slot] = ExceptionDispatchInfo.Capture(e);
        }
        finally
        {
            threads.Release();
        }
    }
}
