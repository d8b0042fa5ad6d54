using System.Diagnostics;
using System.Text;
using Tips.MLNet.Tests.Support;

namespace Tips.MLNet.Tests.Samples;

/// <summary>The samples on a terminal, which the program <c>script</c> provides.</summary>
[TestClass]
[OSCondition(OperatingSystems.Linux)]
public sealed class TerminalTests : IDisposable
{
    private const string Red = "\e[31m";

    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [TestMethod]
    [DataRow("xterm-256color", null, true)]
    [DataRow("xterm-256color", "", true)]
    [DataRow("xterm-256color", "1", false)]
    [DataRow("dumb", null, false)]
    public void Errors_are_red_where_that_is_wanted(string term, string? noColor, bool isColored)
    {
        string shown = Run($"embed --images '{_folder["none"]}'", term, noColor);
        Assert.Contains("There is no file or folder", shown);
        Assert.AreEqual(isColored, shown.Contains($"{Red}error:", StringComparison.Ordinal), shown);
        if (!isColored) Assert.DoesNotContain("\e", shown);
    }

    /// <summary>A wrong option is said by the library of the command line.</summary>
    [TestMethod]
    public void Wrong_usage_has_no_colors_either()
        => Assert.DoesNotContain("\e", Run("embed --outptu x", "xterm-256color", noColor: "1"));

    [TestMethod]
    [DataRow("xterm-256color", true)]
    [DataRow("dumb", false)]
    public void Progress_is_one_line_that_is_written_over(string term, bool isLive)
    {
        string picture = Directory.GetFiles(TestModels.PictureFolder, "*.png", SearchOption.AllDirectories).First();
        string shown = Run($"embed --images '{picture}' --output '{_folder["e.jsonl"]}'", term, noColor: "1")
            .Replace("\r\n", "\n", StringComparison.Ordinal);
        Assert.AreEqual(isLive, shown.Contains("\rEmbedding pictures: 1/1", StringComparison.Ordinal), shown);
        Assert.MatchesRegex(@"Embedding pictures: 1/1 · [\d.]+/s · 100\.0 % in \d", shown);
        Assert.DoesNotContain("\e", shown);
        foreach (string line in shown.Split('\n', '\r')) Assert.IsLessThanOrEqualTo(80, line.Length, line);
    }

    private static string Run(string arguments, string term, string? noColor)
    {
        if (!File.Exists("/usr/bin/script")) Assert.Inconclusive("This system has no program 'script'.");
        string command = $"dotnet '{ChildProcess.PathOf("Tips.MLNet.Samples.dll")}' {arguments}";
        var start = new ProcessStartInfo("/usr/bin/script", ["-qec", command, "/dev/null"])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            StandardOutputEncoding = Encoding.UTF8,
        };
        start.Environment["TERM"] = term;
        start.Environment["NO_COLOR"] = noColor;
        start.Environment["LANG"] = "C.UTF-8";
        start.Environment.Remove("COLUMNS");
        using var process = Process.Start(start)!;
        string shown = process.StandardOutput.ReadToEnd();
        Assert.IsTrue(process.WaitForExit(TimeSpan.FromMinutes(1)), "the process hangs");
        return shown;
    }
}
