using Microsoft.ML;
using Microsoft.ML.Data;
using Tips.MLNet.Encoders;
using Tips.MLNet.Pipelines.Batching;

namespace Tips.MLNet.Transforms;

/// <summary>Rows of an image column: the picture is resized while its row is there, since its producer may reuse it.</summary>
internal sealed class ImageColumnBatch(
    ValueGetter<MLImage> image, string column, TipsPictureOptions options, RowNames names, int capacity, ImageSourceBatch batch)
    : EmbeddingMapping.RowBatch<ImageSource>(batch)
{
    private readonly bool[] _missing = new bool[capacity];

    // The producer's object: handed back to it at the next row, as ML.NET's contract requires, and never disposed here.
    private MLImage? _received;

    public override long Read(int slot)
    {
        _missing[slot] = !TryPrepare(slot);
        return 0;
    }

    protected override bool IsMissing(int slot) => _missing[slot];

    private bool TryPrepare(int slot)
    {
        try
        {
            ReceivedImage.Get(image, ref _received);
        }
        catch (Exception e) when (UnreadablePicture.Explains(e))
        {
            _received = null;
            return Missing($"cannot be read: {UnreadablePicture.Reason(e)}", e);
        }

        if (_received is null) return Missing("is missing (null, or disposed).");
        if (4L * _received.Width * _received.Height > Array.MaxLength)
            return Missing($"cannot be read: its {_received.Width}x{_received.Height} pixels do not fit into one array.");
        batch.Prepare(slot, _received);
        return true;
    }

    private bool Missing(string why, Exception? cause = null)
    {
        if (options.InvalidImages == InvalidImageHandling.MissingValue) return false;
        throw new InvalidOperationException($"{names.Describe()}: the picture in column '{column}' {why}", cause);
    }
}
