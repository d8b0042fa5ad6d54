using System.Diagnostics;
using System.Numerics.Tensors;
using Tips.MLNet.Models;

namespace Tips.OnnxExport.Verification;

/// <summary>A line of a verification: an output of the models, how alike it is, and how often it is taken for the same.</summary>
internal sealed record VerificationRow(string Output, CosineSummary Cosine, (int Same, int Count)? TopOne);

/// <summary>What a verification found.</summary>
/// <param name="Rows">One a compared output.</param>
/// <param name="Milliseconds">Median time of a picture: the model's, and the other's.</param>
/// <param name="TopOneOf">What top-1 is over, for the reader.</param>
internal sealed record VerificationReport(IReadOnlyList<VerificationRow> Rows, (double Model, double Other) Milliseconds, string TopOneOf);

/// <summary>Runs two models on the same pictures and texts, in turns, and compares what comes out.</summary>
internal static class ModelVerifier
{
    /// <summary>Texts to embed where the user gives none.</summary>
    public static readonly string[] DefaultTexts =
    [
        "a photo of a cat", "a photo of a dog", "two cats on a sofa", "an empty room", "a red circle", "a blue square", "green stripes", "a colorful abstract painting",
        "a map of a city", "people at a table in a restaurant", "a snowy mountain under a clear sky", "the sea at sunset", "an old black and white photograph",
        "a screenshot of a web page", "a plate of food", "a car in the street", "a close-up of a flower", "text on a sign", "a child on a swing", "nothing",
    ];

    /// <summary>Compares a model with another of the same width.</summary>
    /// <exception cref="InvalidDataException">The models do not compare, or give something that is not finite.</exception>
    public static VerificationReport Compare(TipsModel model, TipsModel other, VerificationPictures pictures, IReadOnlyList<string> texts, IProgress<(int Done, int Total)>? progress, CancellationToken cancellationToken)
    {
        if (model.EmbeddingDimension != other.EmbeddingDimension)
            throw new InvalidDataException($"The models do not compare: '{model.Manifest.Name}' gives {model.EmbeddingDimension} values, '{other.Manifest.Name}' {other.EmbeddingDimension}.");
        int dimension = model.EmbeddingDimension;
        CosineSummary first = new(), second = new(), patches = new();
        float[][] mine = new float[pictures.Count][], others = new float[pictures.Count][];
        List<double> myTimes = [], otherTimes = [];
        for (int i = 0; i < pictures.Count; i++)
        {
            cancellationToken.ThrowIfCancellationRequested();
            var a = Embed(model, pictures.Read(i, model), myTimes);
            var b = Embed(other, pictures.Read(i, other), otherTimes);
            first.Add(a.ClassTokens.AsSpan(0, dimension), b.ClassTokens.AsSpan(0, dimension), dimension);
            second.Add(a.ClassTokens.AsSpan(dimension), b.ClassTokens.AsSpan(dimension), dimension);
            if (a.Patches.Length == b.Patches.Length) patches.Add(a.Patches, b.Patches, dimension);
            (mine[i], others[i]) = (a.ClassTokens[..dimension], b.ClassTokens[..dimension]);
            progress?.Report((i + 1, pictures.Count));
        }

        bool both = model.HasText && other.HasText;
        float[][] myTexts = both ? Rows(model.EmbedTexts(texts), dimension) : [], otherTexts = both ? Rows(other.EmbedTexts(texts), dimension) : [];
        int[] myTop = both ? NearestRows.Find(mine, myTexts, others: false) : NearestRows.Find(mine, mine, others: true);
        int[] otherTop = both ? NearestRows.Find(others, otherTexts, others: false) : NearestRows.Find(others, others, others: true);
        var rows = new List<VerificationRow> { new("first CLS token", first, (myTop.Zip(otherTop).Count(t => t.First == t.Second), pictures.Count)), new("second CLS token", second, null) };
        if (patches.Count > 0) rows.Add(new("patch tokens", patches, null));
        if (both)
        {
            var text = new CosineSummary();
            for (int i = 0; i < myTexts.Length; i++) text.Add(myTexts[i], otherTexts[i], dimension);
            rows.Add(new("texts", text, null));
        }

        return new VerificationReport(rows, (Median(myTimes), Median(otherTimes)), both ? $"the nearest of {texts.Count} texts" : "the nearest other picture");
    }

    /// <summary>Compares a model with itself: each picture alone and beside others, by the graph for embeddings and the dense one.</summary>
    /// <exception cref="InvalidDataException">The model gives something that is not finite.</exception>
    public static VerificationReport CheckAlone(TipsModel model, VerificationPictures pictures, IReadOnlyList<string> texts, IProgress<(int Done, int Total)>? progress, CancellationToken cancellationToken)
    {
        int dimension = model.EmbeddingDimension;
        CosineSummary graphs = new(), batches = new();
        var times = new List<double>();
        float[] neighbour = pictures.Read(pictures.Count - 1, model);
        for (int i = 0; i < pictures.Count; i++)
        {
            cancellationToken.ThrowIfCancellationRequested();
            float[] pixels = pictures.Read(i, model), together = new float[4 * dimension];
            var alone = Embed(model, pixels, times);
            float[] dense = new float[2 * dimension];
            model.EmbedImagesDense(pixels, 1, dense, new float[model.PatchCount * dimension]);
            graphs.Add(alone.ClassTokens, dense, dimension);
            model.EmbedImages((float[])[.. pixels, .. neighbour], 2, together);
            batches.Add(alone.ClassTokens, together.AsSpan(0, 2 * dimension), dimension);
            progress?.Report((i + 1, pictures.Count));
        }

        var rows = new List<VerificationRow> { new("embedding graph, dense graph", graphs, null), new("picture alone, in a batch", batches, null) };
        if (model.HasText)
        {
            var text = new CosineSummary();
            float[] together = model.EmbedTexts(texts);
            for (int i = 0; i < texts.Count; i++) text.Add(model.EmbedTexts([texts[i]]), together.AsSpan(i * dimension, dimension), dimension);
            rows.Add(new("text alone, in a batch", text, null));
        }

        double median = Median(times);
        return new VerificationReport(rows, (median, median), "");
    }

    private static (float[] ClassTokens, float[] Patches) Embed(TipsModel model, float[] pixels, List<double> times)
    {
        float[] classTokens = new float[2 * model.EmbeddingDimension], denseTokens = new float[classTokens.Length], patches = new float[model.PatchCount * model.EmbeddingDimension];
        model.EmbedImagesDense(pixels, 1, denseTokens, patches);
        long start = Stopwatch.GetTimestamp();
        model.EmbedImages(pixels, 1, classTokens);
        times.Add(Stopwatch.GetElapsedTime(start).TotalMilliseconds);
        if (!TensorPrimitives.IsFiniteAll<float>(classTokens) || !TensorPrimitives.IsFiniteAll<float>(patches)) throw new InvalidDataException($"Model '{model.Manifest.Name}' gives values that are not finite.");
        return (classTokens, patches);
    }

    private static float[][] Rows(float[] values, int dimension) => [.. values.Chunk(dimension)];

    // The first run of a graph opens it.
    private static double Median(List<double> times)
    {
        double[] sorted = [.. (times.Count > 1 ? times.Skip(1) : times).Order()];
        return sorted[sorted.Length / 2];
    }
}
