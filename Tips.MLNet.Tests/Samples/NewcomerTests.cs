using System.Text.RegularExpressions;
using Tips.MLNet.Tests.Packaging;
using Tips.MLNet.Tests.Support;

namespace Tips.MLNet.Tests.Samples;

/// <summary>A newcomer's first five minutes: the commands that README prints, one after the other, in a folder of pictures.</summary>
[TestClass]
public sealed class NewcomerTests : IDisposable
{
    private static readonly string[] Classes = ["banana", "dolphin", "rocket", "hamburger"];

    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [TestMethod]
    public void The_commands_of_README_work_as_they_are_printed()
    {
        WritePictures();
        string readme = File.ReadAllText(Path.Combine(CommandRun.RepositoryFolder, "README.md")).ReplaceLineEndings("\n");
        string[][] commands =
        [
            .. Regex.Match(readme, "```sh\n(tips index photos .*?)```", RegexOptions.Singleline).Groups[1].Value
                .Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(Words),
        ];
        CollectionAssert.AreEqual(new[] { "index", "search", "search", "knn", "predict" }, commands.Select(c => c[1]).ToArray());
        string[] outputs = [.. commands.Select(Run)];
        Assert.Contains("16 picture(s): 16 new", outputs[0].ReplaceLineEndings(" "));
        Assert.Contains("a red apple:", outputs[1]);
        Assert.Contains("cosine of at least 0.95", outputs[2]);
        Assert.Contains("Accuracy", outputs[3]);
        string[] labels = File.ReadAllLines(_folder["labels.csv"]);
        Assert.HasCount(1 + Classes.Length, labels);
        Assert.Contains("<h1", File.ReadAllText(_folder["photos.html"]));
        foreach (string file in (string[])["photos.index", "photos.zip", "search.png"]) Assert.IsTrue(File.Exists(_folder[file]), file);
    }

    // Four of each class to learn from, one more to ask about.
    private void WritePictures()
    {
        string drawings = Path.Combine(TestModels.PictureFolder, "seen");
        Directory.CreateDirectory(_folder["new"]);
        foreach (string name in Classes)
        {
            Directory.CreateDirectory(_folder[$"photos/{name}"]);
            string[] files = [.. Directory.GetFiles(drawings, $"{name}.*").Order(StringComparer.Ordinal)];
            for (int i = 0; i < 4; i++) File.Copy(files[i % files.Length], _folder[$"photos/{name}/{i}.png"]);
            File.Copy(files[^1], _folder[$"new/{name}.png"]);
        }
    }

    // Of a line as a shell splits it: at blanks, but not within quotes.
    private static string[] Words(string line) => [.. Regex.Matches(line, "\"([^\"]*)\"|[^ ]+").Select(m => m.Value.Trim('"'))];

    private string Run(string[] command)
    {
        Assert.AreEqual("tips", command[0]);
        string[] program = [ChildProcess.PathOf("Tips.MLNet.Samples.dll"), .. command[1..]];
        var run = CommandRun.StartIn(_folder.Path, "dotnet", program);
        Assert.AreEqual(0, run.ExitCode, $"{string.Join(' ', command)}\n{run.Output}");
        return run.Output;
    }
}
