using Tips.MLNet.Search;

namespace Tips.MLNet.Evaluation;

/// <summary>
/// Recall@k of image-text retrieval, as CLIP, ALIGN and TIPS report it: the share of queries that have a right answer among their k nearest
/// by cosine. Immutable.
/// </summary>
public sealed class RetrievalMetrics
{
    private RetrievalMetrics(IReadOnlyList<int> cutoffs, IReadOnlyList<double> imageToText, IReadOnlyList<double> textToImage)
        => (Cutoffs, ImageToText, TextToImage) = (cutoffs, imageToText, textToImage);

    /// <summary>The values of k.</summary>
    public IReadOnlyList<int> Cutoffs { get; }

    /// <summary>For each k the share of images that have one of their own texts among the k nearest texts, 0 to 1.</summary>
    public IReadOnlyList<double> ImageToText { get; }

    /// <summary>For each k the share of texts that have their image among the k nearest images, 0 to 1.</summary>
    public IReadOnlyList<double> TextToImage { get; }

    /// <summary>Computes both directions.</summary>
    /// <param name="images">Embeddings of the images, one after another, normalized or not.</param>
    /// <param name="texts">Embeddings of the texts, one after another, normalized or not.</param>
    /// <param name="dimension">Length of an embedding.</param>
    /// <param name="imageOfText">
    /// The image of each text, from 0; an image may have several texts, such as the five captions of Flickr30k and COCO.
    /// </param>
    /// <param name="cutoffs">The values of k, such as 1, 5 and 10.</param>
    /// <returns>The shares.</returns>
    /// <exception cref="ArgumentException">
    /// A length does not fit, an image has no text, a value is not finite, a number is out of range, or there would be more results than
    /// one array holds.
    /// </exception>
    public static RetrievalMetrics Compute(
        ReadOnlyMemory<float> images,
        ReadOnlyMemory<float> texts,
        int dimension,
        IReadOnlyList<int> imageOfText,
        IReadOnlyList<int> cutoffs)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(dimension);
        ArgumentNullException.ThrowIfNull(imageOfText);
        ArgumentNullException.ThrowIfNull(cutoffs);
        if (images.IsEmpty || images.Length % dimension != 0)
            throw new ArgumentException($"The images have {images.Length} values, expected a multiple of {dimension}.", nameof(images));
        int imageCount = images.Length / dimension, textCount = imageOfText.Count;
        if (texts.Length != (long)textCount * dimension)
            throw new ArgumentException($"The texts have {texts.Length} values, expected {textCount} times {dimension}.", nameof(texts));
        CheckFinite(images.Span, dimension, nameof(images));
        CheckFinite(texts.Span, dimension, nameof(texts));
        if (imageOfText.Any(i => (uint)i >= (uint)imageCount))
            throw new ArgumentException($"A text belongs to no image; expected 0 to {imageCount - 1}.", nameof(imageOfText));
        if (imageOfText.Distinct().Count() != imageCount) throw new ArgumentException("An image has no text.", nameof(imageOfText));
        if (cutoffs.Count == 0 || cutoffs.Any(k => k < 1)) throw new ArgumentException("The cutoffs must be at least 1.", nameof(cutoffs));

        int deepest = cutoffs.Max();
        long results = Math.Max((long)imageCount * Math.Min(deepest, textCount), (long)textCount * Math.Min(deepest, imageCount));
        if (results > Array.MaxLength)
            throw new ArgumentException($"A cutoff of {deepest} gives {results:N0} results, more than one array holds.", nameof(cutoffs));
        int[] imageRanks = RanksOfFirstHit(
            images, imageCount, texts, textCount, dimension, deepest, (image, text) => imageOfText[text] == image);
        int[] textRanks = RanksOfFirstHit(
            texts, textCount, images, imageCount, dimension, deepest, (text, image) => imageOfText[text] == image);
        return new RetrievalMetrics(
            [.. cutoffs], [.. cutoffs.Select(k => Share(imageRanks, k))], [.. cutoffs.Select(k => Share(textRanks, k))]);
    }

    private static void CheckFinite(ReadOnlySpan<float> vectors, int dimension, string argument)
    {
        for (int i = 0; i < vectors.Length; i++)
        {
            if (!float.IsFinite(vectors[i]))
                throw new ArgumentException($"Embedding {i / dimension} has a value that is not finite.", argument);
        }
    }

    private static double Share(int[] ranks, int k) => (double)ranks.Count(r => r < k) / ranks.Length;

    private static int[] RanksOfFirstHit(
        ReadOnlyMemory<float> queries,
        int queryCount,
        ReadOnlyMemory<float> rows,
        int rowCount,
        int dimension,
        int deepest,
        Func<int, int, bool> isRight)
    {
        var index = new NeighborIndex(dimension, DistanceMetric.Cosine);
        for (int i = 0; i < rowCount; i++) index.Add(rows.Span.Slice(i * dimension, dimension));
        int k = Math.Min(deepest, rowCount);
        int[] found = new int[queryCount * k], ranks = new int[queryCount];
        index.Search(queries, queryCount, k, found, new float[found.Length]);
        for (int query = 0; query < queryCount; query++)
        {
            int rank = 0;
            while (rank < k && !isRight(query, found[query * k + rank])) rank++;
            ranks[query] = rank < k ? rank : int.MaxValue;
        }

        return ranks;
    }
}
