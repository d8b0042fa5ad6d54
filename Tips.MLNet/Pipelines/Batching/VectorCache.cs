using Microsoft.ML.Data;

namespace Tips.MLNet.Pipelines.Batching;

/// <summary>
/// The vectors that one view has computed, by row id. ML.NET gives a row the same id in every cursor over a view, shuffled or not. Grows up
/// to a limit; nothing is ever removed. Thread-safe.
/// </summary>
/// <param name="length">Length of a vector.</param>
/// <param name="maximumBytes">Limit of the memory; 0 if nothing is kept.</param>
/// <param name="onFull">Called once, when a vector no longer fits, with the number of rows that do.</param>
/// <param name="onRepeated">Called once, when a row that did not fit comes again.</param>
internal sealed class VectorCache(int length, long maximumBytes, Action<int> onFull, Action onRepeated)
{
    /// <summary>Key, place in the table and their overhead, in bytes; measured as about 70.</summary>
    private const int OverheadPerRow = 72;

    private const int ValuesPerChunk = 1 << 16;

    private readonly Lock _lock = new();
    private readonly Dictionary<DataViewRowId, ReadOnlyMemory<float>> _vectors = [];
    private Memory<float> _free;
    private DataViewRowId _firstLeftOut;
    private bool _full, _repeated;

    /// <summary>Finds a row's vector.</summary>
    public bool TryGet(DataViewRowId id, out ReadOnlyMemory<float> vector)
    {
        lock (_lock) return _vectors.TryGetValue(id, out vector);
    }

    /// <summary>Whether a row's vector, just computed, is to be kept. There may be no room, or another cursor was faster.</summary>
    public bool Wants(DataViewRowId id)
    {
        bool becameFull = false, repeated = false;
        int count;
        lock (_lock)
        {
            count = _vectors.Count;
            if (_vectors.ContainsKey(id)) return false;
            if (!_full)
            {
                _full = becameFull = (count + 1L) * (length * sizeof(float) + OverheadPerRow) > maximumBytes;
                if (!_full) return true;
                _firstLeftOut = id;
            }
            else if (!_repeated)
            {
                _repeated = repeated = id.Equals(_firstLeftOut);
            }
        }

        if (becameFull && maximumBytes > 0) onFull(count);
        if (repeated) onRepeated();
        return false;
    }

    /// <summary>Keeps a row's vector, which <see cref="Wants"/> has agreed to.</summary>
    /// <param name="id">The row.</param>
    /// <param name="vector">Its vector.</param>
    public void Add(DataViewRowId id, ReadOnlySpan<float> vector)
    {
        lock (_lock)
        {
            if (_vectors.ContainsKey(id)) return;
            if (_free.Length < length) _free = new float[Math.Max(length, ValuesPerChunk / length * length)];
            vector.CopyTo(_free.Span);
            _vectors.Add(id, _free[..length]);
            _free = _free[length..];
        }
    }
}
