using Microsoft.ML;
using Tips.MLNet.Pipelines.Interop;

namespace Tips.MLNet.Pipelines.Batching;

/// <summary>
/// A view that adds the columns of an <see cref="IBatchMapping"/> to its input. Lazy: nothing is read before a cursor moves.
/// </summary>
/// <param name="input">The input.</param>
/// <param name="mapping">The columns that are added.</param>
/// <param name="transformer">Name of the transformer that makes the view, for messages.</param>
internal sealed class MappedDataView(IDataView input, IBatchMapping mapping, string transformer = "transformer")
    : TransformedView(input, transformer)
{
    private readonly VectorCache? _cache = mapping.CreateCache();
    private readonly ReadPlan _plan = mapping.PlanFor(input.Schema);

    public override DataViewSchema Schema { get; } = CreateSchema(input.Schema, mapping);

    /// <summary>Input columns keep their indices; the added ones follow.</summary>
    public static DataViewSchema CreateSchema(DataViewSchema input, IBatchMapping mapping)
    {
        var builder = new DataViewSchema.Builder();
        builder.AddColumns(input);
        builder.AddColumns(mapping.GetOutputs(input));
        return builder.ToSchema();
    }

    public override DataViewRowCursor GetRowCursor(IEnumerable<DataViewSchema.Column> columnsNeeded, Random? rand = null)
    {
        var selection = new ColumnSelection(Source.Schema, Schema, mapping, columnsNeeded);
        return CreateCursor(Source.GetRowCursor(selection.InputColumns, CanShuffle ? rand : null), selection);
    }

    // Computing a batch already uses all cores, so one cursor is enough. If there were several, ML.NET would drain each on its own thread,
    // far ahead of the consumer that wants the first row.
    public override DataViewRowCursor[] GetRowCursorSet(IEnumerable<DataViewSchema.Column> columnsNeeded, int n, Random? rand = null)
    {
        var selection = new ColumnSelection(Source.Schema, Schema, mapping, columnsNeeded);
        if (IsBatched(selection)) return [CreateCursor(Source.GetRowCursor(selection.InputColumns, CanShuffle ? rand : null), selection)];
        var cursors = Source.GetRowCursorSet(selection.InputColumns, n, CanShuffle ? rand : null);
        return Array.ConvertAll(cursors, cursor => CreateCursor(cursor, selection));
    }

    private bool IsBatched(ColumnSelection selection) => selection.AnyOutput && _plan.BatchSize > 0;

    private DataViewRowCursor CreateCursor(DataViewRowCursor cursor, ColumnSelection selection)
    {
        try
        {
            return IsBatched(selection)
                ? new BatchedCursor(cursor, Schema, selection, mapping, _plan, _cache)
                : new RowCursor(cursor, Schema, selection, mapping);
        }
        catch
        {
            cursor.Dispose();
            throw;
        }
    }
}
