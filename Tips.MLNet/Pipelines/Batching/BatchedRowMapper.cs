using Microsoft.ML;
using Microsoft.ML.Data;

namespace Tips.MLNet.Pipelines.Batching;

/// <summary>The one-row way that PredictionEngine takes.</summary>
internal sealed class BatchedRowMapper(DataViewSchema inputSchema, IBatchMapping mapping) : IRowToRowMapper
{
    public DataViewSchema InputSchema => inputSchema;

    public DataViewSchema OutputSchema { get; } = BatchedDataView.MakeSchema(inputSchema, mapping);

    public IEnumerable<DataViewSchema.Column> GetDependencies(IEnumerable<DataViewSchema.Column> dependingColumns)
        => new ColumnSelection(inputSchema, OutputSchema, mapping, dependingColumns).InputColumns;

    public DataViewRow GetRow(DataViewRow input, IEnumerable<DataViewSchema.Column> activeColumns)
    {
        var selection = new ColumnSelection(inputSchema, OutputSchema, mapping, activeColumns);
        return new Row(input, OutputSchema, selection, selection.AnyOutput ? mapping.CreateBatch(input, 1) : null);
    }

    private sealed class Row(DataViewRow input, DataViewSchema schema, ColumnSelection selection, IBatch? batch) : DataViewRow
    {
        private long _computed = -1; // all outputs of a row are computed together, once a position

        public override DataViewSchema Schema => schema;

        public override long Position => input.Position;

        public override long Batch => input.Batch;

        public override ValueGetter<DataViewRowId> GetIdGetter() => input.GetIdGetter();

        public override bool IsColumnActive(DataViewSchema.Column column) => selection.IsActive(column.Index);

        public override ValueGetter<TValue> GetGetter<TValue>(DataViewSchema.Column column)
        {
            selection.Check<TValue>(column);
            int output = column.Index - input.Schema.Count;
            if (output < 0) return input.GetGetter<TValue>(input.Schema[column.Index]);
            return (ref TValue value) =>
            {
                if (_computed != input.Position)
                {
                    batch!.Read(0);
                    batch.Run(1);
                    _computed = input.Position;
                }

                batch!.Get(output, 0, ref value);
            };
        }

        protected override void Dispose(bool disposing)
        {
            if (disposing) input.Dispose();
            base.Dispose(disposing);
        }
    }
}
