using System.Runtime.CompilerServices;
using System.Runtime.ExceptionServices;
using Microsoft.ML;
using Microsoft.ML.Data;
using Microsoft.ML.Transforms.Image;

namespace Tips.MLNet.Pipelines.Batching;

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

    /// <summary>Keeps the current row's value, or the exception from reading it, which is thrown when the value is asked for.</summary>
    /// <returns>Bytes kept outside the value itself.</returns>
    public abstract long Read(int slot);

    public virtual void Dispose()
    {
    }
}

/// <inheritdoc/>
internal abstract class ColumnBuffer<T>(DataViewRow row, DataViewSchema.Column column, int capacity) : ColumnBuffer
{
    private readonly ExceptionDispatchInfo?[] _failures = new ExceptionDispatchInfo?[capacity];

    protected ValueGetter<T> Getter { get; } = row.GetGetter<T>(column);

    protected T[] Values { get; } = new T[capacity];

    public sealed override long Read(int slot)
    {
        try
        {
            _failures[slot] = null;
            return ReadValue(slot);
        }
        catch (Exception e)
        {
            _failures[slot] = ExceptionDispatchInfo.Capture(e);
            return 0;
        }
    }

    public void Get(int slot, ref T value)
    {
        _failures[slot]?.Throw();
        GetValue(slot, ref value);
    }

    protected virtual long ReadValue(int slot)
    {
        Getter(ref Values[slot]);
        return 0;
    }

    protected abstract void GetValue(int slot, ref T value);
}

/// <summary>Numbers, keys, text (immutable memory) and values of the user's own types: assignment is a copy.</summary>
internal sealed class ValueColumnBuffer<T>(DataViewRow row, DataViewSchema.Column column, int capacity)
    : ColumnBuffer<T>(row, column, capacity)
{
    protected override void GetValue(int slot, ref T value) => value = Values[slot];
}

/// <summary>Vectors: the consumer owns its buffer and may write into it, so the values are copied.</summary>
internal sealed class VectorColumnBuffer<T>(DataViewRow row, DataViewSchema.Column column, int capacity)
    : ColumnBuffer<VBuffer<T>>(row, column, capacity)
{
    protected override long ReadValue(int slot)
    {
        Getter(ref Values[slot]);
        return (long)Values[slot].GetValues().Length * Unsafe.SizeOf<T>();
    }

    protected override void GetValue(int slot, ref VBuffer<T> value) => Values[slot].CopyTo(ref value);
}

/// <summary>
/// Pictures: at the next row, producers dispose or reuse the ones they handed out, and consumers dispose the ones they receive. So the
/// block keeps its own copies and hands out copies of those; the producer's objects are never disposed here.
/// </summary>
internal sealed class ImageColumnBuffer(DataViewRow row, DataViewSchema.Column column, int capacity)
    : ColumnBuffer<MLImage?>(row, column, capacity)
{
    private MLImage? _received;

    protected override long ReadValue(int slot)
    {
        Values[slot]?.Dispose();
        Values[slot] = null;
        Getter(ref _received);
        Values[slot] = Copy(_received);
        return _received?.Pixels.Length ?? 0;
    }

    protected override void GetValue(int slot, ref MLImage? value)
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
