using System.Runtime.InteropServices;

namespace Tips.CommandLine;

/// <summary>
/// Turns the signals that ask a process to end (Ctrl-C, SIGTERM, SIGHUP, SIGQUIT) into a cancellation, so that the work can clean up after itself
/// however long its present step takes. Further ones change nothing.
/// </summary>
internal sealed class TerminationSignals : IDisposable
{
    private readonly CancellationTokenSource _source = new();
    private readonly PosixSignalRegistration[] _registrations;
    private int _exitCode;

    public TerminationSignals()
        => _registrations = [Register(PosixSignal.SIGINT, 2), Register(PosixSignal.SIGTERM, 15), Register(PosixSignal.SIGHUP, 1), Register(PosixSignal.SIGQUIT, 3)];

    public CancellationToken Token => _source.Token;

    /// <summary>By convention 128 and the number of the signal that came first.</summary>
    public int ExitCode => _exitCode;

    public void Dispose()
    {
        foreach (var registration in _registrations) registration.Dispose();
        _source.Dispose();
    }

    private PosixSignalRegistration Register(PosixSignal signal, int number) => PosixSignalRegistration.Create(signal, context =>
    {
        context.Cancel = true; // do not end the process here
        Interlocked.CompareExchange(ref _exitCode, 128 + number, 0);
        _source.Cancel();
    });
}
