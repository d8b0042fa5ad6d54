using Microsoft.ML;
using Microsoft.ML.Data;
using Microsoft.ML.Transforms.Image;

namespace Tips.MLNet.Pipelines.Batching;

/// <summary>
/// A cursor's row as a block reads it: a picture that both the mapping and a passed-through column need is requested, and so decoded,
/// only once. The pictures it returns belong to their producer.
/// </summary>
internal sealed class SharedImageRow(DataViewRowCursor cursor) : DataViewRow
{
    private readonly Dictionary<int, SharedImage> _images = [];

    public override DataViewSchema Schema => cursor.Schema;

    public override long Position => cursor.Position;

    public override long Batch => cursor.Batch;

    public override ValueGetter<DataViewRowId> GetIdGetter() => cursor.GetIdGetter();

    public override bool IsColumnActive(DataViewSchema.Column column) => cursor.IsColumnActive(column);

    public override ValueGetter<TValue> GetGetter<TValue>(DataViewSchema.Column column)
    {
        if (column.Type is not ImageDataViewType) return cursor.GetGetter<TValue>(column);
        if (!_images.TryGetValue(column.Index, out var image))
            _images.Add(column.Index, image = new SharedImage(cursor, cursor.GetGetter<MLImage>(column)));
        return (ValueGetter<TValue>)(Delegate)new ValueGetter<MLImage>(image.Get);
    }

    private sealed class SharedImage(DataViewRowCursor cursor, ValueGetter<MLImage> getter)
    {
        private MLImage? _image;
        private long _position = -1;

        public void Get(ref MLImage value)
        {
            if (_position != cursor.Position)
            {
                _position = -1;
                try
                {
                    ReceivedImage.Get(getter, ref _image);
                }
                catch
                {
                    _image = null;
                    throw;
                }

                _position = cursor.Position;
            }

            value = _image!;
        }
    }
}
