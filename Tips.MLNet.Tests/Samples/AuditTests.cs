using System.Text.Json;
using Tips.MLNet.Tests.Support;
using static Tips.MLNet.Tests.Support.SampleRun;

namespace Tips.MLNet.Tests.Samples;

/// <summary>Folders with known faults.</summary>
[TestClass]
public sealed class AuditTests : IDisposable
{
    private static readonly string[] Things = ["balloon", "bacon", "camel", "dolphin", "key", "trophy"];

    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [TestMethod]
    public async Task Faults_of_class_folders_are_found_and_listed()
    {
        CopyThings();
        string copy = _folder["in/key/copy.png"], small = _folder["in/camel/small.jpg"], wrong = _folder["in/bacon/wrong.png"];
        File.Copy(Drawings("key")[0], copy);
        DegradedPicture.Write(Drawings("camel")[1], small, scale: 0.7, quality: 30);
        File.Move(_folder[$"in/dolphin/{Path.GetFileName(Drawings("dolphin")[0])}"], wrong);

        var (code, output, error) = await Run("audit", "--images", _folder["in"], "--output", _folder["a.png"], "--duplicates", "0.98");
        Assert.AreEqual(0, code, error);
        Assert.Contains("25 pictures of 6 classes are audited.", output);
        Assert.Contains("likely wrong, by votes of", output);
        string[] rows = File.ReadAllLines(_folder["a.csv"]);
        Assert.AreEqual("kind,path,label,suggested,other,other_label,score,group", rows[0]);
        string[] exact = rows.Single(r => r.StartsWith("exact-duplicate", StringComparison.Ordinal)).Split(',');
        string original = _folder[$"in/key/{Path.GetFileName(Drawings("key")[0])}"];
        CollectionAssert.AreEquivalent(new[] { copy, original }, new[] { exact[1], exact[4] });
        Assert.AreEqual("1", exact[6]);
        Assert.Contains(r => r.StartsWith("near-duplicate", StringComparison.Ordinal) && r.Contains(small, StringComparison.Ordinal), rows);
        string[] label = rows.First(r => r.StartsWith("label", StringComparison.Ordinal)).Split(',');
        CollectionAssert.AreEqual(new[] { "label", wrong, "bacon", "dolphin" }, label[..4], "the surest");
        Assert.Contains("dolphin", label[4]);
        using var sheet = ImageSource.FromFile(_folder["a.png"]).Decode();
        Assert.IsGreaterThan(200, sheet.Height);
        CollectionAssert.AreEquivalent(
            new[] { "a.csv", "a.png", "in" }, Directory.GetFileSystemEntries(_folder.Path).Select(Path.GetFileName).ToArray());
    }

    [TestMethod]
    public async Task A_report_shows_the_findings()
    {
        CopyThings();
        File.Copy(Drawings("key")[0], _folder["in/key/copy.png"]);
        File.Move(_folder[$"in/dolphin/{Path.GetFileName(Drawings("dolphin")[0])}"], _folder["in/bacon/wrong.png"]);
        string report = _folder["a.html"];
        var (code, _, error) = await Run("audit", "--images", _folder["in"], "--output", _folder["a.png"], "--report", report);
        Assert.AreEqual(0, code, error);
        string html = File.ReadAllText(report);
        foreach (string title in (string[])["Duplicates", "Outliers", "Likely wrong labels", "Map"])
            Assert.MatchesRegex($"<h2[^>]*>{title}</h2>", html);
        Assert.Contains("labeled bacon, suggested dolphin", html);
        Assert.Contains("the same file", html);
        Assert.DoesNotContain("Leakage", html);
    }

