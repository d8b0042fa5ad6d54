using Microsoft.ML;
using Microsoft.ML.Data;

namespace Tips.MLNet.Pipelines.Batching;

/// <summary>The cursor when no computed column is wanted: it reads nothing ahead and keeps nothing.</summary>
internal sealed class PassThroughCursor(DataViewRowCursor input, DataViewSchema schema, ColumnSelection selection) : DataViewRowCursor
{
    public override DataViewSchema Schema => schema;

    public override long Position => input.Position;

    public override long Batch => input.Batch;

    public override bool MoveNext() => input.MoveNext();

    public override ValueGetter<DataViewRowId> GetIdGetter() => input.GetIdGetter();

    public override bool IsColumnActive(DataViewSchema.Column column) => selection.IsActive(column.Index);

    public override ValueGetter<TValue> GetGetter<TValue>(DataViewSchema.Column column)
    {
        selection.Check<TValue>(column);
        return input.GetGetter<TValue>(input.Schema[column.Index]);
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing) input.Dispose();
        base.Dispose(disposing);
    }
}
