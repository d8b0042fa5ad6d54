using System.Globalization;
using System.Text.RegularExpressions;
using Tips.MLNet.Tests.Support;
using static Tips.MLNet.Tests.Support.SampleRun;

namespace Tips.MLNet.Tests.Samples;

/// <summary>Pictures and labels in the ways in which people have them.</summary>
[TestClass]
public sealed class InputFoldersTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public TestContext TestContext { get; set; } = null!;

    private static string Unseen => Path.Combine(TestModels.PictureFolder, "unseen");

    public void Dispose() => _folder.Dispose();

    /// <summary>Names of folders are read as words: however the words are joined, the accuracy is that of names with spaces.</summary>
    [TestMethod]
    public async Task Zero_shot_reads_folder_names_as_words()
    {
        double spaces = await Accuracy("spaces", words => string.Join(' ', words));
        double underscores = await Accuracy("underscores", words => string.Join('_', words));
        double hyphens = await Accuracy("hyphens", words => string.Join('-', words));
        double capitals = await Accuracy("capitals", words => string.Concat(words.Select(w => char.ToUpperInvariant(w[0]) + w[1..])));
        TestContext.WriteLine($"spaces {spaces}, underscores {underscores}, hyphens {hyphens}, capitals {capitals}");
        Assert.IsGreaterThan(70, spaces);
        foreach (double other in (double[])[underscores, hyphens, capitals]) Assert.AreEqual(spaces, other, 2.0);
    }

    [TestMethod]
    public async Task The_prompt_of_one_class_is_shown()
    {
        await Accuracy("shown", words => string.Join('_', words), "--template", "a photo of a {}");
        var (_, output, _) = await Run("zero-shot", "--images", _folder["shown"], "--template", "a photo of a {}");
        Assert.MatchesRegex("the model reads class '(\\w+_\\w+)' as \"a photo of a \\w+ [\\w ]+\"\\.", output);
    }

    [TestMethod]
    public async Task Codes_have_names_in_a_file()
    {
        string[][] classes = [["n00000001", "banana"], ["n00000002", "dolphin"], ["n00000003", "rocket"]];
        foreach (string[] c in classes) Copy(c[1], _folder[$"codes/{c[0]}"]);
        File.WriteAllLines(_folder["names.txt"], classes.Select(c => $"{c[0]} {c[1]}, with a synonym"));
        var (code, output, error) = await Run("zero-shot", "--images", _folder["codes"], "--names", _folder["names.txt"]);
        Assert.AreEqual(0, code, error);
        Assert.Contains("Accuracy 100.0 %", output);
        Assert.Contains("class 'banana, with a synonym' as \"an icon of a banana\"", output);
    }

    /// <summary>A table somewhere else, and one in a flat folder.</summary>
    [TestMethod]
    [DataRow("list.csv", ',')]
    [DataRow("list.tsv", '\t')]
    [DataRow("list.jsonl", 'j')]
    [DataRow("flat/metadata.csv", ',')]
    public async Task A_table_has_paths_and_labels(string table, char separator)
    {
        string[] names = ["banana", "dolphin", "rocket"];
        var rows = names.SelectMany(name => Copy(name, _folder["flat"]).Select(file => (File: file, Label: name))).ToArray();
        string prefix = table.Contains('/') ? "" : "flat/";
        File.WriteAllLines(_folder[table], separator == 'j'
            ? rows.Select(r => $"{{\"file_name\": \"{prefix}{r.File}\", \"label\": \"{r.Label}\"}}")
            : [$"path{separator}label", .. rows.Select(r => $"{prefix}{r.File}{separator}{r.Label}")]);
        string input = table.Contains('/') ? _folder["flat"] : _folder[table];
        var (code, output, error) = await Run("zero-shot", "--images", input);
        Assert.AreEqual(0, code, error);
        Assert.Contains($"{rows.Length} pictures are compared with the names of 3 classes", output);
        Assert.Contains("Accuracy 100.0 %", output);
        (code, output, error) = await Run("embed", "--images", table.Contains('/') ? _folder[table] : input);
        Assert.AreEqual(0, code, error);
        Assert.HasCount(rows.Length, Parse(output, "path"));
    }

    [TestMethod]
    public async Task A_table_may_have_other_columns_if_labels_are_not_needed()
    {
        string file = Copy("banana", _folder["flat"])[0];
        File.WriteAllLines(_folder["sizes.csv"], ["path,width,height", $"flat/{file},3,4"]);
        var (code, output, error) = await Run("embed", "--images", _folder["sizes.csv"]);
        Assert.AreEqual(0, code, error);
        Assert.HasCount(1, Parse(output, "path"));
        (code, _, error) = await Run("zero-shot", "--images", _folder["sizes.csv"]);
        Assert.AreEqual(1, code);
        Assert.Contains("has no column of labels", error);
    }

    [TestMethod]
    public async Task Captions_beside_pictures_give_recall()
    {
        foreach (string name in (string[])["banana", "dolphin", "rocket", "guitar"])
        {
            string file = Copy(name, _folder["pairs"])[0];
            File.WriteAllText(_folder[$"pairs/{Path.ChangeExtension(file, ".txt")}"], $"a picture of a {name}\n");
        }

        var (code, output, error) = await Run(
            "search", "--images", _folder["pairs"], "--captions", "-q", "a banana", "--output", _folder["s.png"]);
        Assert.AreEqual(0, code, error);
        Assert.Contains("Recall with every picture's caption as a query: R@1 100.0 %", output);
    }

    /// <summary>A photo that was taken with the camera on its side.</summary>
    [TestMethod]
    public async Task Pictures_can_be_turned_as_EXIF_says()
    {
        string file = GoldenFiles.PathOf("cases", "exif6.jpg"), upright = GoldenFiles.PathOf("cases", "upright.png");
        float[] stored = await Embed(file), turned = await Embed(file, "--upright"), expected = await Embed(upright);
        Assert.IsGreaterThan(0.999f, Cosine(turned, expected));
        Assert.IsLessThan(0.97f, Cosine(stored, expected));

        static async Task<float[]> Embed(params string[] arguments)
        {
            var (code, output, error) = await Run(["embed", "--images", .. arguments]);
            Assert.AreEqual(0, code, error);
            return Parse(output, "path").Single().Embedding;
        }

        static float Cosine(float[] a, float[] b) => a.Zip(b, (x, y) => x * y).Sum();
    }

    private async Task<double> Accuracy(string name, Func<string[], string> join, params string[] more)
    {
        foreach (string row in File.ReadLines(Path.Combine(TestModels.PictureFolder, "labels.tsv")).Skip(1))
        {
            string[] cells = row.Split('\t');
            if (!cells[0].StartsWith("unseen/", StringComparison.Ordinal)) continue;
            string folder = _folder[$"{name}/{join(cells[1].Split(' '))}"];
            Directory.CreateDirectory(folder);
            File.Copy(Path.Combine(TestModels.PictureFolder, cells[0]), Path.Combine(folder, Path.GetFileName(cells[0])));
        }

        var (code, output, error) = await Run(["zero-shot", "--images", _folder[name], .. more]);
        Assert.AreEqual(0, code, error);
        return double.Parse(Regex.Match(output, @"Accuracy ([\d.]+) %").Groups[1].Value, CultureInfo.InvariantCulture);
    }

    // Copies the drawings of a thing into a folder.
    private static string[] Copy(string name, string folder)
    {
        Directory.CreateDirectory(folder);
        string[] files = Directory.GetFiles(Unseen, $"{name}.*.png");
        foreach (string file in files) File.Copy(file, Path.Combine(folder, Path.GetFileName(file)));
        return [.. files.Select(f => Path.GetFileName(f)!)];
    }
}
