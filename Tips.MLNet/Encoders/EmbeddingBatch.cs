using System.Runtime.ExceptionServices;

namespace Tips.MLNet.Encoders;

/// <summary>
/// A batch of items on their way through an encoder: each is prepared in its own slot, all are run together, and each embedding is copied
/// out. Several threads may prepare different slots at the same time; running and copying come after that. What ran last can be copied.
/// </summary>
/// <typeparam name="TItem">A picture or a text.</typeparam>
internal abstract class EmbeddingBatch<TItem>
{
    /// <summary>Length of one embedding.</summary>
    public abstract int EmbeddingLength { get; }

    /// <summary>Length of the embedding in a slot of the last run, where they differ.</summary>
    public virtual int LengthOf(int slot) => EmbeddingLength;

    /// <summary>Turns an item into what the encoder takes.</summary>
    public abstract void Prepare(int slot, TItem item, CancellationToken cancellationToken = default);

    /// <summary>Prepares many items on several threads.</summary>
    /// <param name="count">Number of items, for slots from 0.</param>
    /// <param name="itemAt">Gives the item of a slot; null leaves the slot as it is.</param>
    /// <param name="failures">Receives why an item could not be prepared.</param>
    /// <param name="threads">Most threads.</param>
    /// <param name="cancellationToken">Stops before the next item.</param>
    public void PrepareAll(
        int count,
        Func<int, TItem?> itemAt,
        ExceptionDispatchInfo?[] failures,
        int threads,
        CancellationToken cancellationToken)
        => Workers.Run(count, threads, slot =>
        {
            if (itemAt(slot) is { } item) Prepare(slot, item, cancellationToken);
        }, failures, cancellationToken);

    /// <summary>Embeds the items in <paramref name="count"/> slots from <paramref name="start"/> on.</summary>
    public abstract void Run(int start, int count, CancellationToken cancellationToken = default);

    /// <summary>Copies an embedding of the last run, normalized if the batch was created that way.</summary>
    public abstract void CopyEmbedding(int slot, Span<float> destination);

    /// <summary>Embeds one item by itself.</summary>
    public float[] EmbedOne(TItem item)
    {
        Prepare(0, item);
        Run(0, 1);
        float[] embedding = new float[EmbeddingLength];
        CopyEmbedding(0, embedding);
        return embedding;
    }
}
