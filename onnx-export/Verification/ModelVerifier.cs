using Tips.MLNet;
using System.Diagnostics;
using System.Numerics.Tensors;
using Tips.MLNet.Models;
using Tips.OnnxExport.Files;

namespace Tips.OnnxExport.Verification;

/// <summary>Runs two models on the same pictures and texts, in turns, and compares what comes out.</summary>
internal static class ModelVerifier
{
    private const string PictureStep = "Embedding pictures";

    private const int TextsAtOnce = 64;

    /// <summary>Texts to embed where the user gives none.</summary>
    public static readonly string[] DefaultTexts =
    [
        "a photo of a cat", "a photo of a dog", "two cats on a sofa", "an empty room", "a red circle", "a blue square", "green stripes", "a colorful abstract painting",
        "a map of a city", "people at a table in a restaurant", "a snowy mountain under a clear sky", "the sea at sunset", "an old black and white photograph",
        "a screenshot of a web page", "a plate of food", "a car in the street", "a close-up of a flower", "text on a sign", "a child on a swing", "nothing",
    ];

    /// <summary>Compares a model with another of the same width.</summary>
    /// <exception cref="InvalidDataException">The models do not compare, or give something that is no embedding.</exception>
    public static VerificationReport Compare(TipsModel model, TipsModel other, VerificationPictures pictures, IReadOnlyList<string> texts, IProgress<WorkProgress>? progress, CancellationToken cancellationToken)
    {
        if (model.EmbeddingDimension != other.EmbeddingDimension)
            throw new InvalidDataException($"The models do not compare: '{model.Manifest.Name}' gives {model.EmbeddingDimension} values, '{other.Manifest.Name}' {other.EmbeddingDimension}.");
        int dimension = model.EmbeddingDimension;
        bool sameGrid = (model.ImageHeight, model.ImageWidth) == (other.ImageHeight, other.ImageWidth), bothRead = model.HasText && other.HasText;
        VectorAgreement first = new(), second = new(), patches = new();
        float[][] mine = new float[pictures.Count][], others = new float[pictures.Count][];
        List<double> myTimes = [], otherTimes = [];
        for (int i = 0; i < pictures.Count; i++)
        {
            cancellationToken.ThrowIfCancellationRequested();
            var a = Embed(model, pictures.Read(i, model), myTimes);
            var b = Embed(other, pictures.Read(i, other), otherTimes);
            first.Add(a.ClassTokens.AsSpan(0, dimension), b.ClassTokens.AsSpan(0, dimension), dimension);
            second.Add(a.ClassTokens.AsSpan(dimension), b.ClassTokens.AsSpan(dimension), dimension);
            if (sameGrid) patches.Add(a.Patches, b.Patches, dimension);
            (mine[i], others[i]) = (a.ClassTokens[..dimension], b.ClassTokens[..dimension]);
            progress?.Report(new WorkProgress(PictureStep, i + 1, pictures.Count));
        }

        float[][] myTexts = bothRead ? EmbedTexts(model, texts, progress, cancellationToken) : [], otherTexts = bothRead ? EmbedTexts(other, texts, progress, cancellationToken) : [];
        (string? topOneOf, int? same) = bothRead ? ($"the nearest of {texts.Count} texts", NearestRows.Same(mine, myTexts, others, otherTexts, cancellationToken))
            : pictures.Count > 1 ? ("the nearest other picture", NearestRows.SameAmongThemselves(mine, others, cancellationToken))
            : ((string?)null, (int?)null);
        List<VerificationRow> rows = [new("first CLS token", first, EachCounts: true, same is { } count ? (count, pictures.Count) : null), new("second CLS token", second, EachCounts: true)];
        List<string> left = [];
        if (sameGrid) rows.Add(new VerificationRow("patch tokens", patches, EachCounts: false));
        else left.Add($"patch tokens (pictures of {model.ImageHeight}x{model.ImageWidth} against {other.ImageHeight}x{other.ImageWidth})");
        if (bothRead)
        {
            var text = new VectorAgreement();
            for (int i = 0; i < myTexts.Length; i++) text.Add(myTexts[i], otherTexts[i], dimension);
            rows.Add(new VerificationRow("texts", text, EachCounts: true));
        }
        else if (model.HasText || other.HasText)
        {
            left.Add($"texts ('{(model.HasText ? other : model).Manifest.Name}' has no text encoder)");
        }

        return new VerificationReport(rows, Median(myTimes), Median(otherTimes), topOneOf, left);
    }

