using System.Diagnostics;
using System.Numerics.Tensors;
using Tips.MLNet;
using Tips.OnnxExport.Files;

namespace Tips.OnnxExport.Verification;

/// <summary>Runs one model: checks that its outputs are finite, and times its pictures.</summary>
internal sealed class VerificationRun(TipsModel model)
{
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
        var report = progress is null
            ? null
            : new ActionProgress(done => progress.Report(new WorkProgress($"Embedding texts by {model.Precision}", done, texts.Count)));
        float[][] rows = model.EmbedTexts(texts, normalize: false, report, cancellationToken);
        for (int i = 0; i < rows.Length; i++) CheckFinite(rows[i], $"the embedding of text {i + 1}");
        return rows;
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
