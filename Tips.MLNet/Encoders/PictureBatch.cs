using Microsoft.ML.Data;
using Tips.MLNet.Images;

namespace Tips.MLNet.Encoders;

/// <summary>Pictures of one size on their way through an encoder.</summary>
/// <param name="preprocessor">How decoded pictures become pixel values.</param>
/// <param name="capacity">Most pictures that are prepared at a time.</param>
internal abstract class PictureBatch(ImagePreprocessor preprocessor, int capacity) : ImageSourceBatch
{
    private readonly float[] _pixelValues = new float[capacity * preprocessor.ValueCount]; // slots × 3 × height × width

    public override void Prepare(int slot, ImageSource item, CancellationToken cancellationToken = default)
    {
        using var picture = item.Open(preprocessor.Background, cancellationToken);
        preprocessor.Preprocess(picture, ValuesOf(slot));
    }

    public override void Prepare(int slot, MLImage image) => preprocessor.Preprocess(image, ValuesOf(slot));

    public override void Move(int from, int to) => ValuesOf(from).CopyTo(ValuesOf(to));

    public sealed override void Run(int start, int count, CancellationToken cancellationToken = default)
    {
        First = start;
        int length = preprocessor.ValueCount;
        Run(_pixelValues.AsMemory(start * length, count * length), count, cancellationToken);
    }

    /// <summary>The first slot of the last run.</summary>
    protected int First { get; private set; }

    /// <summary>Runs pictures; the results of the run before are not needed any longer.</summary>
    protected abstract void Run(ReadOnlyMemory<float> pixelValues, int count, CancellationToken cancellationToken);

    private Span<float> ValuesOf(int slot) => _pixelValues.AsSpan(slot * preprocessor.ValueCount, preprocessor.ValueCount);
}
