namespace Tips.MLNet.Images;

/// <summary>
/// The memory of pictures in their full size, of the whole process: whoever decodes one waits until there is room; who came first is first.
/// A picture that is larger than the budget waits until no other is there. Thread-safe.
/// </summary>
/// <param name="budget">Most bytes of pixels at a time.</param>
internal sealed class DecodingMemory(long budget)
{
    private readonly object _lock = new(); // Monitor.Wait needs an object
    private readonly LinkedList<long> _waiting = [];
    private long _used;

    /// <summary>Half a gigabyte: ten pictures of twelve megapixels.</summary>
    public static DecodingMemory Shared { get; } = new(512L << 20);

    /// <summary>Bytes in use.</summary>
    public long Used
    {
        get
        {
            lock (_lock) return _used;
        }
    }

    /// <summary>Waits for room. Nobody may wait while holding another reservation.</summary>
    /// <param name="bytes">Bytes of the picture.</param>
    /// <param name="cancellationToken">Ends the waiting.</param>
    public Reservation Reserve(long bytes, CancellationToken cancellationToken)
    {
        using var registration = cancellationToken.CanBeCanceled ? cancellationToken.Register(WakeAll) : default;
        lock (_lock)
        {
            var place = _waiting.AddLast(bytes);
            try
            {
                while (_waiting.First != place || (_used > 0 && _used + bytes > budget))
                {
                    cancellationToken.ThrowIfCancellationRequested();
                    Monitor.Wait(_lock);
                }

                _used += bytes;
            }
            finally
            {
                _waiting.Remove(place);
                Monitor.PulseAll(_lock);
            }
        }

        return new Reservation(this, bytes);
    }

    private void WakeAll()
    {
        lock (_lock) Monitor.PulseAll(_lock);
    }

    private void Release(long bytes)
    {
        lock (_lock)
        {
            _used -= bytes;
            Monitor.PulseAll(_lock);
        }
    }

    /// <summary>A share of the budget, given back by disposing it once.</summary>
    public readonly struct Reservation(DecodingMemory memory, long bytes) : IDisposable
    {
        public void Dispose() => memory.Release(bytes);
    }
}
