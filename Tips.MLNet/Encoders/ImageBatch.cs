using Tips.MLNet.Images;

namespace Tips.MLNet.Encoders;

/// <summary>Pictures on their way through an <see cref="ImageEncoder"/>.</summary>
internal sealed class ImageBatch(
    ImageEncoder encoder, ImagePreprocessor preprocessor, int capacity, int batchSize, ClassToken classToken, bool normalize)
    : PictureBatch(preprocessor, capacity)
{
    private readonly float[] _classTokens = new float[batchSize * 2 * encoder.EmbeddingDimension];

    public override int EmbeddingLength { get; } = encoder.EmbeddingLength(classToken);

    protected override void Run(ReadOnlyMemory<float> pixelValues, int count, CancellationToken cancellationToken)
        => encoder.Run(pixelValues, count, _classTokens, cancellationToken);

    public override void CopyEmbedding(int slot, Span<float> destination)
    {
        int dimension = encoder.EmbeddingDimension;
        int first = (2 * (slot - First) + (classToken == ClassToken.Second ? 1 : 0)) * dimension;
        _classTokens.AsSpan(first, EmbeddingLength).CopyTo(destination);
        if (!normalize) return;
        for (int start = 0; start < EmbeddingLength; start += dimension) Embedding.Normalize(destination.Slice(start, dimension));
        if (EmbeddingLength > dimension) Embedding.Normalize(destination[..EmbeddingLength]);
    }
}
