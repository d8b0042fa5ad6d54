using System.Runtime.ExceptionServices;
using Microsoft.ML;

namespace Tips.MLNet.Pipelines.Batching;

/// <summary>
/// The columns of one row at a time: those of the input, and the added ones, which are computed together when the first of them is asked
/// for.
/// </summary>
internal sealed class MappedRow(DataViewRow input, ColumnSelection selection, IBatchMapping mapping)
{
    private readonly IBatch? _batch = selection.AnyOutput ? mapping.CreateBatch(input, 1) : null;
    private readonly ExceptionDispatchInfo?[] _failure = new ExceptionDispatchInfo?[1];
    private long _computed = -1;

    public ValueGetter<TValue> GetGetter<TValue>(DataViewSchema.Column column)
    {
        selection.Check<TValue>(column);
        int output = column.Index - input.Schema.Count;
        if (output < 0) return input.GetGetter<TValue>(input.Schema[column.Index]);
        return (ref TValue value) =>
        {
            if (input.Position < 0) throw new InvalidOperationException("The cursor is not on a row.");
            if (_computed != input.Position) Compute();
            _batch!.Get(output, 0, ref value);
        };
    }

    private void Compute()
    {
        _computed = -1;
        _batch!.Read(0);
        _batch.Prepare(1, _failure, CancellationToken.None);
        _failure[0]?.Throw();
        _batch.Run(0, 1);
        mapping.Computed(1);
        _computed = input.Position;
    }
}
