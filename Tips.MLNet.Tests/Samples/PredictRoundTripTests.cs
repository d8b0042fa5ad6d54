using System.Globalization;
using System.Text.RegularExpressions;
using Microsoft.ML.Data;
using Tips.MLNet.Tests.Support;
using static Tips.MLNet.Tests.Support.SampleRun;

namespace Tips.MLNet.Tests.Samples;

/// <summary>What each command saves, <c>predict</c> and the program that the command prints use again.</summary>
[TestClass]
public sealed partial class PredictRoundTripTests : IDisposable
{
    private static readonly string[] Drawings
        = [.. Directory.GetFiles(Path.Combine(TestModels.PictureFolder, "unseen")).Order(StringComparer.Ordinal)];

    private static readonly Dictionary<string, string> Labels = File.ReadLines(Path.Combine(TestModels.PictureFolder, "labels.tsv"))
        .Skip(1).Select(line => line.Split('\t')).ToDictionary(row => Path.GetFileName(row[0]), row => row[1]);

    private readonly TemporaryFolder _folder = new();

    private string Saved => _folder["saved.zip"];

    public void Dispose() => _folder.Dispose();

    /// <summary>The command says how many of its test pictures were right in memory; from the file, it must be as many.</summary>
    [TestMethod]
    [DataRow("knn", "--save")]
    [DataRow("probe", "-o")]
    [DataRow("zero-shot", "--output")]
    public async Task A_saved_classifier_gives_the_same_labels(string command, string option)
    {
        string report = await Succeeds(command, option, Saved);
        var score = Accuracy().Match(report);
        int correct = Number(score.Groups[1]), count = Number(score.Groups[2]);
        string[][] rows = Table(await Succeeds("predict", "--pipeline", Saved));
        CollectionAssert.AreEqual(
            new[] { "path", "label", "rejected", "class1", "probability1", "class2", "probability2", "class3", "probability3" }, rows[0]);
        Assert.HasCount(1 + Drawings.Length, rows);
        string[] seen = [.. Directory.GetFiles(Path.Combine(TestModels.PictureFolder, "seen")).Select(LabelOf).Distinct()];
        var tested = rows[1..].Where(row => count == Drawings.Length || seen.Contains(LabelOf(row[0]))).ToArray();
        Assert.HasCount(count, tested);
        Assert.AreEqual(correct, tested.Count(row => row[1] == LabelOf(row[0])));
        foreach (string[] row in rows[1..])
        {
            Assert.AreEqual((row[1], "false"), (row[3], row[2]));
            float[] probabilities = [.. ((int[])[4, 6, 8]).Select(i => float.Parse(row[i], CultureInfo.InvariantCulture))];
            CollectionAssert.AreEqual(probabilities.OrderDescending().ToArray(), probabilities);
        }

        string[] first = rows[1];
        // The trained steps are read by several threads in ML.NET, which must not turn a bad picture into the end of the run.
        File.Copy(Drawings[7], _folder["one.png"]);
        File.WriteAllText(_folder["two.png"], "no picture");
        File.Copy(Drawings[8], _folder["three.png"]);
        File.WriteAllText(_folder["table.csv"], "path\none.png\ntwo.png\nthree.png\n");
        var (code, some, error) = await Run("predict", "--pipeline", Saved, "--images", _folder["table.csv"]);
        Assert.AreEqual(3, code, error);
        CollectionAssert.AreEqual(
            ((int[])[7, 8]).Select(i => rows.Single(row => Path.GetFileName(row[0]) == Path.GetFileName(Drawings[i]))[1]).ToArray(),
            Table(some)[1..].Select(row => row[1]).ToArray());
        Assert.Contains($"left out: Picture '{_folder["two.png"]}' cannot be read: it is text, not a picture.", error);

        Assert.AreEqual(
            $"{first[1]}: {float.Parse(first[4], CultureInfo.InvariantCulture):P1}", RunProgram(report, first[0]));
    }

