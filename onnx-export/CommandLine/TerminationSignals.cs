using System.Diagnostics;
using System.Runtime.InteropServices;

namespace Tips.CommandLine;

/// <summary>
/// Turns the signals that ask a process to end (Ctrl-C, SIGTERM, SIGHUP, SIGQUIT) into a cancellation, so that the current step can finish
/// and clean up. A second signal after a few seconds ends the process at once. (Windows ends a process soon after its console is closed.)
/// </summary>
internal sealed class TerminationSignals : IDisposable
{
    private static readonly TimeSpan GracePeriod = TimeSpan.FromSeconds(5);

    private readonly CancellationTokenSource _source = new(); // not disposed, because a signal may arrive at any time
    private readonly Stopwatch _sinceFirst = new();
    private readonly PosixSignalRegistration[] _registrations;
    private int _exitCode;

    public TerminationSignals()
        => _registrations =
        [
            Register(PosixSignal.SIGINT, 2),
            Register(PosixSignal.SIGTERM, 15),
            Register(PosixSignal.SIGHUP, 1),
            Register(PosixSignal.SIGQUIT, 3),
        ];

    public CancellationToken Token => _source.Token;

    /// <summary>By convention, 128 plus the number of the signal that was handled first; null if there was none.</summary>
    public int? ExitCode => _exitCode == 0 ? null : _exitCode;

    public void Dispose()
    {
        foreach (var registration in _registrations) registration.Dispose();
    }

    private PosixSignalRegistration Register(PosixSignal signal, int number) => PosixSignalRegistration.Create(signal, context =>
    {
        context.Cancel = _sinceFirst.Elapsed < GracePeriod; // true keeps the process running
        if (Interlocked.CompareExchange(ref _exitCode, 128 + number, 0) == 0) _sinceFirst.Start();
        _source.Cancel();
    });
}
