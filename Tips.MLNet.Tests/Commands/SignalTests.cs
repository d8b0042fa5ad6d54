using Tips.MLNet.Tests.Support;

namespace Tips.MLNet.Tests.Commands;

/// <summary>The tool in a process of its own, asked to end while it computes a position grid of a million rows.</summary>
[TestClass]
[OSCondition(ConditionMode.Exclude, OperatingSystems.Windows)]
public sealed class SignalTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    private string Output => _folder["new/model"];

    public void Dispose() => _folder.Dispose();

    // Signals that come at the same time have no order: .NET handles each on a thread of the pool.
    [TestMethod]
    [DataRow(new[] { 130 }, "INT")]
    [DataRow(new[] { 130, 143 }, "INT", "INT", "TERM")]
    [DataRow(new[] { 143 }, "TERM")]
    [DataRow(new[] { 129 }, "HUP")]
    public void An_export_that_is_asked_to_end_cleans_up(int[] expected, params string[] signals)
    {
        using var tool = StartExport();
        if (tool.Ignores(expected[0] - 128))
        {
            Assert.Inconclusive(
                $"These tests were started with SIG{signals[0]} ignored (nohup, or in the background), and the tool inherits that.");
        }

        foreach (string signal in signals) tool.Signal(signal);
        var (code, _, error) = tool.WaitForExit();
        Assert.Contains(code, expected, error);
        Assert.Contains("canceled; nothing was left behind", error);
        Assert.IsEmpty(Directory.GetFileSystemEntries(_folder.Path));
    }

    [TestMethod]
    public void A_killed_export_leaves_nothing_that_loads_and_the_next_one_clears_it()
    {
        using (var tool = StartExport())
        {
            tool.Signal("KILL");
            Assert.AreEqual(137, tool.WaitForExit().Code);
        }

        foreach (string directory in Directory.GetDirectories(_folder.Path, "*", SearchOption.AllDirectories))
            Assert.ThrowsExactly<FileNotFoundException>(() => TipsModel.Load(directory));
        using (var again = Start("56"))
        {
            var (code, _, error) = again.WaitForExit();
            Assert.AreEqual(0, code, error);
        }

        TipsModel.Load(Output).Dispose();
        Assert.HasCount(5, Directory.GetFileSystemEntries(Output));
    }

    [TestMethod]
    [DataRow("2>/dev/full", DisplayName = "full")]
    [DataRow("2>&-", DisplayName = "closed")]
    public void A_model_is_made_though_nobody_can_read_the_progress(string redirection)
    {
        if (!File.Exists("/dev/full") && redirection.Contains("/dev/full", StringComparison.Ordinal))
            Assert.Inconclusive("This system has no /dev/full.");
        string tool = ChildProcess.PathOf("Tips.OnnxExport.dll"), checkpoint = GoldenFiles.PathOf("mini", "vision_mlp.npz");
        using var shell = System.Diagnostics.Process.Start(
            "sh", ["-c", $"exec dotnet '{tool}' export --vision '{checkpoint}' --output '{Output}' {redirection}"]);
        Assert.IsTrue(shell.WaitForExit(TimeSpan.FromMinutes(2)));
        Assert.AreEqual(0, shell.ExitCode);
        TipsModel.Load(Output).Dispose();
    }

    private ChildProcess StartExport()
    {
        var tool = Start("14000");
        while (!Directory.Exists(Output) || Directory.GetFiles(Output, "vision.*", SearchOption.AllDirectories).Length == 0)
        {
            Assert.IsFalse(tool.HasExited, "the export ended by itself");
            Thread.Sleep(1);
        }

        return tool;
    }

    private ChildProcess Start(string imageSize)
    {
        string tool = ChildProcess.PathOf("Tips.OnnxExport.dll"), checkpoint = GoldenFiles.PathOf("mini", "vision_mlp.npz");
        return new ChildProcess(tool, "export", "--vision", checkpoint, "--output", Output, "--image-size", imageSize);
    }
}
