namespace Tips.MLNet.Encoders;

/// <summary>
/// A batch of items on their way through an encoder: each is prepared in its own slot, all are run together, and each embedding is copied
/// out. Several threads may prepare different slots at the same time; running and copying come after that.
/// </summary>
/// <typeparam name="TItem">A picture or a text.</typeparam>
internal abstract class EmbeddingBatch<TItem>
{
    /// <summary>Length of one embedding.</summary>
    public abstract int EmbeddingLength { get; }

    /// <summary>Turns an item into what the encoder takes.</summary>
    public abstract void Prepare(int slot, TItem item, CancellationToken cancellationToken = default);

    /// <summary>Embeds the items in slots 0 to <paramref name="count"/> − 1.</summary>
    public abstract void Run(int count, CancellationToken cancellationToken = default);

    /// <summary>Copies an embedding, normalized if the batch was created that way.</summary>
    public abstract void CopyEmbedding(int slot, Span<float> destination);

    /// <summary>Embeds one item by itself.</summary>
    public float[] EmbedOne(TItem item)
    {
        Prepare(0, item);
        Run(1);
        float[] embedding = new float[EmbeddingLength];
        CopyEmbedding(0, embedding);
        return embedding;
    }
}