    /// <summary>Compares a model with itself: each picture by the graph for embeddings and the dense one, alone and beside the next.</summary>
    /// <exception cref="InvalidDataException">The model gives something that is no embedding.</exception>
    public static VerificationReport CheckAlone(TipsModel model, VerificationPictures pictures, IReadOnlyList<string> texts, IProgress<WorkProgress>? progress, CancellationToken cancellationToken)
    {
        int dimension = model.EmbeddingDimension;
        VectorAgreement graphs = new(), batches = new();
        var times = new List<double>();
        for (int i = 0; i < pictures.Count; i++)
        {
            cancellationToken.ThrowIfCancellationRequested();
            float[] pixels = pictures.Read(i, model), neighbour = pictures.Count > 1 ? pictures.Read((i + 1) % pictures.Count, model) : Array.ConvertAll(pixels, v => 1 - v);
            var alone = Embed(model, pixels, times);
            graphs.Add(alone.ClassTokens, alone.DenseClassTokens, dimension);
            float[] neighbourAlone = new float[2 * dimension], together = new float[4 * dimension];
            model.EmbedImages(neighbour, 1, neighbourAlone);
            model.EmbedImages((float[])[.. pixels, .. neighbour], 2, together);
            batches.Add((float[])[.. alone.ClassTokens, .. neighbourAlone], together, dimension);
            progress?.Report(new WorkProgress(PictureStep, i + 1, pictures.Count));
        }

        List<VerificationRow> rows = [new("embedding graph, dense graph", graphs, EachCounts: true), new("picture alone, in a batch", batches, EachCounts: true)];
        if (model.HasText)
        {
            var text = new VectorAgreement();
            float[][] together = EmbedTexts(model, texts, progress, cancellationToken);
            for (int i = 0; i < texts.Count; i++)
            {
                cancellationToken.ThrowIfCancellationRequested();
                text.Add(model.EmbedTexts([texts[i]], normalize: false), together[i], dimension);
                progress?.Report(new WorkProgress("Embedding texts one by one", i + 1, texts.Count));
            }
            rows.Add(new VerificationRow("text alone, in a batch", text, EachCounts: true));
        }

        return new VerificationReport(rows, Median(times), null, null, []);
    }

    private static (float[] ClassTokens, float[] DenseClassTokens, float[] Patches) Embed(TipsModel model, float[] pixels, List<double> times)
    {
        float[] classTokens = new float[2 * model.EmbeddingDimension], denseTokens = new float[classTokens.Length], patches = new float[model.PatchCount * model.EmbeddingDimension];
        model.EmbedImagesDense(pixels, 1, denseTokens, patches);
        long start = Stopwatch.GetTimestamp();
        model.EmbedImages(pixels, 1, classTokens);
        times.Add(Stopwatch.GetElapsedTime(start).TotalMilliseconds);
        foreach (var (name, values) in ((string, float[])[])[("CLS tokens", classTokens), ("CLS tokens of the dense graph", denseTokens), ("patch tokens", patches)])
        {
            if (!TensorPrimitives.IsFiniteAll<float>(values)) throw NotFinite(model, $"the {name} of picture {times.Count}");
        }

        if (!classTokens.AsSpan().ContainsAnyExcept(0f)) throw new InvalidDataException($"Model folder '{model.Folder}' gives zeros for picture {times.Count}.");
        return (classTokens, denseTokens, patches);
    }

    // Some at a time, so that it can be ended.
    private static float[][] EmbedTexts(TipsModel model, IReadOnlyList<string> texts, IProgress<WorkProgress>? progress, CancellationToken cancellationToken)
    {
        List<float[]> rows = new(texts.Count);
        foreach (string[] some in texts.Chunk(TextsAtOnce))
        {
            cancellationToken.ThrowIfCancellationRequested();
            rows.AddRange(model.EmbedTexts(some, normalize: false).Chunk(model.EmbeddingDimension)); // their lengths are compared, too
            int bad = rows.FindIndex(rows.Count - some.Length, row => !TensorPrimitives.IsFiniteAll<float>(row));
            if (bad >= 0) throw NotFinite(model, $"the embedding of text {bad + 1}");
            progress?.Report(new WorkProgress($"Embedding texts by {model.Manifest.Precision}", rows.Count, texts.Count));
        }

        return [.. rows];
    }

    private static InvalidDataException NotFinite(TipsModel model, string what) => new($"Model folder '{model.Folder}' ({model.Manifest.Precision}) gives a value that is not finite in {what}.");

    // The first run of a graph opens it.
    private static double Median(List<double> times)
    {
        double[] sorted = [.. (times.Count > 1 ? times.Skip(1) : times).Order()];
        return sorted[sorted.Length / 2];
    }
}
