using System.Diagnostics;
using System.Runtime.CompilerServices;
using System.Runtime.ExceptionServices;
using Microsoft.ML;
using Microsoft.ML.Data;

namespace Tips.MLNet.Pipelines.Batching;

/// <summary>A block of rows in a cursor: what the mapping needs from them, and the values of the columns that are passed through.</summary>
internal sealed class BatchBlock : IDisposable
{
    /// <summary>Pictures and files are copied; a block ends early when its copies reach this.</summary>
    private const long MostCopiedBytes = 64 << 20;

    private readonly DataViewRowCursor _input;
    private readonly ValueGetter<DataViewRowId> _inputId;
    private readonly IBatchMapping _mapping;
    private readonly VectorCache? _cache;
    private readonly Lazy<IBatch> _batch; // has room for many pictures, which rows from the cache do not need
    private readonly Row[] _rows;
    private readonly ColumnBuffer?[] _columns;
    private readonly ExceptionDispatchInfo?[] _failures;
    private readonly Pace _pace;
    private readonly int _batchSize;
    private int _batchCount, _computed; // slots of the batch that were read, and computed
    private ExceptionDispatchInfo? _sourceFailure;

    public BatchBlock(
        DataViewRowCursor input, ColumnSelection selection, IBatchMapping mapping, ReadPlan plan, VectorCache? cache, Pace pace)
    {
        int capacity = plan.RowsAhead;
        (_batchSize, _failures, _pace) = (plan.BatchSize, new ExceptionDispatchInfo?[capacity], pace);
        (_input, _inputId, _mapping, _cache) = (input, input.GetIdGetter(), mapping, cache);
        _rows = new Row[capacity];
        var row = new SharedImageRow(input);
        _batch = new Lazy<IBatch>(() => mapping.CreateBatch(row, capacity), LazyThreadSafetyMode.None);
        _columns = [.. input.Schema.Select(c => selection.IsActive(c.Index) ? ColumnBuffer.Create(row, c, capacity) : null)];
    }

    /// <summary>Rows in the block.</summary>
    public int Count { get; private set; }

    /// <summary>Whether the input ended, or failed, after these rows.</summary>
    public bool IsLast { get; private set; }

    /// <summary>Whether the added columns of every row came from the cache.</summary>
    public bool IsCached { get; private set; }

    /// <summary>Whether nothing is left to compute.</summary>
    public bool IsComputed => _computed == _batchCount;

    public long BatchNumber(int slot) => _rows[slot].BatchNumber;

    public DataViewRowId Id(int slot) => _rows[slot].Id;

    /// <summary>Rethrows the exception that the input threw after the rows of the block, if any.</summary>
    public void ThrowSourceFailure() => _sourceFailure?.Throw();

    /// <summary>Copies a value of a column that is passed through.</summary>
    public void GetInput<TValue>(int column, int slot, ref TValue value) => ((ColumnBuffer<TValue>)_columns[column]!).Get(slot, ref value);

    /// <summary>Copies a value of an added column, or rethrows the exception from reading the row.</summary>
    public void GetOutput<TValue>(int output, int slot, ref TValue value)
    {
        ref readonly var row = ref _rows[slot];
        row.Failure?.Throw();
        if (row.BatchSlot >= 0) _batch.Value.Get(output, row.BatchSlot, ref value);
        else Copy(row.Cached, ref Unsafe.As<TValue, VBuffer<float>>(ref value));
    }

    /// <summary>
    /// Reads rows until there are enough, the input ends, or the reading is canceled. A row that fails does not stop the others.
    /// </summary>
    public void Fill(int rows, CancellationToken cancellationToken)
    {
        (Count, _batchCount, _computed, IsCached) = (0, 0, 0, true);
        long copied = 0;
        try
        {
            while (Count < Math.Min(rows, _rows.Length) && copied < MostCopiedBytes && !cancellationToken.IsCancellationRequested)
            {
                IsLast = !_input.MoveNext();
                if (IsLast) break;
                copied += ReadRow(ref _rows[Count]);
                foreach (var column in _columns) copied += column?.Read(Count) ?? 0;
                Count++;
            }
        }
        catch (Exception e)
        {
            // The rows before the failure are good, and are returned first.
            (IsLast, _sourceFailure) = (true, ExceptionDispatchInfo.Capture(e));
        }

        Prepare(cancellationToken);
    }

    /// <summary>Computes the batch of a row, unless it was computed, was found in the cache, or failed.</summary>
    public void Compute(int slot)
    {
        while (_rows[slot].BatchSlot >= _computed)
        {
            int start = _computed, count = Math.Min(_batchSize, _batchCount - start);
            long begin = Stopwatch.GetTimestamp();
            _batch.Value.Run(start, count);
            _pace.Computed(count, begin, isFirst: start == 0);
            _computed += count;
            _mapping.Computed(count);
            if (_cache is not null) Keep(start, count);
        }
    }

    public void Dispose()
    {
        foreach (var column in _columns) column?.Dispose();
    }

    private void Prepare(CancellationToken cancellationToken)
    {
        if (_batchCount == 0) return;
        long begin = Stopwatch.GetTimestamp();
        _batch.Value.Prepare(_batchCount, _failures, cancellationToken);
        _pace.Prepared(_batchCount, begin);
        foreach (ref var row in _rows.AsSpan(0, Count))
        {
            if (row.BatchSlot >= 0) row.Failure = _failures[row.BatchSlot];
        }
    }

    private void Keep(int start, int count)
    {
        foreach (ref readonly var row in _rows.AsSpan(0, Count))
        {
            if (row.BatchSlot < start || row.BatchSlot >= start + count || row.Failure is not null || !_cache!.Wants(row.Id)) continue;
            VBuffer<float> vector = default;
            _batch.Value.Get(0, row.BatchSlot, ref vector);
            _cache.Add(row.Id, vector.GetValues());
        }
    }

    // Returns the bytes that the batch keeps of it.
    private long ReadRow(ref Row row)
    {
        row = new Row { BatchNumber = _input.Batch, BatchSlot = -1 };
        _inputId(ref row.Id);
        if (_cache is not null && _cache.TryGet(row.Id, out row.Cached)) return 0;
        IsCached = false;
        try
        {
            long kept = _batch.Value.Read(_batchCount);
            row.BatchSlot = _batchCount++;
            return kept;
        }
        catch (Exception e)
        {
            row.Failure = ExceptionDispatchInfo.Capture(e);
            return 0;
        }
    }

    private static void Copy(ReadOnlyMemory<float> cached, ref VBuffer<float> vector)
    {
        var editor = VBufferEditor.Create(ref vector, cached.Length);
        cached.Span.CopyTo(editor.Values);
        vector = editor.Commit();
    }

    /// <summary>
    /// Where the added columns of a row come from: a slot of the batch, the cache, or nowhere because reading the row failed.
    /// </summary>
    private struct Row
    {
        public DataViewRowId Id;
        public long BatchNumber;
        public int BatchSlot;
        public ReadOnlyMemory<float> Cached;
        public ExceptionDispatchInfo? Failure;
    }
}
