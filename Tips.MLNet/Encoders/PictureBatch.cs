using Microsoft.ML.Data;
using Tips.MLNet.Images;

namespace Tips.MLNet.Encoders;

/// <summary>Pictures of one size on their way through an encoder.</summary>
/// <param name="preprocessor">How decoded pictures become pixel values.</param>
/// <param name="capacity">Most pictures.</param>
internal abstract class PictureBatch(ImagePreprocessor preprocessor, int capacity) : EmbeddingBatch<ImageSource>
{
    /// <summary>Batch × 3 × height × width.</summary>
    protected float[] PixelValues { get; } = new float[capacity * preprocessor.ValueCount];

    public override void Prepare(int slot, ImageSource item, CancellationToken cancellationToken = default)
    {
        using var picture = item.Open(preprocessor.Background, cancellationToken);
        preprocessor.Preprocess(picture, ValuesOf(slot));
    }

    public void Prepare(int slot, MLImage image) => preprocessor.Preprocess(image, ValuesOf(slot));

    private Span<float> ValuesOf(int slot) => PixelValues.AsSpan(slot * preprocessor.ValueCount, preprocessor.ValueCount);
}
