using Microsoft.ML;
using Microsoft.ML.Data;

namespace Tips.MLNet.Pipelines.Batching;

/// <summary>Maps a row that moves elsewhere; <c>PredictionEngine</c> works this way.</summary>
internal sealed class MappedRowMapper(DataViewSchema inputSchema, IBatchMapping mapping) : IRowToRowMapper
{
    public DataViewSchema InputSchema => inputSchema;

    public DataViewSchema OutputSchema { get; } = MappedDataView.CreateSchema(inputSchema, mapping);

    public IEnumerable<DataViewSchema.Column> GetDependencies(IEnumerable<DataViewSchema.Column> dependingColumns)
        => new ColumnSelection(inputSchema, OutputSchema, mapping, dependingColumns).InputColumns;

    public DataViewRow GetRow(DataViewRow input, IEnumerable<DataViewSchema.Column> activeColumns)
    {
        var selection = new ColumnSelection(inputSchema, OutputSchema, mapping, activeColumns);
        return new Row(input, OutputSchema, selection, new MappedRow(input, selection, mapping));
    }

    private sealed class Row(DataViewRow input, DataViewSchema schema, ColumnSelection selection, MappedRow mapped) : DataViewRow
    {
        public override DataViewSchema Schema => schema;

        public override long Position => input.Position;

        public override long Batch => input.Batch;

        public override ValueGetter<DataViewRowId> GetIdGetter() => input.GetIdGetter();

        public override bool IsColumnActive(DataViewSchema.Column column) => selection.IsActive(column.Index);

        public override ValueGetter<TValue> GetGetter<TValue>(DataViewSchema.Column column) => mapped.GetGetter<TValue>(column);

        protected override void Dispose(bool disposing)
        {
            if (disposing) input.Dispose();
            base.Dispose(disposing);
        }
    }
}
