using Microsoft.ML.Data;

namespace Tips.MLNet.Pipelines.Batching;

/// <summary>
/// The vectors that one view has computed, by row id. ML.NET gives a row the same id in every cursor over a view, shuffled or not. Grows up
/// to a limit; nothing is ever removed. Thread-safe.
/// </summary>
/// <param name="length">Length of a vector.</param>
/// <param name="maximumBytes">Limit of the memory.</param>
/// <param name="onFull">Called once, when a vector no longer fits.</param>
internal sealed class VectorCache(int length, long maximumBytes, Action<int> onFull)
{
    /// <summary>Key, place in the table and their overhead, in bytes; measured as about 70.</summary>
    private const int OverheadPerRow = 72;

    private const int ValuesPerChunk = 1 << 16;

    private readonly Lock _lock = new();
    private readonly Dictionary<DataViewRowId, ReadOnlyMemory<float>> _vectors = [];
    private Memory<float> _free;
    private bool _full;

    /// <summary>Finds a row's vector.</summary>
    public bool TryGet(DataViewRowId id, out ReadOnlyMemory<float> vector)
    {
        lock (_lock) return _vectors.TryGetValue(id, out vector);
    }

    /// <summary>Keeps a row's vector, if there is room.</summary>
    /// <param name="id">The row.</param>
    /// <param name="vector">Its vector.</param>
    public void Add(DataViewRowId id, ReadOnlySpan<float> vector)
    {
        bool noRoom;
        lock (_lock)
        {
            if (_full || _vectors.ContainsKey(id)) return;
            noRoom = _full = (_vectors.Count + 1L) * (length * sizeof(float) + OverheadPerRow) > maximumBytes;
            if (!noRoom)
            {
                if (_free.Length < length) _free = new float[Math.Max(length, ValuesPerChunk / length * length)];
                vector.CopyTo(_free.Span);
                _vectors.Add(id, _free[..length]);
                _free = _free[length..];
            }
        }

        if (noRoom) onFull(_vectors.Count);
    }
}
