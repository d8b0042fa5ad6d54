using Microsoft.ML;

namespace Tips.MLNet.Pipelines.Batching;

/// <summary>The columns that a batched transform adds, and how they are computed. Immutable, thread-safe, shared by all its cursors.</summary>
internal interface IBatchMapping
{
    /// <summary>Rows computed together by a cursor. A row mapper (PredictionEngine) always computes one.</summary>
    int BatchSize { get; }

    /// <summary>The columns added to an input of this schema.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The input lacks a column, or it has another type.</exception>
    IReadOnlyList<DataViewSchema.DetachedColumn> GetOutputs(DataViewSchema input);

    /// <summary>Indices of the input columns needed when any added column is.</summary>
    IReadOnlyList<int> GetDependencies(DataViewSchema input);

    /// <summary>Room for the inputs and outputs of <paramref name="capacity"/> rows, read from <paramref name="row"/> as it moves.</summary>
    IBatch CreateBatch(DataViewRow row, int capacity);
}

/// <summary>The rows that are computed together. No two members are called at the same time on one instance.</summary>
internal interface IBatch
{
    /// <summary>
    /// Copies what is needed of the current row into <paramref name="slot"/>. Must keep no reference to a value that can be disposed
    /// (<see cref="Microsoft.ML.Data.MLImage"/>): its producer may do so at the next row.
    /// </summary>
    void Read(int slot);

    /// <summary>Computes the outputs of slots 0 to <paramref name="count"/> − 1.</summary>
    void Run(int count);

    /// <summary>Copies one output of a slot into <paramref name="value"/>, which the caller owns.</summary>
    void Get<TValue>(int output, int slot, ref TValue value);
}
