using Microsoft.ML;

namespace Tips.MLNet.Pipelines.Batching;

/// <summary>A view that adds the columns of an <see cref="IBatchMapping"/> to its input. Lazy: nothing is read before a cursor moves.</summary>
internal sealed class BatchedDataView(IDataView input, IBatchMapping mapping) : IDataView
{
    private const int MostCursors = 4;

    public DataViewSchema Schema { get; } = MakeSchema(input.Schema, mapping);

    public bool CanShuffle => input.CanShuffle;

    public long? GetRowCount() => input.GetRowCount();

    /// <summary>Input columns keep their indices; the added ones follow.</summary>
    public static DataViewSchema MakeSchema(DataViewSchema input, IBatchMapping mapping)
    {
        var builder = new DataViewSchema.Builder();
        builder.AddColumns(input);
        builder.AddColumns(mapping.GetOutputs(input));
        return builder.ToSchema();
    }

    public DataViewRowCursor GetRowCursor(IEnumerable<DataViewSchema.Column> columnsNeeded, Random? rand = null)
    {
        var selection = new ColumnSelection(input.Schema, Schema, mapping, columnsNeeded);
        return Wrap(input.GetRowCursor(selection.InputColumns, CanShuffle ? rand : null), selection);
    }

    // Each cursor of the set batches its own share of the rows and passes on their batch numbers, by which ML.NET restores the order.
    // A few are enough to decode in parallel; each holds two blocks, and what computes them uses all cores by itself.
    public DataViewRowCursor[] GetRowCursorSet(IEnumerable<DataViewSchema.Column> columnsNeeded, int n, Random? rand = null)
    {
        var selection = new ColumnSelection(input.Schema, Schema, mapping, columnsNeeded);
        var cursors = input.GetRowCursorSet(selection.InputColumns, selection.AnyOutput ? Math.Min(n, MostCursors) : n, CanShuffle ? rand : null);
        return Array.ConvertAll(cursors, cursor => Wrap(cursor, selection));
    }

    private DataViewRowCursor Wrap(DataViewRowCursor cursor, ColumnSelection selection)
    {
        try
        {
            return selection.AnyOutput ? new BatchedCursor(cursor, Schema, selection, mapping) : new PassThroughCursor(cursor, Schema, selection);
        }
        catch
        {
            cursor.Dispose();
            throw;
        }
    }
}
