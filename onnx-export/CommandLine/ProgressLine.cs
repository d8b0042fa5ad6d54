namespace Tips.CommandLine;

/// <summary>
/// Shows on standard error how far some work has come: <c>Embedding pictures: 143/286 · 210/s · 0:01 left</c>. On a terminal one line is
/// written over; elsewhere a line is added now and then, when a tenth more is done or after ten seconds. Work that is completed ends with
/// 100 %, work that fails does not. Several threads may report.
/// </summary>
internal sealed class ProgressLine : IDisposable
{
    private const int LinesWithoutTerminal = 10;

    private static readonly TimeSpan Period = TimeSpan.FromSeconds(0.2), Memory = TimeSpan.FromSeconds(15);

    // Between lines that cannot be written over.
    private static readonly TimeSpan LeastPause = TimeSpan.FromSeconds(1), MostPause = TimeSpan.FromSeconds(10);

    private readonly WrappingWriter _writer;
    private readonly ProgressState _state;
    private readonly TimeProvider _time;
    private readonly SmoothedRate _rate = new(Memory);
    private readonly long _started;
    private readonly ITimer? _timer;
    private readonly Lock _lock = new();
    private (long Done, long Time) _measured, _shown;
    private long _done;
    private int _shownWidth;
    private bool _isEnded;

    /// <summary>Shows the progress of pieces that are counted.</summary>
    /// <param name="writer">Standard error; <see cref="WrappingWriter.Nowhere"/> shows nothing.</param>
    /// <param name="task">What is being done.</param>
    /// <param name="total">How many pieces it has. Nothing is shown if there are none.</param>
    /// <param name="time">The clock; null for the system's.</param>
    public ProgressLine(WrappingWriter writer, string task, long total, TimeProvider? time = null)
        : this(writer, new ProgressState(task, total), time)
    {
    }

    /// <summary>Shows any progress.</summary>
    public ProgressLine(WrappingWriter writer, ProgressState state, TimeProvider? time = null)
    {
        (_writer, _state, _time) = (writer, state, time ?? TimeProvider.System);
        _started = _time.GetTimestamp();
        _done = state.Start;
        _measured = _shown = (_done, _started);
        if (state.Total <= 0 || ReferenceEquals(writer, WrappingWriter.Nowhere)) return;
        if (writer.Layout.IsLive) WriteOver(state.Text(_done, null));
        _timer = _time.CreateTimer(_ => Draw(), null, Period, Period);
    }

    /// <summary>One piece more is done, or left out.</summary>
    public void Tick() => Interlocked.Increment(ref _done);

    /// <summary>So many pieces are done.</summary>
    public void Report(long done) => Interlocked.Exchange(ref _done, done);

    /// <summary>Everything is done.</summary>
    public void Complete()
    {
        lock (_lock)
        {
            if (_isEnded || _timer is null) return;
            _isEnded = true;
            string text = _state.Completed(Interlocked.Read(ref _done), _time.GetElapsedTime(_started));
            if (_writer.Layout.IsLive) WriteOver(text, Environment.NewLine);
            else _writer.WriteLine($"{_state.Task}: {text}");
        }
    }

    /// <summary>Writes a remark above the line.</summary>
    public void Note(string text)
    {
        lock (_lock)
        {
            if (!_isEnded && _shownWidth > 0) _writer.WriteAsIs($"\r{new string(' ', _shownWidth)}\r");
            _writer.WriteLine(text);
            if (!_isEnded && _shownWidth > 0) WriteOver(_state.Text(_shown.Done, _rate.PerSecond));
        }
    }

    /// <summary>Ends the line, complete or not.</summary>
    public void Dispose()
    {
        lock (_lock)
        {
            _timer?.Dispose();
            if (!_isEnded && _timer is not null && _writer.Layout.IsLive) _writer.WriteAsIs(Environment.NewLine);
            _isEnded = true;
        }
    }

    // Pieces come in bursts, batch by batch. So the rate is measured from burst to burst, not in the pauses between them.
    private void Draw()
    {
        lock (_lock)
        {
            if (_isEnded) return;
            long done = Interlocked.Read(ref _done), now = _time.GetTimestamp();
            if (done > _measured.Done)
            {
                _rate.Add(done - _measured.Done, _time.GetElapsedTime(_measured.Time, now));
                _measured = (done, now);
            }

            if (done == _shown.Done) return;
            var pause = _time.GetElapsedTime(_shown.Time, now);
            bool isTenth = done - _shown.Done >= (double?)_state.Total / LinesWithoutTerminal && pause >= LeastPause;
            string text = _state.Text(done, _rate.PerSecond);
            if (_writer.Layout.IsLive) WriteOver(text);
            else if (!(done >= _state.Total) && (isTenth || pause >= MostPause)) _writer.WriteLine($"{_state.Task}: {text}");
            else return;
            _shown = (done, now);
        }
    }

    // Blanks cover what was there before. The last column stays free: terminals wrap behind it.
    private void WriteOver(string text, string end = "")
    {
        const string colon = ": ";
        int room = _writer.Layout.Width - 1 - TextWidth.Of(text) - colon.Length;
        string line = room > 0 ? $"{TextWidth.Cut(_state.Task, room)}{colon}{text}" : TextWidth.Cut(text, _writer.Layout.Width - 1);
        int width = TextWidth.Of(line);
        _writer.WriteAsIs($"\r{line}{new string(' ', Math.Max(_shownWidth - width, 0))}{end}");
        _shownWidth = width;
    }
}
