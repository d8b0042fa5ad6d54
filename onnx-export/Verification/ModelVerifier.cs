using Tips.MLNet;
using Tips.OnnxExport.Files;

namespace Tips.OnnxExport.Verification;

/// <summary>Runs two models in turns on the same pictures and texts, and compares their outputs.</summary>
internal static class ModelVerifier
{
    private const string PictureStep = "Embedding pictures";

    /// <summary>Texts to embed if the user gives none.</summary>
    public static readonly string[] DefaultTexts =
    [
        "a photo of a cat", "a photo of a dog", "two cats on a sofa", "an empty room", "a red circle", "a blue square", "green stripes",
        "a colorful abstract painting", "a map of a city", "people at a table in a restaurant", "a snowy mountain under a clear sky",
        "the sea at sunset", "an old black and white photograph", "a screenshot of a web page", "a plate of food", "a car in the street",
        "a close-up of a flower", "text on a sign", "a child on a swing", "nothing",
    ];

    /// <summary>Compares what two models of the same width both have.</summary>
    /// <exception cref="InvalidDataException">The models cannot be compared, or give something that is not an embedding.</exception>
    public static VerificationReport Compare(
        TipsModel model,
        TipsModel other,
        VerificationPictures pictures,
        IReadOnlyList<string> texts,
        IProgress<WorkProgress>? progress,
        CancellationToken cancellationToken)
    {
        if (model.EmbeddingDimension != other.EmbeddingDimension)
        {
            throw new InvalidDataException(
                $"The models cannot be compared: '{model.Name}' gives {model.EmbeddingDimension} values, '{other.Name}' "
                + $"{other.EmbeddingDimension}.");
        }

        bool images = model.HasImages && other.HasImages, bothTexts = model.HasText && other.HasText;
        if (!images && !bothTexts)
            throw new InvalidDataException($"The models cannot be compared: '{model.Name}' and '{other.Name}' have no encoder in common.");
        var rows = new List<VerificationRow>();
        var notCompared = new List<string>();
        bool byIds = bothTexts && !(model.HasTokenizer && other.HasTokenizer);
        int? vocabulary = byIds ? Math.Min(model.Manifest.Text!.VocabularySize, other.Manifest.Text!.VocabularySize) : null;
        var (mine, others) = (new VerificationRun(model, vocabulary), new VerificationRun(other, vocabulary));
        float[][] myTexts = [], otherTexts = [];
        if (bothTexts)
        {
            myTexts = mine.EmbedTexts(texts, progress, cancellationToken);
            otherTexts = others.EmbedTexts(texts, progress, cancellationToken);
        }

        string? topOneOf = null;
        if (images) ComparePictures();
        else notCompared.Add(OnlyOne(model, other, m => m.HasImages, "pictures", "image"));

        if (bothTexts)
        {
            var agreement = new VectorAgreement();
            for (int i = 0; i < myTexts.Length; i++) agreement.Add(myTexts[i], otherTexts[i], model.EmbeddingDimension);
            rows.Add(new VerificationRow(byIds ? "token ids" : "texts", agreement, EachCounts: true));
        }
        else if (model.HasText || other.HasText)
        {
            notCompared.Add(OnlyOne(model, other, m => m.HasText, "texts", "text"));
        }

        return new VerificationReport(rows, mine.MedianMilliseconds, others.MedianMilliseconds, topOneOf, notCompared);

        void ComparePictures()
        {
            int dimension = model.EmbeddingDimension;
            bool sameGrid = (model.ImageHeight, model.ImageWidth) == (other.ImageHeight, other.ImageWidth);
            VectorAgreement first = new(), second = new(), patches = new();
            float[][] myTokens = new float[pictures.Count][], otherTokens = new float[pictures.Count][];
            for (int i = 0; i < pictures.Count; i++)
            {
                var a = mine.Embed(pictures.Read(i, model), cancellationToken);
                var b = others.Embed(pictures.Read(i, other), cancellationToken);
                first.Add(a.ClassTokens.AsSpan(0, dimension), b.ClassTokens.AsSpan(0, dimension), dimension);
                second.Add(a.ClassTokens.AsSpan(dimension), b.ClassTokens.AsSpan(dimension), dimension);
                if (sameGrid) patches.Add(a.Patches, b.Patches, dimension);
                (myTokens[i], otherTokens[i]) = (a.ClassTokens[..dimension], b.ClassTokens[..dimension]);
                progress?.Report(new WorkProgress(PictureStep, i + 1, pictures.Count));
            }

            int? same = null;
            if (bothTexts)
            {
                topOneOf = $"the nearest of {texts.Count} {(byIds ? "rows of token ids" : "texts")}";
                same = NearestRows.Same(myTokens, myTexts, otherTokens, otherTexts, cancellationToken);
            }
            else if (pictures.Count > 1)
            {
                topOneOf = "the nearest other picture";
                same = NearestRows.SameAmongThemselves(myTokens, otherTokens, cancellationToken);
            }

            rows.Add(new VerificationRow("first CLS token", first, EachCounts: true, same is { } count ? (count, pictures.Count) : null));
            rows.Add(new VerificationRow("second CLS token", second, EachCounts: true));
            if (sameGrid) rows.Add(new VerificationRow("patch tokens", patches, EachCounts: false));
            else notCompared.Add(
                $"patch tokens (pictures of {model.ImageHeight}x{model.ImageWidth} against {other.ImageHeight}x{other.ImageWidth})");
        }
    }

