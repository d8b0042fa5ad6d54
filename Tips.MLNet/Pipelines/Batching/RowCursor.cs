using Microsoft.ML;
using Microsoft.ML.Data;

namespace Tips.MLNet.Pipelines.Batching;

/// <summary>A cursor that computes each row as it comes, or passes it through: it reads nothing ahead and keeps nothing.</summary>
internal sealed class RowCursor : DataViewRowCursor
{
    private readonly DataViewRowCursor _input;
    private readonly ColumnSelection _selection;
    private readonly MappedRow _row;

    public RowCursor(DataViewRowCursor input, DataViewSchema schema, ColumnSelection selection, IBatchMapping mapping)
    {
        (_input, _selection, Schema) = (input, selection, schema);
        _row = new MappedRow(input, selection, mapping);
    }

    public override DataViewSchema Schema { get; }

    public override long Position => _input.Position;

    public override long Batch => _input.Batch;

    public override bool MoveNext() => _input.MoveNext();

    public override ValueGetter<DataViewRowId> GetIdGetter() => _input.GetIdGetter();

    public override bool IsColumnActive(DataViewSchema.Column column) => _selection.IsActive(column.Index);

    public override ValueGetter<TValue> GetGetter<TValue>(DataViewSchema.Column column) => _row.GetGetter<TValue>(column);

    protected override void Dispose(bool disposing)
    {
        if (disposing) _input.Dispose();
        base.Dispose(disposing);
    }
}
