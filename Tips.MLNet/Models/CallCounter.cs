namespace Tips.MLNet.Models;

/// <summary>
/// Counts the calls in progress on something that is freed once it has been disposed and the last of them has ended. Thread-safe.
/// </summary>
/// <param name="owner">What an <see cref="ObjectDisposedException"/> names.</param>
/// <param name="free">Frees it.</param>
internal sealed class CallCounter(Type owner, Action free) : IDisposable
{
    private const string Disposed =
        "The model was disposed. A model out of a saved pipeline is disposed with the pipeline, and a PredictionEngine disposes the "
        + "pipeline that it was made from. To make several from one, use mlContext.Model.CreatePredictionEngine<TSrc, TDst>(pipeline, "
        + "new PredictionEngineOptions { OwnsTransformer = false }).";

    private readonly Lock _lock = new();
    private int _running;
    private bool _disposed;

    /// <summary>Begins a call, which ends when the result is disposed.</summary>
    /// <param name="prepare">Runs before the call is counted, one at a time; may be null.</param>
    /// <exception cref="ObjectDisposedException">It was disposed.</exception>
    public Call Enter(Action? prepare = null)
    {
        lock (_lock)
        {
            if (_disposed) throw new ObjectDisposedException(owner.FullName, Disposed);
            prepare?.Invoke();
            _running++;
            return new Call(this);
        }
    }

    /// <summary>Frees it once the calls in progress have ended, and refuses further ones.</summary>
    public void Dispose()
    {
        lock (_lock)
        {
            if (_disposed) return;
            _disposed = true;
            if (_running == 0) free();
        }
    }

    private void Exit()
    {
        lock (_lock)
        {
            if (--_running == 0 && _disposed) free();
        }
    }

    /// <summary>A call in progress.</summary>
    public readonly struct Call(CallCounter counter) : IDisposable
    {
        public void Dispose() => counter.Exit();
    }
}
