using System.Diagnostics;
using System.Text;
using System.Text.Json;
using Tips.MLNet.Tests.Support;

namespace Tips.MLNet.Tests.Samples;

/// <summary>The samples in their own process, with other programs around them.</summary>
[TestClass]
[OSCondition(ConditionMode.Exclude, OperatingSystems.Windows)]
public sealed class StandardStreamsTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [TestMethod]
    [DataRow("C")]
    [DataRow("en_US.ISO-8859-1")]
    public void Output_is_UTF_8_in_any_locale(string locale)
    {
        string picture = _folder["Füße 点.png"];
        File.Copy(Directory.GetFiles(TestModels.PictureFolder, "*.png", SearchOption.AllDirectories).First(), picture);
        string redirected = $"{Embed} --images '{picture}' > '{_folder["out"]}' 2> '{_folder["err"]}'";
        Assert.AreEqual(0, Shell($"LANG={locale} LC_ALL={locale} {redirected}"), File.ReadAllText(_folder["err"]));
        byte[] bytes = File.ReadAllBytes(_folder["out"]);
        Assert.AreEqual((byte)'{', bytes[0], "no byte order mark");
        using var json = JsonDocument.Parse(new UTF8Encoding(false, throwOnInvalidBytes: true).GetString(bytes));
        Assert.AreEqual(picture, json.RootElement.GetProperty("path").GetString());
    }

    /// <summary>The reader wants only the first line. The last picture is damaged, so a run that gets that far fails.</summary>
    [TestMethod]
    public void A_closed_pipe_ends_the_work_quietly()
    {
        string[] sources = [.. Directory.GetFiles(TestModels.PictureFolder, "*.png", SearchOption.AllDirectories)];
        Directory.CreateDirectory(_folder["in"]);
        for (int i = 0; i < 2_000; i++) File.CreateSymbolicLink(_folder[$"in/{i:d5}.png"], sources[i % sources.Length]);
        File.WriteAllText(_folder["in/last.png"], "no picture");
        // The exit code of the first program in the pipe goes through a file, because sh has no PIPESTATUS.
        string first = $"{{ {Embed} --images '{_folder["in"]}' 2> '{_folder["err"]}'; echo $? > '{_folder["rc"]}'; }}";
        Shell($"{first} | head -1 > '{_folder["out"]}'");
        Assert.AreEqual("0", File.ReadAllText(_folder["rc"]).Trim(), File.ReadAllText(_folder["err"]));
        Assert.HasCount(1, File.ReadAllLines(_folder["out"]));
        Assert.DoesNotContain("error", File.ReadAllText(_folder["err"]));
    }

    /// <summary>The k-NN sample writes a file. It must do so even if nobody reads its report.</summary>
    [TestMethod]
    public void The_pipeline_is_saved_even_if_nobody_reads_the_report()
    {
        Shell($"{{ {Knn}; echo $? > '{_folder["rc"]}'; }} 2> '{_folder["err"]}' | head -1 > '{_folder["out"]}'");
        Assert.AreEqual("0", File.ReadAllText(_folder["rc"]).Trim(), File.ReadAllText(_folder["err"]));
        Assert.IsTrue(File.Exists(_folder["p.zip"]));
        Assert.AreEqual(0, Shell($"TERM=xterm-256color COLORTERM=truecolor {Knn} > '{_folder["report"]}' 2> '{_folder["err"]}'"));
        Assert.DoesNotContain("\u001b", File.ReadAllText(_folder["report"]), "no colors in a file");
        if (!File.Exists("/dev/full")) return;
        Assert.AreEqual(1, Shell($"{Knn} > /dev/full 2> '{_folder["err"]}'"));
        Assert.Contains("error: ", File.ReadAllText(_folder["err"]));
    }

    [TestMethod]
    public void A_full_disk_is_an_error()
    {
        if (!File.Exists("/dev/full")) Assert.Inconclusive("This system has no /dev/full.");
        string picture = Directory.GetFiles(TestModels.PictureFolder, "*.png", SearchOption.AllDirectories).First();
        Assert.AreEqual(1, Shell($"{Embed} --images '{picture}' > /dev/full 2> '{_folder["err"]}'"));
        Assert.Contains("error: ", File.ReadAllText(_folder["err"]));
    }

    private string Knn => $"dotnet '{ChildProcess.PathOf("Tips.MLNet.Samples.dll")}' knn --output '{_folder["p.zip"]}'";

    private static string Embed => $"dotnet '{ChildProcess.PathOf("Tips.MLNet.Samples.dll")}' embed";

    private static int Shell(string command)
    {
        using var shell = Process.Start("sh", ["-c", command]);
        Assert.IsTrue(shell.WaitForExit(TimeSpan.FromMinutes(3)), "the process hangs");
        return shell.ExitCode;
    }
}
