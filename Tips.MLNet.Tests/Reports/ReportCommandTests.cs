using System.Text.RegularExpressions;
using Tips.MLNet.Tests.Support;
using static Tips.MLNet.Tests.Support.SampleRun;

namespace Tips.MLNet.Tests.Reports;

/// <summary>The option --report of the commands that have it.</summary>
[TestClass]
public sealed partial class ReportCommandTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public ReportCommandTests()
    {
        string[] drawings = [.. Directory.GetFiles(Path.Combine(TestModels.PictureFolder, "seen")).Order(StringComparer.Ordinal)];
        for (int i = 0; i < 30; i++)
        {
            string file = _folder[$"in/<b>{i % 5}/{i / 5}.png"];
            Directory.CreateDirectory(Path.GetDirectoryName(file)!);
            File.Copy(drawings[i], file);
        }
    }

    public void Dispose() => _folder.Dispose();

    [TestMethod]
    [DataRow("knn")]
    [DataRow("probe")]
    [DataRow("zero-shot")]
    public async Task A_classifiers_report_has_the_numbers_that_were_printed(string command)
    {
        if (OperatingSystem.IsWindows()) Assert.Inconclusive("Windows has no such names of folders.");
        string[] output = command == "zero-shot" ? [] : ["--output", _folder["p.zip"]];
        var (code, printed, error) = await Run([command, "--images", _folder["in"], .. output, "--report", _folder["r.html"]]);
        Assert.AreEqual(0, code, error);
        Assert.Contains($"The report is '{_folder["r.html"]}'.", printed);
        var accuracy = Accuracy().Match(printed);
        string html = File.ReadAllText(_folder["r.html"]).Replace("&#160;", " ");
        Assert.Contains($">{accuracy.Groups[1].Value}<", html);
        Assert.Contains($"{accuracy.Groups[2].Value} of {accuracy.Groups[3].Value} pictures", html);
        Assert.Contains(">tips-tiny14<", html);
        Assert.Contains(">&lt;b&gt;4<", html);
        Assert.DoesNotContain("<b>", html);
        Assert.AreEqual(int.Parse(accuracy.Groups[3].Value, null), html.Split("\"thumbnail\":\"data:image/webp").Length - 1);
    }

    [TestMethod]
    public async Task A_report_of_clusters_shows_all_of_them()
    {
        var (code, _, error) = await Run(
            "cluster", "--images", _folder["in"], "-k", "4", "--output", _folder["c.png"], "--report", _folder["r.html"]);
        Assert.AreEqual(0, code, error);
        string html = File.ReadAllText(_folder["r.html"]);
        Assert.AreEqual(4, html.Split("<h3>cluster ").Length - 1);
        int[] sizes = [.. Size().Matches(html).Select(m => int.Parse(m.Groups[1].Value, null))];
        Assert.HasCount(4, sizes);
        Assert.AreEqual(30, sizes.Sum());
        CollectionAssert.AreEqual(sizes.OrderDescending().ToArray(), sizes);
    }

    /// <summary>It is said before there is any work to lose.</summary>
    [TestMethod]
    [DataRow("knn")]
    [DataRow("probe")]
    [DataRow("zero-shot")]
    [DataRow("cluster")]
    public async Task A_place_that_cannot_be_written_is_named_first(string command)
    {
        string report = _folder["none/r.html"];
        var (code, printed, error) = await Run(command, "--images", _folder["in"], "--report", report);
        Assert.AreEqual((1, ""), (code, printed));
        Assert.AreEqual($"error: There is no folder '{_folder["none"]}' for '{report}'.", error.Trim());
    }

    [GeneratedRegex(@"Accuracy (\d+\.\d %) \((\d+) of (\d+)\)")]
    private static partial Regex Accuracy();

    [GeneratedRegex(@"<th scope=""row"">cluster \d+</th>\s*<td class=""number"">(\d+)</td>")]
    private static partial Regex Size();
}
