using Microsoft.ML;
using Microsoft.ML.Data;

namespace Tips.MLNet.Pipelines.Batching;

/// <summary>
/// Reads a block of rows ahead, computes it batch by batch, and replays the rows. The next block is read (decoded, preprocessed) on a pool
/// thread, never two at a time: while a block is computed and its rows are used, or, where that would compete for the cores for long, as
/// soon as all of it is computed. The first block has one row (or one for each thread), and each is twice as long as the one before, up to
/// a limit, so getting the first row takes the work of a few rows.
/// </summary>
internal sealed class BatchedCursor : DataViewRowCursor
{
    /// <summary>How long disposing waits for a row that is being read. A source with no row ready may block forever.</summary>
    private static readonly TimeSpan LongestWait = TimeSpan.FromSeconds(1);

    private readonly DataViewRowCursor _input;
    private readonly ColumnSelection _selection;
    private readonly ReadPlan _plan;
    private readonly Pace _pace = new();
    private readonly int _inputColumns;
    private readonly CancellationTokenSource _stop = new();
    private BatchBlock _current, _spare;
    private Task? _reading; // fills _spare; while it runs, nothing else touches _input
    private int _slot, _nextBlockRows;
    private long _position = -1;
    private bool _done, _disposed;

    public BatchedCursor(
        DataViewRowCursor input,
        DataViewSchema schema,
        ColumnSelection selection,
        IBatchMapping mapping,
        ReadPlan plan,
        VectorCache? cache)
    {
        _input = input;
        _selection = selection;
        _inputColumns = input.Schema.Count;
        (_plan, _nextBlockRows) = (plan, plan.FirstRows);
        Schema = schema;
        _current = new BatchBlock(input, selection, mapping, plan, cache, _pace);
        _spare = new BatchBlock(input, selection, mapping, plan, cache, _pace);
    }

    public override DataViewSchema Schema { get; }

    public override long Position => _position;

    public override long Batch => _position < 0 ? 0 : _current.BatchNumber(_slot);

    public override bool IsColumnActive(DataViewSchema.Column column) => _selection.IsActive(column.Index);

    public override bool MoveNext()
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        if (_done) return false;
        try
        {
            if (_position >= 0 && _slot + 1 < _current.Count) _slot++;
            else if (NextBlock()) _slot = 0;
            else return End();
            if (!_plan.TakesTurns || _pace.IsPreparingCheap) ReadAhead();
            _current.Compute(_slot);
            if (_current.IsComputed) ReadAhead();
        }
        catch
        {
            End();
            throw;
        }

        _position++;
        return true;
    }

    public override ValueGetter<DataViewRowId> GetIdGetter() => (ref DataViewRowId id) =>
    {
        CheckOnRow();
        id = _current.Id(_slot);
    };

    public override ValueGetter<TValue> GetGetter<TValue>(DataViewSchema.Column column)
    {
        _selection.Check<TValue>(column);
        int index = column.Index, output = index - _inputColumns;
        if (output < 0)
        {
            return (ref TValue value) =>
            {
                CheckOnRow();
                _current.GetInput(index, _slot, ref value);
            };
        }

        return (ref TValue value) =>
        {
            CheckOnRow();
            _current.GetOutput(output, _slot, ref value);
        };
    }

    protected override void Dispose(bool disposing)
    {
        if (_disposed) return;
        _disposed = true;
        if (disposing)
        {
            _stop.Cancel();
            _position = -1;
            if (HasStopped()) Release();
            else _reading!.ContinueWith(_ => Release(), TaskScheduler.Default);
        }

        base.Dispose(disposing);
    }

    private bool HasStopped()
    {
        try
        {
            return _reading?.Wait(LongestWait) ?? true;
        }
        catch (AggregateException)
        {
            return true; // nobody asked for the rows that failed
        }
    }

    private void Release()
    {
        _ = _reading?.Exception; // mark it as observed
        _current.Dispose();
        _spare.Dispose();
        _input.Dispose();
        _stop.Dispose();
    }

    private bool NextBlock()
    {
        if (_reading is null)
        {
            if (_current.IsLast)
            {
                _current.ThrowSourceFailure();
                return false;
            }

            _spare.Fill(TakeBlockLength(), _stop.Token);
        }
        else
        {
            var reading = _reading;
            _reading = null;
            reading.GetAwaiter().GetResult(); // rethrows the reader's exception
        }

        (_current, _spare) = (_spare, _current);
        if (_current.Count == 0)
        {
            _current.ThrowSourceFailure();
            return false;
        }

        return true;
    }

    private void ReadAhead()
    {
        // Rows from the cache cost less than handing them from thread to thread.
        if (_reading is not null || _current.IsLast || _current.IsCached) return;
        var spare = _spare;
        int rows = TakeBlockLength();
        _reading = Task.Run(() => spare.Fill(rows, _stop.Token));
    }

    private int TakeBlockLength()
    {
        int rows = _nextBlockRows;
        _nextBlockRows = Math.Min(2 * rows, _plan.RowsAhead);
        return rows;
    }

    private bool End()
    {
        _done = true;
        _position = -1;
        return false;
    }

    private void CheckOnRow()
    {
        if (_position < 0) throw new InvalidOperationException("The cursor is not on a row.");
    }
}
