using System.Diagnostics;

namespace Tips.MLNet.Pipelines.Batching;

/// <summary>
/// Whether preparing rows is cheap beside computing them, by the times of the last block. If so, it may go on at the same time: its threads
/// compete with the others, but not for long. Otherwise it waits for its turn.
/// </summary>
internal sealed class Pace
{
    private const double CheapShare = 0.2;

    private double _preparing = double.PositiveInfinity, _computing; // seconds a row

    /// <summary>Whether rows are prepared in a small part of the time that computing them takes. False until both were measured.</summary>
    public bool IsPreparingCheap => Volatile.Read(ref _preparing) < CheapShare * _computing;

    /// <summary>Notes how long it took to prepare rows; called by the thread that does.</summary>
    public void Prepared(int rows, long start)
    {
        if (rows > 0) Volatile.Write(ref _preparing, Stopwatch.GetElapsedTime(start).TotalSeconds / rows);
    }

    /// <summary>
    /// Notes how long it took to compute rows. Those of a new block do not count: caches are cold, or a session is opened.
    /// </summary>
    public void Computed(int rows, long start, bool isFirst)
    {
        if (!isFirst) _computing = Stopwatch.GetElapsedTime(start).TotalSeconds / rows;
    }
}
