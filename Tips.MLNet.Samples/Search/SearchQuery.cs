using System.Numerics.Tensors;
using Tips.MLNet.Samples.Common;

namespace Tips.MLNet.Samples.Search;

/// <summary>What is looked for.</summary>
/// <param name="Name">The text, the name of the picture, or both.</param>
/// <param name="Embedding">Its embedding.</param>
internal sealed record SearchQuery(string Name, float[] Embedding)
{
    /// <summary>
    /// Embeds what is asked for. A text and a picture are looked for as one: the sum of both embeddings, each of unit length, times its
    /// weight. So the order of what is found is that of the weighted sum of the two cosines.
    /// </summary>
    public static IReadOnlyList<SearchQuery> Create(
        SearchRequest request, IReadOnlyList<string> texts, SampleContext context, TipsModel model, CancellationToken cancellationToken)
    {
        float[][] ofTexts = texts.Count == 0 ? [] : model.EmbedTexts(texts, cancellationToken: cancellationToken);
        if (request.QueryImage is not { } file) return [.. texts.Zip(ofTexts, (text, embedding) => new SearchQuery(text, embedding))];
        float[] ofImage = model.EmbedImage(context.Open(file));
        string name = Path.GetFileName(file);
        if (texts.Count == 0) return [new SearchQuery(name, ofImage)];
        return
        [
            .. texts.Zip(ofTexts, (text, ofText) =>
            {
                float[] sum = new float[ofImage.Length];
                TensorPrimitives.Multiply(ofText, request.TextWeight, sum);
                TensorPrimitives.MultiplyAdd(ofImage, 1 - request.TextWeight, sum, sum);
                return new SearchQuery($"{text} + {name}", sum);
            }),
        ];
    }
}
