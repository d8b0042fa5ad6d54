using Tips.MLNet.Images;

namespace Tips.MLNet.Encoders;

/// <summary>Pictures of one size on their way through a <see cref="PatchEncoder"/>.</summary>
internal sealed class PatchBatch : PictureBatch
{
    private readonly PatchEncoder _encoder;
    private readonly (int Height, int Width) _size;
    private readonly PatchOptions _options;
    private readonly float[] _patches;

    public PatchBatch(PatchEncoder encoder, ImagePreprocessor preprocessor, int capacity, int batchSize, PatchOptions options)
        : base(preprocessor, capacity)
    {
        (_encoder, _size, _options) = (encoder, (preprocessor.Height, preprocessor.Width), options);
        EmbeddingLength = encoder.ValuesOf(_size.Height, _size.Width);
        _patches = new float[batchSize * EmbeddingLength];
    }

    public override int EmbeddingLength { get; }

    protected override void Run(ReadOnlyMemory<float> pixelValues, int count, CancellationToken cancellationToken)
    {
        _encoder.Run(pixelValues, count, _size, _options, _patches, cancellationToken);
        // NaN stands for a missing picture in a column.
        _encoder.CheckFinite(_patches.AsSpan(0, count * EmbeddingLength), "the patches of a picture");
    }

    public override void CopyEmbedding(int slot, Span<float> destination)
        => _patches.AsSpan((slot - First) * EmbeddingLength, EmbeddingLength).CopyTo(destination);
}
