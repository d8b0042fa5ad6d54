using Microsoft.ML;
using Microsoft.ML.Data;

namespace Tips.MLNet.Tests.Transforms;

/// <summary>A view that reports each time a value of one column is computed, at most once per row and cursor.</summary>
internal sealed class CountingView(IDataView input, string column, Action count) : IDataView
{
    public bool CanShuffle => input.CanShuffle;

    public DataViewSchema Schema => input.Schema;

    public long? GetRowCount() => input.GetRowCount();

    public DataViewRowCursor GetRowCursor(IEnumerable<DataViewSchema.Column> columnsNeeded, Random? rand = null)
        => new Cursor(input.GetRowCursor(columnsNeeded, rand), column, count);

    public DataViewRowCursor[] GetRowCursorSet(IEnumerable<DataViewSchema.Column> columnsNeeded, int n, Random? rand = null)
        => Array.ConvertAll(input.GetRowCursorSet(columnsNeeded, n, rand), cursor => new Cursor(cursor, column, count));

    private sealed class Cursor(DataViewRowCursor input, string column, Action count) : DataViewRowCursor
    {
        private long _counted = -1;

        public override DataViewSchema Schema => input.Schema;

        public override long Position => input.Position;

        public override long Batch => input.Batch;

        public override bool MoveNext() => input.MoveNext();

        public override ValueGetter<DataViewRowId> GetIdGetter() => input.GetIdGetter();

        public override bool IsColumnActive(DataViewSchema.Column tested) => input.IsColumnActive(tested);

        public override ValueGetter<TValue> GetGetter<TValue>(DataViewSchema.Column wanted)
        {
            var getter = input.GetGetter<TValue>(wanted);
            if (wanted.Name != column) return getter;
            return (ref TValue value) =>
            {
                if (_counted != input.Position) count();
                _counted = input.Position;
                getter(ref value);
            };
        }

        protected override void Dispose(bool disposing)
        {
            if (disposing) input.Dispose();
            base.Dispose(disposing);
        }
    }
}