    [TestMethod]
    public async Task Test_pictures_that_are_in_training_are_found()
    {
        CopyThings();
        Directory.CreateDirectory(_folder["test"]);
        string leak = _folder["test/a, \"b\".png"];
        File.Copy(Drawings("trophy")[0], leak);
        File.Copy(Directory.GetFiles(Path.Combine(TestModels.PictureFolder, "unseen"), "volcano.*").Single(), _folder["test/other.png"]);
        string[] input = ["--images", _folder["in"], "--test", _folder["test"]];
        string[] arguments = ["audit", .. input, "-o", _folder["a.png"], "--duplicates", "0.99"];
        var (code, output, error) = await Run(arguments);
        Assert.AreEqual(0, code, error);
        Assert.Contains("Leakage: 1 of 2 test pictures (50.0 %) are among the others, too.", output);
        string row = File.ReadAllLines(_folder["a.csv"]).Single(r => r.StartsWith("leak,", StringComparison.Ordinal));
        Assert.StartsWith($"leak,\"{leak.Replace("\"", "\"\"", StringComparison.Ordinal)}\",,,", row);

        (code, _, error) = await Run([.. arguments, "--format", "jsonl"]);
        Assert.AreEqual(0, code, error);
        var lines = File.ReadAllLines(_folder["a.jsonl"]).Select(line => JsonDocument.Parse(line).RootElement);
        var found = lines.Single(l => l.GetProperty("kind").GetString() == "leak");
        Assert.AreEqual(leak, found.GetProperty("path").GetString());
        Assert.AreEqual("trophy", found.GetProperty("otherLabel").GetString());
        Assert.AreEqual(JsonValueKind.Null, found.GetProperty("suggested").ValueKind);
        Assert.AreEqual(1, found.GetProperty("score").GetDouble(), 1e-6);
    }

    [TestMethod]
    public async Task Labels_are_optional()
    {
        CopyThings();
        string[] output = ["--output", _folder["a.png"]];
        Assert.Contains("Labels: there are none to check.", (await Succeeds(["--images", _folder["in"], "--unlabeled", .. output])));
        Assert.Contains("23 pictures without labels are audited.", await Succeeds(["--images", _folder["in"], "--unlabeled", .. output]));
        File.Copy(Drawings("key")[0], _folder["in/loose.png"]);
        Assert.Contains("24 pictures without labels", await Succeeds(["--images", _folder["in"], .. output]));
        string file = Path.GetFileName(Drawings("key")[0]), other = Path.GetFileName(Drawings("key")[1]);
        File.WriteAllLines(_folder["in/key/t.csv"], ["path,label", $"{file},a", $"{other},b"]);
        string table = await Succeeds(["--images", _folder["in/key/t.csv"], .. output]);
        Assert.Contains("2 pictures of 2 classes", table);
        Assert.Contains("2 could not be checked: no other picture confirms their class.", table);
        File.WriteAllLines(_folder["in/key/t.csv"], ["path,label", $"{file},a", $"{other},"]);
        var (code, _, error) = await Run(["audit", "--images", _folder["in/key/t.csv"], .. output]);
        Assert.AreEqual(1, code);
        Assert.Contains("has a label for 1 of 2 pictures, expected one for each, or --unlabeled.", error);
    }

    [TestMethod]
    public async Task Few_and_equal_pictures_are_no_trouble()
    {
        Directory.CreateDirectory(_folder["in/a"]);
        string drawing = Drawings("key")[0];
        File.Copy(drawing, _folder["in/a/0.png"]);
        string[] arguments = ["--images", _folder["in"], "--output", _folder["a.png"]];
        string output = await Succeeds(arguments);
        Assert.Contains("Duplicates: 0 exact and 0 near", output);
        Assert.Contains("the list of all 0 findings", output);
        Assert.HasCount(1, File.ReadAllLines(_folder["a.csv"]));

        for (int i = 1; i < 5; i++) File.Copy(drawing, _folder[$"in/a/{i}.png"]);
        Directory.CreateDirectory(_folder["in/b"]);
        File.Copy(drawing, _folder["in/b/0.png"]);
        output = await Succeeds(arguments);
        Assert.Contains("6 pictures of 2 classes", output);
        Assert.Contains("Duplicates: 5 exact and 0 near (cosine of at least 0.95) in 1 group(s).", output);
        Assert.Contains("In 1 of them, the labels differ.", output);
        Assert.Contains("Outliers: 0 of 6", output);
        Assert.Contains("Labels: 0 of 6 are likely wrong", output);
    }

    [TestMethod]
    [DataRow("--duplicates is '2', expected a cosine from -1 to 1", "--duplicates", "2")]
    [DataRow("--neighbors is '0', expected a whole number of at least 1.", "--neighbors", "0")]
    [DataRow("--test needs --images.", "--test", "x")]
    [DataRow("'xml'", "--format", "xml")]
    public async Task Wrong_usage_is_exit_code_2(string expected, params string[] arguments)
    {
        var (code, output, error) = await Run(["audit", .. arguments]);
        Assert.AreEqual((2, ""), (code, output));
        Assert.Contains(expected, error);
    }

    [TestMethod]
    public async Task The_list_and_the_contact_sheet_are_two_files()
    {
        var (code, _, error) = await Run("audit", "--output", _folder["a.csv"]);
        Assert.AreEqual(1, code);
        Assert.Contains("is a PNG, expected FILE.png.", error);
        Assert.IsEmpty(Directory.GetFileSystemEntries(_folder.Path));
    }

    private static string[] Drawings(string thing)
        => [.. Directory.GetFiles(Path.Combine(TestModels.PictureFolder, "seen"), $"{thing}.*.png").Order(StringComparer.Ordinal)];

    private static async Task<string> Succeeds(string[] arguments)
    {
        var (code, output, error) = await Run(["audit", .. arguments]);
        Assert.AreEqual(0, code, error);
        return output;
    }

    private void CopyThings()
    {
        foreach (string thing in Things)
        {
            Directory.CreateDirectory(_folder[$"in/{thing}"]);
            foreach (string file in Drawings(thing)) File.Copy(file, _folder[$"in/{thing}/{Path.GetFileName(file)}"]);
        }
    }
}
