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

    public override void Prepare(int slot, ImageSource item) => item.Decode(image => Prepare(slot, image));

    public void Prepare(int slot, MLImage image)
    {
        int length = preprocessor.ValueCount;
        preprocessor.Preprocess(image, PixelValues.AsSpan(slot * length, length));
    }
}
