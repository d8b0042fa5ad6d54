using System.Runtime.ExceptionServices;

namespace Tips.MLNet.Encoders;

/// <summary>A batch of an <see cref="EmbeddingStream"/>: its items are prepared in parallel as they arrive.</summary>
internal sealed class StreamBatch<TItem>(EmbeddingBatch<TItem> batch, int capacity)
{
    private readonly List<Task> _preparing = new(capacity);

    /// <summary>Items in the batch.</summary>
    public int Count { get; private set; }

    public bool IsFull => Count == capacity;

    public void Add(TItem item)
    {
        int slot = Count++;
        _preparing.Add(Task.Run(() => batch.Prepare(slot, item)));
    }

    /// <summary>Waits for every item; drops the first one that failed and all items after it.</summary>
    /// <returns>The failure, or null.</returns>
    public async Task<ExceptionDispatchInfo?> WaitUntilPreparedAsync()
    {
        for (int slot = 0; slot < _preparing.Count; slot++)
        {
            try
            {
                await _preparing[slot].ConfigureAwait(false);
            }
            catch (Exception e)
            {
                await Task.WhenAll(_preparing).ContinueWith(t => _ = t.Exception, TaskScheduler.Default).ConfigureAwait(false);
                Count = slot;
                _preparing.Clear();
                return ExceptionDispatchInfo.Capture(e);
            }
        }

        return null;
    }

    public Task RunAsync(CancellationToken cancellationToken)
        => Task.Run(() => batch.Run(Count, cancellationToken), CancellationToken.None);

    public float[] CopyEmbedding(int slot)
    {
        float[] embedding = new float[batch.EmbeddingLength];
        batch.CopyEmbedding(slot, embedding);
        return embedding;
    }

    public void Clear()
    {
        Count = 0;
        _preparing.Clear();
    }
}
