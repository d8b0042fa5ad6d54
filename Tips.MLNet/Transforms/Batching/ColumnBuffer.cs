using Microsoft.ML;
using Microsoft.ML.Data;
using Microsoft.ML.Transforms.Image;

namespace Tips.MLNet.Transforms.Batching;

/// <summary>The values of one passed-through column for the rows of a block.</summary>
internal abstract class ColumnBuffer : IDisposable
{
    public static ColumnBuffer Create(DataViewRow row, DataViewSchema.Column column, int capacity)
    {
        var type = column.Type switch
        {
            VectorDataViewType vector => typeof(VectorColumnBuffer<>).MakeGenericType(vector.ItemType.RawType),
            ImageDataViewType => typeof(ImageColumnBuffer),
            _ => typeof(ValueColumnBuffer<>).MakeGenericType(column.Type.RawType),
        };
        return (ColumnBuffer)Activator.CreateInstance(type, row, column, capacity)!;
    }

    public abstract void Read(int slot);

    public virtual void Dispose()
    {
    }
}

/// <inheritdoc/>
internal abstract class ColumnBuffer<T>(DataViewRow row, DataViewSchema.Column column, int capacity) : ColumnBuffer
{
    protected ValueGetter<T> Getter { get; } = row.GetGetter<T>(column);

    protected T[] Values { get; } = new T[capacity];

    public override void Read(int slot) => Getter(ref Values[slot]);

    public abstract void Get(int slot, ref T value);
}

/// <summary>Numbers, keys, text (immutable memory) and values of the user's own types: assignment is a copy.</summary>
internal sealed class ValueColumnBuffer<T>(DataViewRow row, DataViewSchema.Column column, int capacity) : ColumnBuffer<T>(row, column, capacity)
{
    public override void Get(int slot, ref T value) => value = Values[slot];
}

/// <summary>Vectors: the consumer owns its buffer and may write into it, so the values are copied.</summary>
internal sealed class VectorColumnBuffer<T>(DataViewRow row, DataViewSchema.Column column, int capacity) : ColumnBuffer<VBuffer<T>>(row, column, capacity)
{
    public override void Get(int slot, ref VBuffer<T> value) => Values[slot].CopyTo(ref value);
}

/// <summary>
/// Pictures: producers dispose (or hand out again) what they gave at the next row, and consumers dispose what they are given. So the
/// block keeps copies of its own and gives out copies; the producer's objects are never disposed here.
/// </summary>
internal sealed class ImageColumnBuffer(DataViewRow row, DataViewSchema.Column column, int capacity) : ColumnBuffer<MLImage?>(row, column, capacity)
{
    private MLImage? _received;

    public override void Read(int slot)
    {
        Getter(ref _received);
        Values[slot]?.Dispose();
        Values[slot] = Copy(_received);
    }

    public override void Get(int slot, ref MLImage? value)
    {
        value?.Dispose();
        value = Copy(Values[slot]);
    }

    public override void Dispose()
    {
        foreach (var image in Values) image?.Dispose();
        base.Dispose();
    }

    private static MLImage? Copy(MLImage? image)
    {
        if (image is null) return null;
        var copy = MLImage.CreateFromPixels(image.Width, image.Height, image.PixelFormat, image.Pixels);
        copy.Tag = image.Tag;
        return copy;
    }
}
