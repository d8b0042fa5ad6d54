using System.Diagnostics;

namespace Tips.MLNet.Tests.Support;

/// <summary>A program next to the tests in a process of its own, whose time and largest memory are measured.</summary>
internal static class MeasuredProcess
{
    /// <summary>Runs it to its end, which must be success.</summary>
    /// <param name="assembly">The program's file.</param>
    /// <param name="arguments">Its arguments.</param>
    /// <returns>Seconds, and the peak of its working set in bytes.</returns>
    public static (double Seconds, long Peak) Run(string assembly, params string[] arguments)
    {
        var start = new ProcessStartInfo("dotnet", [ChildProcess.PathOf(assembly), .. arguments])
        {
            RedirectStandardError = true,
            RedirectStandardOutput = true,
        };
        var clock = Stopwatch.StartNew();
        using var process = Process.Start(start)!;
        var (error, output) = (process.StandardError.ReadToEndAsync(), process.StandardOutput.ReadToEndAsync());
        long peak = 0;
        while (!process.WaitForExit(20)) peak = Math.Max(peak, PeakOf(process));
        Assert.AreEqual(0, process.ExitCode, error.Result + output.Result);
        Assert.IsGreaterThan(30_000_000L, peak, "the measurement itself works");
        return (clock.Elapsed.TotalSeconds, peak);
    }

    private static long PeakOf(Process process)
    {
        try
        {
            process.Refresh();
            return process.PeakWorkingSet64;
        }
        catch (InvalidOperationException)
        {
            return 0; // it has just ended
        }
    }
}
