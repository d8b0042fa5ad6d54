using Tips.MLNet.Dense;
using Tips.MLNet.Encoders;
using Tips.MLNet.Images;

namespace Tips.MLNet.Transforms;

/// <summary>Pictures of one size on their way through the image encoder and a head.</summary>
internal class DensePredictionBatch : PictureBatch
{
    private readonly HeadSet _heads;
    private readonly HeadEncoder _head;
    private readonly (int Height, int Width) _size, _mapSize;
    private readonly NormalsStyle _style;
    private float[] _maps = [];

    public DensePredictionBatch(
        HeadSet heads,
        HeadEncoder head,
        ImagePreprocessor preprocessor,
        int patch,
        (int Height, int Width) output,
        NormalsStyle style,
        int capacity)
        : base(preprocessor, capacity)
    {
        (_heads, _head, _size, Output, _style) = (heads, head, (preprocessor.Height, preprocessor.Width), output, style);
        _mapSize = HeadEncoder.MapSize(_size.Height / patch, _size.Width / patch);
    }

    public override int EmbeddingLength => Output.Height * Output.Width * (_head.Task == DenseTask.Normals ? 3 : 1);

    protected (int Height, int Width) Output { get; }

    protected override void Run(ReadOnlyMemory<float> pixelValues, int count, CancellationToken cancellationToken)
    {
        _maps = _heads.Run(pixelValues, count, _size, [_head], cancellationToken)[0];
        _heads.CheckFinite(_maps, $"the {_head.Head.Task} of a picture");
    }

    public override void CopyEmbedding(int slot, Span<float> destination)
    {
        float[] values = _head.Task == DenseTask.Depth
            ? HeadMaps.Depth(MapOf(slot), _mapSize, Output)
            : HeadMaps.Normals(MapOf(slot), _mapSize, Output, _style);
        values.CopyTo(destination);
    }

    protected ClassMap ClassesOf(int slot) => HeadMaps.Classes(MapOf(slot), _mapSize, Output, _head.Labels);

    private ReadOnlySpan<float> MapOf(int slot)
    {
        int length = _head.Channels * _mapSize.Height * _mapSize.Width;
        return _maps.AsSpan((slot - First) * length, length);
    }
}

/// <summary>Pictures on their way to the classes of their pixels.</summary>
internal sealed class SegmentationBatch(
    HeadSet heads, HeadEncoder head, ImagePreprocessor preprocessor, int patch, (int Height, int Width) output, int capacity)
    : DensePredictionBatch(heads, head, preprocessor, patch, output, default, capacity), IClassBatch
{
    public void CopyClasses(int slot, Span<byte> destination) => ClassesOf(slot).Classes.CopyTo(destination);
}
