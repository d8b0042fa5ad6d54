using Microsoft.ML;
using Microsoft.ML.Data;

namespace Tips.MLNet.Pipelines.Batching;

/// <summary>One batch of rows inside a cursor: what the mapping needs of them and the values of the columns that are passed through.</summary>
internal sealed class BatchBlock : IDisposable
{
    /// <summary>Pictures that are passed through are copied; a block ends early when its copies reach this.</summary>
    private const long MostKeptBytes = 64 << 20;

    private readonly DataViewRowCursor _input;
    private readonly ValueGetter<DataViewRowId> _inputId;
    private readonly long[] _batchNumbers;
    private readonly DataViewRowId[] _ids;
    private readonly ColumnBuffer?[] _columns;

    public BatchBlock(DataViewRowCursor input, ColumnSelection selection, IBatchMapping mapping)
    {
        int capacity = mapping.BatchSize;
        _input = input;
        _inputId = input.GetIdGetter();
        _batchNumbers = new long[capacity];
        _ids = new DataViewRowId[capacity];
        var row = new SharedImageRow(input);
        Batch = mapping.CreateBatch(row, capacity);
        _columns = [.. input.Schema.Select(c => selection.IsActive(c.Index) ? ColumnBuffer.Create(row, c, capacity) : null)];
    }

    public IBatch Batch { get; }

    /// <summary>Rows in the block.</summary>
    public int Count { get; private set; }

    /// <summary>Whether the input ended in this block.</summary>
    public bool IsLast { get; private set; }

    public long BatchNumber(int slot) => _batchNumbers[slot];

    public DataViewRowId Id(int slot) => _ids[slot];

    public void Get<TValue>(int column, int slot, ref TValue value) => ((ColumnBuffer<TValue>)_columns[column]!).Get(slot, ref value);

    /// <summary>Reads rows until the block is full, the input ends, or the reading is cancelled.</summary>
    public void Fill(CancellationToken cancellationToken)
    {
        Count = 0;
        int slot = 0;
        long kept = 0;
        for (; slot < _batchNumbers.Length && kept < MostKeptBytes && !cancellationToken.IsCancellationRequested; slot++)
        {
            IsLast = !_input.MoveNext();
            if (IsLast) break;
            Batch.Read(slot);
            foreach (var column in _columns) kept += column?.Read(slot) ?? 0;
            _batchNumbers[slot] = _input.Batch;
            _inputId(ref _ids[slot]);
        }

        Count = slot;
    }

    public void Dispose()
    {
        foreach (var column in _columns) column?.Dispose();
    }
}
