using System.Runtime.ExceptionServices;

namespace Tips.MLNet.Pipelines.Batching;

/// <summary>Rows that are computed together. No two members are called at the same time on one instance.</summary>
internal interface IBatch
{
    /// <summary>
    /// Copies what is needed of the current row into <paramref name="slot"/>. Must keep no reference to a value that can be disposed
    /// (<see cref="Microsoft.ML.Data.MLImage"/>): its producer may dispose it at the next row.
    /// </summary>
    /// <returns>Bytes of memory kept for the row, beyond what every row has.</returns>
    long Read(int slot);

    /// <summary>Does what reading the rows left for later, on several threads.</summary>
    /// <param name="count">Slots from 0 that were read.</param>
    /// <param name="failures">Receives why a slot cannot be computed.</param>
    /// <param name="cancellationToken">Stops it; nothing is computed then.</param>
    void Prepare(int count, ExceptionDispatchInfo?[] failures, CancellationToken cancellationToken)
    {
    }

    /// <summary>Computes the outputs of <paramref name="count"/> slots from <paramref name="start"/> on.</summary>
    void Run(int start, int count);

    /// <summary>Copies one output of a slot of the last run into <paramref name="value"/>, which the caller owns.</summary>
    void Get<TValue>(int output, int slot, ref TValue value);
}
