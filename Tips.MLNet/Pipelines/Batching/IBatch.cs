namespace Tips.MLNet.Pipelines.Batching;

/// <summary>Rows that are computed together. No two members are called at the same time on one instance.</summary>
internal interface IBatch
{
    /// <summary>
    /// Copies what is needed of the current row into <paramref name="slot"/>. Must keep no reference to a value that can be disposed
    /// (<see cref="Microsoft.ML.Data.MLImage"/>): its producer may dispose it at the next row.
    /// </summary>
    void Read(int slot);

    /// <summary>Computes the outputs of slots 0 to <paramref name="count"/> − 1.</summary>
    void Run(int count);

    /// <summary>Copies one output of a slot into <paramref name="value"/>, which the caller owns.</summary>
    void Get<TValue>(int output, int slot, ref TValue value);
}
