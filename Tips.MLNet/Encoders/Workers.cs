using System.Runtime.ExceptionServices;

namespace Tips.MLNet.Encoders;

/// <summary>Does many pieces of work on a bounded number of threads, this one among them.</summary>
internal static class Workers
{
    /// <param name="count">Pieces of work.</param>
    /// <param name="threads">Most threads.</param>
    /// <param name="work">Does one piece, given its number; pieces begin in their order. It must not throw.</param>
    /// <param name="cancellationToken">Stops before the next piece; then some are not done.</param>
    public static void Run(int count, int threads, Action<int> work, CancellationToken cancellationToken)
    {
        int next = -1;
        var others = new Task[Math.Max(0, Math.Min(threads, count) - 1)];
        for (int i = 0; i < others.Length; i++) others[i] = Task.Run(Work, CancellationToken.None);
        Work();
        Task.WaitAll(others, CancellationToken.None); // one that has not begun is run here

        void Work()
        {
            while (!cancellationToken.IsCancellationRequested)
            {
                int piece = Interlocked.Increment(ref next);
                if (piece >= count) return;
                work(piece);
            }
        }
    }

    /// <param name="count">Pieces of work.</param>
    /// <param name="threads">Most threads.</param>
    /// <param name="work">Does one piece, given its number.</param>
    /// <param name="failures">Receives what a piece throws, and null for the others.</param>
    /// <param name="cancellationToken">Stops before the next piece; then some are not done.</param>
    public static void Run(
        int count, int threads, Action<int> work, ExceptionDispatchInfo?[] failures, CancellationToken cancellationToken)
        => Run(count, threads, piece =>
        {
            try
            {
                failures[piece] = null;
                work(piece);
            }
            catch (Exception e)
            {
                failures[piece] = ExceptionDispatchInfo.Capture(e);
            }
        }, cancellationToken);
}