    [TestMethod]
    public async Task Saved_clusters_are_those_of_the_report()
    {
        string report = await Succeeds("cluster", "-k", "5", "-o", _folder["sheet.png"], "--save", Saved);
        var sizes = Regex.Matches(report, @"^ +(\d+) +(\d+) +\S", RegexOptions.Multiline)
            .ToDictionary(m => m.Groups[1].Value, m => Number(m.Groups[2]));
        string[][] rows = Table(await Succeeds("predict", "--pipeline", Saved, "--top", "2"));
        CollectionAssert.AreEqual(new[] { "path", "cluster", "cluster1", "distance1", "cluster2", "distance2" }, rows[0]);
        var found = rows[1..].GroupBy(row => row[1]).ToDictionary(g => g.Key, g => g.Count());
        CollectionAssert.AreEquivalent(sizes, found);
        foreach (string[] row in rows[1..])
        {
            Assert.AreEqual(row[1], row[2]);
            double nearest = double.Parse(row[3], CultureInfo.InvariantCulture), next = double.Parse(row[5], CultureInfo.InvariantCulture);
            Assert.IsTrue(nearest is > 0 and < 2 && nearest <= next, "a distance between vectors of length 1, not its square");
        }

        Assert.AreEqual($"cluster {rows[1][1]}", RunProgram(report, rows[1][0]));
        Assert.Contains("--reject is for probabilities", await Fails("predict", "--pipeline", Saved, "--reject", "0.5"));
    }

    [TestMethod]
    public async Task Saved_foreground_is_that_of_the_classifier()
    {
        string report = await Succeeds("foreground", "--output", _folder["out"], "--save", Saved);
        string pictures = Directory.CreateDirectory(_folder["in/sub"]).FullName;
        foreach (string drawing in Drawings.Take(3)) File.Copy(drawing, Path.Combine(pictures, Path.GetFileName(drawing)));
        string[][] rows = Table(await Succeeds(
            "predict", "--pipeline", Saved, "--images", _folder["in"], "--masks", _folder["masks"]));
        CollectionAssert.AreEqual(new[] { "path", "foreground" }, rows[0]);
        Assert.HasCount(4, rows);
        var classifier = ForegroundClassifier.Load(_folder["out/foreground.json"]);
        using var model = TestModels.LoadTiny();
        foreach (string[] row in rows[1..])
        {
            var map = classifier.Classify(model, row[0]);
            float share = map.Smoothed.ToArray().Count(p => p > 0.5f) / (float)(map.Rows * map.Columns);
            Assert.AreEqual(share, float.Parse(row[1], CultureInfo.InvariantCulture));
            Assert.IsTrue(share is > 0 and < 1);
            using var picture = MLImage.CreateFromFile(row[0]);
            using var mask = MLImage.CreateFromFile(
                _folder[$"masks/sub/{Path.GetFileNameWithoutExtension(row[0])}.mask.png"]);
            Assert.AreEqual((picture.Height, picture.Width), (mask.Height, mask.Width));
            int white = Enumerable.Range(0, mask.Height * mask.Width).Count(i => mask.Pixels[4 * i] == 255);
            Assert.AreEqual(share, white / (double)(mask.Height * mask.Width), 0.02);
        }

        Assert.AreEqual(
            $"{float.Parse(rows[1][1], CultureInfo.InvariantCulture):P1} foreground", RunProgram(report, rows[1][0]));
        Assert.Contains("finds foreground", await Fails("predict", "--pipeline", Saved, "--reject", "0.5"));
    }

    // The program is what the report ends with. It has at most ten lines, but for those that name its packages.
    private string RunProgram(string report, string picture)
    {
        string text = report[report.IndexOf("#:package", StringComparison.Ordinal)..];
        string[] lines = [.. text.Split('\n', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries)];
        Assert.IsLessThanOrEqualTo(10, lines.Count(line => !line.StartsWith("#:", StringComparison.Ordinal)));
        File.WriteAllText(_folder["app.cs"], text);
        return new Snippet(_folder["app.cs"]).Run(_folder.Path, picture);
    }

    private static string LabelOf(string path) => Labels[Path.GetFileName(path)];

    private static int Number(Group group) => int.Parse(group.Value, CultureInfo.InvariantCulture);

    // No field of these tables is quoted.
    private static string[][] Table(string csv)
        => [.. csv.Split('\n', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries).Select(line => line.Split(','))];

    private static async Task<string> Succeeds(params string[] arguments)
    {
        var (code, output, error) = await Run(arguments);
        Assert.AreEqual(0, code, error);
        return output;
    }

    private static async Task<string> Fails(params string[] arguments)
    {
        var (code, _, error) = await Run(arguments);
        Assert.AreEqual(1, code, error);
        return error;
    }

    [GeneratedRegex(@"Accuracy [\d.]+ % \((\d+) of (\d+)\)")]
    private static partial Regex Accuracy();
}
