using System.Diagnostics;
using System.Numerics.Tensors;
using Tips.MLNet;
using Tips.MLNet.Text;
using Tips.OnnxExport.Files;

namespace Tips.OnnxExport.Verification;

/// <summary>Runs one model: checks that its outputs are finite, and times its pictures.</summary>
/// <param name="model">The model.</param>
/// <param name="vocabulary">
/// If its text encoder gets token ids in place of texts, because there is no tokenizer: the ids are smaller than this. Otherwise null.
/// </param>
internal sealed class VerificationRun(TipsModel model, int? vocabulary)
{
    private const int LongestIds = TipsTokenizer.MaximumLength;

    private readonly List<double> _milliseconds = [];

    public TipsModel Model => model;

    /// <summary>Median time of a picture; null if there was none. The first run of a graph opens it, so it does not count.</summary>
    public double? MedianMilliseconds
    {
        get
        {
            double[] sorted = [.. (_milliseconds.Count > 1 ? _milliseconds.Skip(1) : _milliseconds).Order()];
            return sorted.Length == 0 ? null : sorted[sorted.Length / 2];
        }
    }

    /// <summary>Embeds a picture by both graphs.</summary>
    /// <exception cref="InvalidDataException">The result is not an embedding.</exception>
    public (float[] ClassTokens, float[] DenseClassTokens, float[] Patches) Embed(float[] pixels, CancellationToken cancellationToken)
    {
        float[] classTokens = new float[2 * model.EmbeddingDimension], denseTokens = new float[classTokens.Length];
        float[] patches = new float[model.PatchCount * model.EmbeddingDimension];
        model.RunPixels(pixels, 1, denseTokens, patches, cancellationToken);
        long start = Stopwatch.GetTimestamp();
        model.RunPixels(pixels, 1, classTokens, cancellationToken);
        _milliseconds.Add(Stopwatch.GetElapsedTime(start).TotalMilliseconds);
        string picture = $"picture {_milliseconds.Count}";
        CheckFinite(classTokens, $"the CLS tokens of {picture}");
        CheckFinite(denseTokens, $"the CLS tokens of the dense graph of {picture}");
        CheckFinite(patches, $"the patch tokens of {picture}");
        if (!classTokens.AsSpan().ContainsAnyExcept(0f))
            throw new InvalidDataException($"Model folder '{model.Folder}' gives zeros for {picture}.");
        return (classTokens, denseTokens, patches);
    }

    /// <summary>Embeds texts; not normalized, since their lengths are compared, too.</summary>
    /// <exception cref="InvalidDataException">A result is not an embedding.</exception>
    public float[][] EmbedTexts(IReadOnlyList<string> texts, IProgress<WorkProgress>? progress, CancellationToken cancellationToken)
    {
        if (vocabulary is not null)
        {
            float[][] embeddings = [.. texts.Select((_, i) => EmbedIds(i, LongestIds, cancellationToken))];
            for (int i = 0; i < embeddings.Length; i++) CheckFinite(embeddings[i], $"the embedding of token ids {i + 1}");
            return embeddings;
        }

        var report = progress is null
            ? null
            : new ActionProgress(done => progress.Report(new WorkProgress($"Embedding texts by {model.Precision}", done, texts.Count)));
        float[][] rows = model.EmbedTexts(texts, normalize: false, report, cancellationToken);
        for (int i = 0; i < rows.Length; i++) CheckFinite(rows[i], $"the embedding of text {i + 1}");
        return rows;
    }

    /// <summary>Embeds one text by itself, without padding.</summary>
    public float[] EmbedText(IReadOnlyList<string> texts, int index, CancellationToken cancellationToken)
        => vocabulary is not null ? EmbedIds(index, padTo: 0, cancellationToken) : model.EmbedText(texts[index], normalize: false);

    // From one id to as many as the encoder takes, spread over the vocabulary.
    private float[] EmbedIds(int index, int padTo, CancellationToken cancellationToken)
    {
        int count = 1 + index * 7 % LongestIds;
        long[] ids = new long[Math.Max(count, padTo)];
        for (int i = 0; i < count; i++) ids[i] = 1 + (index * 7919L + i * 104_729L) % Math.Max(vocabulary!.Value - 1, 1);
        float[] embedding = new float[model.EmbeddingDimension];
        model.RunTokens(ids, 1, ids.Length, embedding, cancellationToken);
        return embedding;
    }

    private void CheckFinite(float[] values, string what)
    {
        if (!TensorPrimitives.IsFiniteAll<float>(values))
            throw new InvalidDataException(
                $"Model folder '{model.Folder}' ({model.Precision}) gives a value that is not finite in {what}.");
    }

    // Progress<T> would report on another thread, later.
    private sealed class ActionProgress(Action<int> report) : IProgress<int>
    {
        public void Report(int value) => report(value);
    }
}