    /// <summary>
    /// Compares a model with itself: each picture in the embedding graph and in the dense one, alone and together with the next.
    /// </summary>
    /// <exception cref="InvalidDataException">The model gives something that is not an embedding.</exception>
    public static VerificationReport CheckAlone(
        TipsModel model,
        VerificationPictures pictures,
        IReadOnlyList<string> texts,
        IProgress<WorkProgress>? progress,
        CancellationToken cancellationToken)
    {
        var run = new VerificationRun(model, model.HasTokenizer ? null : model.Manifest.Text?.VocabularySize);
        var rows = new List<VerificationRow>();
        if (model.HasImages) rows.AddRange(CheckPictures(run, pictures, progress, cancellationToken));
        if (model.HasText) rows.Add(CheckTexts(run, texts, progress, cancellationToken));
        return new VerificationReport(rows, run.MedianMilliseconds, null, null, []);
    }

    private static VerificationRow[] CheckPictures(
        VerificationRun run, VerificationPictures pictures, IProgress<WorkProgress>? progress, CancellationToken cancellationToken)
    {
        var model = run.Model;
        int dimension = model.EmbeddingDimension;
        VectorAgreement graphs = new(), batches = new();
        for (int i = 0; i < pictures.Count; i++)
        {
            float[] pixels = pictures.Read(i, model);
            float[] neighbor = pictures.Count > 1 ? pictures.Read((i + 1) % pictures.Count, model) : Array.ConvertAll(pixels, v => 1 - v);
            var alone = run.Embed(pixels, cancellationToken);
            graphs.Add(alone.ClassTokens, alone.DenseClassTokens, dimension);
            float[] neighborAlone = new float[2 * dimension], together = new float[4 * dimension];
            model.RunPixels(neighbor, 1, neighborAlone, cancellationToken);
            model.RunPixels((float[])[.. pixels, .. neighbor], 2, together, cancellationToken);
            batches.Add((float[])[.. alone.ClassTokens, .. neighborAlone], together, dimension);
            progress?.Report(new WorkProgress(PictureStep, i + 1, pictures.Count));
        }

        return [new("embedding graph, dense graph", graphs, EachCounts: true), new("picture alone, in a batch", batches, EachCounts: true)];
    }

    private static VerificationRow CheckTexts(
        VerificationRun run, IReadOnlyList<string> texts, IProgress<WorkProgress>? progress, CancellationToken cancellationToken)
    {
        var agreement = new VectorAgreement();
        float[][] together = run.EmbedTexts(texts, progress, cancellationToken);
        for (int i = 0; i < texts.Count; i++)
        {
            cancellationToken.ThrowIfCancellationRequested();
            agreement.Add(run.EmbedText(texts, i, cancellationToken), together[i], run.Model.EmbeddingDimension);
            progress?.Report(new WorkProgress("Embedding texts one by one", i + 1, texts.Count));
        }

        string what = run.Model.HasTokenizer ? "text alone, in a batch" : "token ids alone, padded";
        return new VerificationRow(what, agreement, EachCounts: true);
    }

    private static string OnlyOne(TipsModel model, TipsModel other, Func<TipsModel, bool> has, string items, string encoder)
        => has(model) || has(other)
            ? $"{items} ('{(has(model) ? other : model).Name}' has no {encoder} encoder)"
            : $"{items} (neither has the {encoder} encoder)";
}
