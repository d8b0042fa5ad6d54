using System.Diagnostics;
using System.Text;

namespace Tips.MLNet.Tests.Support;

/// <summary>A program next to the tests, run in its own process and killed at the end if it is still running.</summary>
internal sealed class ChildProcess : IDisposable
{
    private static readonly TimeSpan ExitTimeout = TimeSpan.FromMinutes(2);

    private readonly Process _process;
    private readonly Task<string> _output, _error;

    /// <param name="assembly">Path of the program's assembly.</param>
    /// <param name="arguments">Its arguments.</param>
    public ChildProcess(string assembly, params string[] arguments)
        : this(assembly, arguments, _ => { })
    {
    }

    /// <param name="assembly">Path of the program's assembly.</param>
    /// <param name="arguments">Its arguments.</param>
    /// <param name="change">Changes its environment variables.</param>
    public ChildProcess(string assembly, string[] arguments, Action<IDictionary<string, string?>> change)
    {
        var start = new ProcessStartInfo("dotnet", [assembly, .. arguments])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            StandardOutputEncoding = Encoding.UTF8,
        };
        change(start.Environment);
        _process = Process.Start(start)!;
        _output = _process.StandardOutput.ReadToEndAsync();
        _error = _process.StandardError.ReadToEndAsync();
    }

    public bool HasExited => _process.HasExited;

    public static string PathOf(string assembly) => Path.Combine(AppContext.BaseDirectory, assembly);

    /// <summary>
    /// Whether the process was started with a signal ignored, as <c>nohup</c> and background jobs of a shell do, and so never receives it.
    /// </summary>
    /// <param name="number">The signal's number.</param>
    public bool Ignores(int number)
    {
        string status = $"/proc/{_process.Id}/status"; // Linux
        if (!File.Exists(status)) return false;
        string mask = File.ReadLines(status).First(l => l.StartsWith("SigIgn:", StringComparison.Ordinal))[7..].Trim();
        return (Convert.ToUInt64(mask, 16) & (1UL << (number - 1))) != 0;
    }

    /// <summary>Sends a signal by name, as the shell's <c>kill</c> does.</summary>
    public void Signal(string name)
    {
        using var kill = Process.Start("kill", ["-" + name, _process.Id.ToString(System.Globalization.CultureInfo.InvariantCulture)]);
        kill.WaitForExit();
    }

    public (int Code, string Output, string Error) WaitForExit()
    {
        Assert.IsTrue(_process.WaitForExit(ExitTimeout), "the process hangs");
        return (_process.ExitCode, _output.Result, _error.Result);
    }

    public void Dispose()
    {
        if (!_process.HasExited) _process.Kill(entireProcessTree: true);
        _process.Dispose();
    }
}
