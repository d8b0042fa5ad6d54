using Tips.MLNet.Text;

namespace Tips.MLNet.Encoders;

/// <summary>
/// Texts on their way through a <see cref="TextEncoder"/>. They are sorted by their number of tokens and cut into runs of a bounded number
/// of tokens, each padded to its own longest text only.
/// </summary>
internal sealed class TextBatch(TextEncoder encoder, int capacity, bool normalize) : EmbeddingBatch<string>
{
    private const int MaximumLength = TipsTokenizer.MaximumLength;

    private readonly int[] _ids = new int[capacity * MaximumLength], _lengths = new int[capacity];
    private readonly float[] _embeddings = new float[capacity * encoder.EmbeddingDimension];

    public override int EmbeddingLength => encoder.EmbeddingDimension;

    public override void Prepare(int slot, string item, CancellationToken cancellationToken = default)
        => Prepare(slot, item.AsSpan());

    public void Prepare(int slot, ReadOnlySpan<char> text)
        => _lengths[slot] = encoder.Tokenizer.Encode(text, _ids.AsSpan(slot * MaximumLength, MaximumLength));

    public override void Run(int start, int count, CancellationToken cancellationToken = default)
    {
        int[] slots = [.. Enumerable.Range(start, count)], lengths = _lengths[start..(start + count)];
        Array.Sort(lengths, slots);
        // From the longest down: the first text of a run sets its length.
        int end = count;
        while (end > 0 && lengths[end - 1] > 0)
        {
            int length = lengths[end - 1];
            int first = end - Math.Clamp(encoder.TokensPerRun / length, 1, end);
            while (lengths[first] == 0) first++;
            RunTogether(slots.AsSpan(first, end - first), length, cancellationToken);
            end = first;
        }

        // A text without tokens has no direction: its embedding is the zero vector, which is also what the graph gives.
        foreach (int slot in slots.AsSpan(0, end)) EmbeddingOf(slot).Clear();
    }

    public override void CopyEmbedding(int slot, Span<float> destination)
    {
        EmbeddingOf(slot).CopyTo(destination);
        if (normalize) Embedding.Normalize(destination[..EmbeddingLength]);
    }

    private void RunTogether(ReadOnlySpan<int> slots, int length, CancellationToken cancellationToken)
    {
        long[] ids = new long[slots.Length * length];
        for (int i = 0; i < slots.Length; i++)
        {
            var text = _ids.AsSpan(slots[i] * MaximumLength, _lengths[slots[i]]);
            for (int token = 0; token < text.Length; token++) ids[i * length + token] = text[token];
        }

        float[] embeddings = new float[slots.Length * EmbeddingLength];
        encoder.Run(ids, slots.Length, length, embeddings, cancellationToken);
        for (int i = 0; i < slots.Length; i++) embeddings.AsSpan(i * EmbeddingLength, EmbeddingLength).CopyTo(EmbeddingOf(slots[i]));
    }

    private Span<float> EmbeddingOf(int slot) => _embeddings.AsSpan(slot * EmbeddingLength, EmbeddingLength);
}
