using System.Numerics;

namespace Tips.MLNet.Images;

/// <summary>
/// Large arrays, reused by whichever thread needs one next. The first use of memory costs more than decoding a picture into it, and the
/// pool of .NET keeps its arrays by thread. What nobody has used for a while is left to the garbage collector. Thread-safe.
/// </summary>
/// <param name="mostBytes">Most bytes that are kept.</param>
/// <param name="keptFor">How long after its last use the pool is emptied.</param>
internal sealed class BufferPool(long mostBytes, TimeSpan keptFor) : IDisposable
{
    /// <summary>An array is not used for what is much smaller: the next large picture would find none.</summary>
    private const long MostWaste = 4;

    private readonly Lock _lock = new();
    private readonly List<byte[]> _free = [];
    private Timer? _timer;
    private long _freeBytes;

    public static BufferPool Shared { get; } = new(256L << 20, TimeSpan.FromSeconds(30));

    /// <summary>Whether it keeps an array.</summary>
    public bool HasFree
    {
        get
        {
            lock (_lock) return _free.Count > 0;
        }
    }

    /// <summary>An array of at least this length, whose content is arbitrary.</summary>
    public byte[] Rent(int length)
    {
        lock (_lock)
        {
            int best = -1;
            for (int i = 0; i < _free.Count; i++)
            {
                bool fits = _free[i].Length >= length && _free[i].Length <= MostWaste * length;
                if (fits && (best < 0 || _free[i].Length < _free[best].Length)) best = i;
            }

            if (best >= 0) return Take(best);
        }

        return GC.AllocateUninitializedArray<byte>(RoundUp(length));
    }

    /// <summary>Gives an array back, which its user no longer touches.</summary>
    public void Return(byte[] array)
    {
        lock (_lock)
        {
            if (array.Length > mostBytes) return;
            _free.Add(array);
            _freeBytes += array.Length;
            while (_freeBytes > mostBytes) Take(0); // the one that has been unused for the longest time
            _timer ??= new Timer(_ => Clear());
            _timer.Change(keptFor, Timeout.InfiniteTimeSpan);
        }
    }

    public void Dispose() => _timer?.Dispose();

    private byte[] Take(int index)
    {
        byte[] array = _free[index];
        _free.RemoveAt(index);
        _freeBytes -= array.Length;
        return array;
    }

    private void Clear()
    {
        lock (_lock)
        {
            _free.Clear();
            _freeBytes = 0;
        }
    }

    // In eighths of a power of two, so that pictures of similar sizes share arrays.
    private static int RoundUp(int length)
    {
        long step = Math.Max((long)BitOperations.RoundUpToPowerOf2((uint)Math.Max(length, 1)) / 8, 4096);
        return (int)Math.Min((length + step - 1) / step * step, Array.MaxLength);
    }
}
