using Microsoft.ML;

namespace Tips.MLNet.Pipelines.Batching;

/// <summary>The columns that a transform adds, and how they are computed. Immutable, thread-safe, shared by all its cursors.</summary>
internal interface IBatchMapping
{
    /// <summary>
    /// Rows that a cursor reads ahead and computes together; 0 if it computes each row as it comes, without reading ahead. A row mapper
    /// (PredictionEngine) always computes one.
    /// </summary>
    int BatchSize { get; }

    /// <summary>
    /// How many rows of an input of this schema are read ahead. By default, the next batch is read while one is computed.
    /// </summary>
    ReadPlan PlanFor(DataViewSchema input) => new(BatchSize, BatchSize, TakesTurns: false);

    /// <summary>The columns added to an input of this schema.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The input lacks a column, or one has the wrong type.</exception>
    IReadOnlyList<DataViewSchema.DetachedColumn> GetOutputs(DataViewSchema input);

    /// <summary>Indices of the input columns needed for any added column.</summary>
    IReadOnlyList<int> GetDependencies(DataViewSchema input);

    /// <summary>
    /// Makes room for the inputs and outputs of <paramref name="capacity"/> rows, read from <paramref name="row"/> as it moves.
    /// </summary>
    IBatch CreateBatch(DataViewRow row, int capacity);

    /// <summary>Called once for each view that the transform makes.</summary>
    /// <returns>Where the view keeps what it has computed, or null if it keeps nothing.</returns>
    VectorCache? CreateCache() => null;

    /// <summary>Called after rows were computed, for statistics.</summary>
    /// <param name="count">Number of rows.</param>
    void Computed(int count)
    {
    }
}
