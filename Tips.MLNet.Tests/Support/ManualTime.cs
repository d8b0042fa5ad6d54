namespace Tips.MLNet.Tests.Support;

/// <summary>A clock that goes on when it is told to. Its timers call back on the caller's thread.</summary>
internal sealed class ManualTime : TimeProvider
{
    private readonly List<Alarm> _alarms = [];
    private long _now;

    public override long TimestampFrequency => TimeSpan.TicksPerSecond;

    public override long GetTimestamp() => _now;

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        var alarm = new Alarm(this, () => callback(state), _now + dueTime.Ticks, period.Ticks);
        _alarms.Add(alarm);
        return alarm;
    }

    /// <summary>Lets time pass, and timers ring on their way.</summary>
    public void Advance(TimeSpan time)
    {
        long end = _now + time.Ticks;
        while (_alarms.MinBy(a => a.Due) is { } next && next.Due <= end)
        {
            _now = next.Due;
            next.Ring();
        }

        _now = end;
    }

    private sealed class Alarm(ManualTime clock, Action callback, long due, long period) : ITimer
    {
        public long Due { get; private set; } = due;

        public void Ring()
        {
            Due += period;
            callback();
        }

        public bool Change(TimeSpan dueTime, TimeSpan period) => throw new NotSupportedException();

        public void Dispose() => clock._alarms.Remove(this);

        public ValueTask DisposeAsync()
        {
            Dispose();
            return ValueTask.CompletedTask;
        }
    }
}
