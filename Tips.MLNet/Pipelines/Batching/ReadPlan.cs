namespace Tips.MLNet.Pipelines.Batching;

/// <summary>How many rows a cursor reads ahead, and when.</summary>
/// <param name="BatchSize">Rows that are computed together.</param>
/// <param name="RowsAhead">Rows that are read and prepared together: a batch, or several.</param>
/// <param name="TakesTurns">
/// Whether reading waits while rows are computed, so that they do not compete for the cores, unless it is cheap.
/// </param>
/// <param name="FirstRows">Rows of the first block, which are as many as cost the time of one.</param>
internal readonly record struct ReadPlan(int BatchSize, int RowsAhead, bool TakesTurns, int FirstRows = 1);
