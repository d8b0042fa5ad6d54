using Tips.MLNet.Text;

namespace Tips.MLNet.Encoders;

/// <summary>
/// Embeds texts in batches of like length: sorted by their number of tokens, cut so that a batch has a bounded number of padded tokens, and
/// each padded to its own longest text only. Thread-safe.
/// </summary>
internal static class TextEncoder
{
    /// <summary>Tokens of a batch, padding included: enough to use the cores, not more than the caches take.</summary>
    internal const int CpuTokensPerBatch = 512, GpuTokensPerBatch = 8192;

    /// <summary>Embeds tokenised texts.</summary>
    /// <param name="model">The model.</param>
    /// <param name="ids">Texts × stride ids.</param>
    /// <param name="lengths">Number of ids of each text.</param>
    /// <param name="stride">Ids from one text to the next.</param>
    /// <param name="embeddings">Receives texts × D values in the order of the texts, not normalised.</param>
    public static void Embed(TipsModel model, ReadOnlySpan<int> ids, ReadOnlySpan<int> lengths, int stride, Span<float> embeddings)
    {
        int dimension = model.EmbeddingDimension, budget = model.Options.Provider == ExecutionProvider.Cuda ? GpuTokensPerBatch : CpuTokensPerBatch;
        int[] order = new int[lengths.Length], sorted = lengths.ToArray();
        for (int i = 0; i < order.Length; i++) order[i] = i;
        Array.Sort(sorted, order);

        // From the longest down: the first of a batch gives its length.
        for (int end = order.Length; end > 0;)
        {
            int length = sorted[end - 1];
            if (length == 0)
            {
                // No token, no direction: the zero vector, which the graph gives, too.
                for (; end > 0; end--) embeddings.Slice(order[end - 1] * dimension, dimension).Clear();
                break;
            }

            int count = Math.Clamp(budget / length, 1, end), start = end - count;
            while (sorted[start] == 0) start++;
            count = end - start;
            long[] batch = new long[count * length];
            for (int i = 0; i < count; i++)
            {
                var text = ids.Slice(order[start + i] * stride, sorted[start + i]);
                for (int token = 0; token < text.Length; token++) batch[i * length + token] = text[token];
            }

            float[] result = new float[count * dimension];
            model.EmbedTokens(batch, count, length, result);
            for (int i = 0; i < count; i++) result.AsSpan(i * dimension, dimension).CopyTo(embeddings.Slice(order[start + i] * dimension, dimension));
            end = start;
        }
    }

    /// <summary>Tokenises and embeds texts.</summary>
    /// <param name="model">The model.</param>
    /// <param name="texts">The texts.</param>
    /// <returns>Texts × D values, not normalised.</returns>
    public static float[] Embed(TipsModel model, IReadOnlyList<string> texts)
    {
        const int stride = TipsTokenizer.MaximumLength;
        int[] ids = new int[texts.Count * stride], lengths = new int[texts.Count];
        for (int i = 0; i < texts.Count; i++) lengths[i] = model.Tokenizer.Encode(texts[i], ids.AsSpan(i * stride, stride));
        float[] embeddings = new float[texts.Count * model.EmbeddingDimension];
        Embed(model, ids, lengths, stride, embeddings);
        return embeddings;
    }
}
