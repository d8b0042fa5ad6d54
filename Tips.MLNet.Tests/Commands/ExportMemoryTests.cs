using System.Diagnostics;
using System.Globalization;
using Tips.MLNet.Tests.Formula;
using Tips.MLNet.Tests.Support;

namespace Tips.MLNet.Tests.Commands;

[TestClass]
public class ExportMemoryTests
{
    private const long Allowed = 1_500_000_000;

    public TestContext TestContext { get; set; } = null!;

    /// <summary>The largest checkpoint, 4.5 GB, through the tool in a process of its own.</summary>
    [TestMethod]
    [TestCategory("Slow")]
    public void Exporting_the_largest_tower_takes_little_memory()
    {
        using var folder = new TemporaryFolder();
        FormulaCheckpoint.WriteVision(folder["g14.npz"], TowerSize.Giant, grid: 32, seed: 1);
        var start = new ProcessStartInfo("dotnet", [Path.Combine(AppContext.BaseDirectory, "Tips.OnnxExport.dll"), "export", "--vision", folder["g14.npz"], "--output", folder["g14"]]) { RedirectStandardError = true };
        var clock = Stopwatch.StartNew();
        using var process = Process.Start(start)!;
        var error = process.StandardError.ReadToEndAsync();
        long peak = 0;
        while (!process.WaitForExit(50))
        {
            process.Refresh();
            peak = Math.Max(peak, process.PeakWorkingSet64);
        }

        Assert.AreEqual(0, process.ExitCode, error.Result);
        TestContext.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{new FileInfo(folder["g14.npz"]).Length / 1e9:F2} GB exported in {clock.Elapsed.TotalSeconds:F0} s with at most {peak / 1e6:F0} MB of memory"));
        Assert.IsLessThan(Allowed, peak);
        Assert.IsGreaterThan(50_000_000L, peak, "the measurement itself works");
    }
}
