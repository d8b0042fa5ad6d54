using Microsoft.ML;

namespace Tips.MLNet.Pipelines.Batching;

/// <summary>A view that adds the columns of an <see cref="IBatchMapping"/> to its input. Lazy: nothing is read before a cursor moves.</summary>
internal sealed class MappedDataView(IDataView input, IBatchMapping mapping) : IDataView
{
    private const int MostBatchedCursors = 4;

    private readonly VectorCache? _cache = mapping.CreateCache();

    public DataViewSchema Schema { get; } = CreateSchema(input.Schema, mapping);

    public bool CanShuffle => input.CanShuffle;

    public long? GetRowCount() => input.GetRowCount();

    /// <summary>Input columns keep their indices; the added ones follow.</summary>
    public static DataViewSchema CreateSchema(DataViewSchema input, IBatchMapping mapping)
    {
        var builder = new DataViewSchema.Builder();
        builder.AddColumns(input);
        builder.AddColumns(mapping.GetOutputs(input));
        return builder.ToSchema();
    }

    public DataViewRowCursor GetRowCursor(IEnumerable<DataViewSchema.Column> columnsNeeded, Random? rand = null)
    {
        var selection = new ColumnSelection(input.Schema, Schema, mapping, columnsNeeded);
        return CreateCursor(input.GetRowCursor(selection.InputColumns, CanShuffle ? rand : null), selection);
    }

    // Each cursor of the set batches its own share of the rows and passes on their batch numbers, by which ML.NET restores the order.
    // A few are enough to decode in parallel: each holds two blocks, and what computes them uses all cores by itself.
    public DataViewRowCursor[] GetRowCursorSet(IEnumerable<DataViewSchema.Column> columnsNeeded, int n, Random? rand = null)
    {
        var selection = new ColumnSelection(input.Schema, Schema, mapping, columnsNeeded);
        int count = IsBatched(selection) ? Math.Min(n, MostBatchedCursors) : n;
        var cursors = input.GetRowCursorSet(selection.InputColumns, count, CanShuffle ? rand : null);
        return Array.ConvertAll(cursors, cursor => CreateCursor(cursor, selection));
    }

    private bool IsBatched(ColumnSelection selection) => selection.AnyOutput && mapping.BatchSize > 0;

    private DataViewRowCursor CreateCursor(DataViewRowCursor cursor, ColumnSelection selection)
    {
        try
        {
            return IsBatched(selection)
                ? new BatchedCursor(cursor, Schema, selection, mapping, _cache)
                : new RowCursor(cursor, Schema, selection, mapping);
        }
        catch
        {
            cursor.Dispose();
            throw;
        }
    }
}
