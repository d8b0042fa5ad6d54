using System.Diagnostics;
using System.Text.Json;
using Tips.MLNet.Tests.Support;
using static Tips.MLNet.Tests.Support.SampleRun;

namespace Tips.MLNet.Tests.Samples;

/// <summary><c>index DIR -o FILE</c>, and <c>search FILE</c>.</summary>
[TestClass]
public sealed class StoredIndexTests : IDisposable
{
    private static readonly string Program = ChildProcess.PathOf("Tips.MLNet.Samples.dll");

    private readonly TemporaryFolder _folder = new();

    private string Photos => _folder["photos"];

    private string IndexFile => _folder["photos.index"];

    public void Dispose() => _folder.Dispose();

    [TestMethod]
    public async Task Only_what_is_new_is_embedded_and_what_is_gone_leaves()
    {
        WritePhotos(12);
        CheckCounts(await Index(), pictures: 12, embedded: 12, added: 12);
        byte[] first = File.ReadAllBytes(IndexFile);
        CheckCounts(await Index(), pictures: 12, embedded: 0);
        CollectionAssert.AreEqual(first, File.ReadAllBytes(IndexFile));

        File.Copy(Drawing(12), Path.Combine(Photos, "a", "new.png"));
        CheckCounts(await Index(), pictures: 13, embedded: 1, added: 1);
        File.Delete(Path.Combine(Photos, "a", "new.png"));
        CheckCounts(await Index(), pictures: 12, embedded: 0, removed: 1);
        CollectionAssert.AreEqual(first, File.ReadAllBytes(IndexFile));

        string changed = Path.Combine(Photos, "a", "0.png");
        File.Copy(Drawing(20), changed, overwrite: true);
        CheckCounts(await Index(), pictures: 12, embedded: 1, changed: 1);
        File.Move(changed, Path.Combine(Photos, "b", "moved.png"));
        CheckCounts(await Index(), pictures: 12, embedded: 0, added: 1, removed: 1);
    }

    [TestMethod]
    public async Task Texts_and_pictures_find_what_they_find_in_memory()
    {
        WritePhotos(12);
        await Index();
        string sample = Path.Combine(Photos, "a", "4.png");
        var byText = await Search("-q", "a banana");
        var inMemory = await Object("search", "--images", Photos, "-q", "a banana", "-o", _folder["sheet.png"]);
        Assert.AreEqual(inMemory.GetProperty("queries").GetRawText(), byText.GetProperty("queries").GetRawText());
        Assert.IsTrue(File.Exists(_folder["sheet.png"]));

        var byImage = Hits(await Search("--image", sample));
        Assert.AreEqual(sample, byImage[0].Path);
        Assert.AreEqual(1, byImage[0].Similarity, 1e-5);

        // The cosine with a weighted sum of unit vectors is that sum of the cosines, over the length of the sum.
        var both = Hits(await Search("--image", sample, "-q", "a banana", "--text-weight", "0.75", "--top", "12"));
        var text = Hits(await Search("-q", "a banana", "--top", "12")).ToDictionary(h => h.Path, h => h.Similarity);
        var image = Hits(await Search("--image", sample, "--top", "12")).ToDictionary(h => h.Path, h => h.Similarity);
        double length = Math.Sqrt(0.75 * 0.75 + 0.25 * 0.25 + 2 * 0.75 * 0.25 * text[sample]);
        Assert.HasCount(12, both);
        foreach (var (path, similarity) in both)
            Assert.AreEqual((0.75 * text[path] + 0.25 * image[path]) / length, similarity, 1e-5, path);
    }

    [TestMethod]
    [DataRow("a/**", 6)]
    [DataRow("A/**", 6)]
    [DataRow("*.png", 12)]
    [DataRow("**/1*.png", 3)]
    [DataRow("path=b/*", 6)]
    [DataRow("*.jpg", 0)]
    [DataRow("label=x", 0)]
    public async Task Filters_are_patterns_for_paths(string filter, int count)
    {
        WritePhotos(12);
        await Index();
        Assert.HasCount(count, Hits(await Search("-q", "a banana", "--top", "50", "--filter", filter)));
    }

    [TestMethod]
    public async Task A_table_gives_labels_and_captions_that_can_be_searched()
    {
        WritePhotos(4);
        string table = Path.Combine(Photos, "table.csv");
        File.WriteAllText(table, """
            path,label,text
            a/0.png,red things,the first of all
            b/1.png,"red, too",the second
            a/2.png,blue,the third
            """);
        var made = await Object("index", table, "-o", IndexFile, "--captions");
        Assert.AreEqual(3, Int(made, "captions"));
        CheckCounts(made, pictures: 3, embedded: 6, added: 3);
        made = await Object("index", table, "-o", IndexFile, "--captions");
        CheckCounts(made, pictures: 3, embedded: 0);

        var red = Hits(await Search("-q", "anything", "--filter", "label=red*"));
        CollectionAssert.AreEquivalent(new[] { "0.png", "1.png" }, red.Select(h => Path.GetFileName(h.Path)).ToArray());
        Assert.HasCount(1, Hits(await Search("-q", "anything", "--filter", "label=red*", "--filter", "text=*second")));
        var byCaption = Hits(await Search("-q", "the third", "--by-caption"));
        Assert.AreEqual(Path.Combine(Photos, "a", "2.png"), byCaption[0].Path);
        Assert.AreEqual(1, byCaption[0].Similarity, 1e-5);
    }

    [TestMethod]
    public async Task Duplicates_are_those_of_pictures_alone()
    {
        WritePhotos(4);
        string[] captions = ["one", "one", "two", "two"];
        for (int i = 0; i < 4; i++) File.WriteAllText(Path.Combine(Photos, i % 2 == 0 ? "a" : "b", $"{i}.txt"), captions[i]);
        File.Copy(Drawing(0), Path.Combine(Photos, "a", "copy.png"));
        File.WriteAllText(Path.Combine(Photos, "a", "copy.txt"), "three");
        await Object("index", Photos, "-o", IndexFile, "--captions");
        var pairs = (await Search("--duplicates", "0.9999")).GetProperty("duplicates").EnumerateArray().ToArray();
        Assert.HasCount(1, pairs);
        string[] filtered = ["--duplicates", "0.9999", "--filter", "b/*"];
        Assert.AreEqual(0, (await Search(filtered)).GetProperty("duplicates").GetArrayLength());
        CollectionAssert.AreEquivalent(
            new[] { Path.Combine(Photos, "a", "0.png"), Path.Combine(Photos, "a", "copy.png") },
            new[] { pairs[0].GetProperty("first").GetString(), pairs[0].GetProperty("second").GetString() });
        Assert.IsFalse(File.Exists(_folder["sheet.png"]));
    }

    [TestMethod]
    public async Task A_picture_that_cannot_be_read_is_left_out_even_if_its_label_has_no_other()
    {
        WritePhotos(2);
        File.WriteAllText(Path.Combine(Photos, "bad.png"), "");
        File.WriteAllText(Path.Combine(Photos, "table.csv"), "path,label\na/0.png,x\nbad.png,y\n");
        var (code, output, error) = await Run("index", Path.Combine(Photos, "table.csv"), "-o", IndexFile);
        Assert.AreEqual(3, code, error);
        Assert.Contains("has 1 picture(s): 1 new", output.ReplaceLineEndings(" "));
        Assert.Contains("bad.png' cannot be read: it is empty", error);
    }

    [TestMethod]
    public async Task A_folder_that_was_moved_is_found_with_images()
    {
        WritePhotos(4);
        await Index();
        string elsewhere = _folder["elsewhere"];
        Directory.Move(Photos, elsewhere);
        var (code, _, error) = await Run("search", IndexFile, "-q", "a banana", "-o", _folder["sheet.png"]);
        Assert.AreEqual(0, code);
        Assert.Contains("if the folder was moved, give its place with --images", error.ReplaceLineEndings(" "));
        Assert.IsFalse(File.Exists(_folder["sheet.png"]));
        var found = Hits(await Search("-q", "a banana", "--images", elsewhere));
        Assert.IsTrue(found.All(hit => File.Exists(hit.Path)));
        Assert.IsTrue(File.Exists(_folder["sheet.png"]));
    }

    [TestMethod]
    public async Task What_does_not_fit_is_refused()
    {
        WritePhotos(2);
        File.WriteAllText(IndexFile, "something else");
        await Refused($"Index '{IndexFile}' cannot be read: it is not an index of embeddings", "index", Photos, "-o", IndexFile);
        Assert.AreEqual("something else", File.ReadAllText(IndexFile));

        using (var other = new EmbeddingIndex(192))
        {
            other.Save(IndexFile);
        }

        await Refused($"Index '{IndexFile}' does not say what it was made from", "index", Photos, "-o", IndexFile);
        await Refused($"Index '{IndexFile}' does not say what it was made from", "search", IndexFile, "-q", "x", "-o", _folder["s.png"]);
        File.Delete(IndexFile);
        await Refused($"There is no index '{IndexFile}'", "search", IndexFile, "-q", "x", "-o", _folder["s.png"]);
        await Index();
        Directory.CreateDirectory(_folder["other"]);
        File.Copy(Drawing(0), _folder["other/x.png"]);
        string elsewhere = _folder["other"];
        await Refused($"is of the pictures in '{Photos}', not of those in '{elsewhere}'", "index", elsewhere, "-o", IndexFile);
        await Refused($"Index '{IndexFile}' has no captions", "search", IndexFile, "-q", "x", "--by-caption", "-o", _folder["s.png"]);
        await Refused(
            "was made with the model tips-tiny14 that comes with the program",
            "search", IndexFile, "-q", "x", "--model", TestModels.MiniFolder(), "-o", _folder["s.png"]);
        await Refused($"'{Photos}' is a folder, expected an index", "search", Photos, "-q", "x", "-o", _folder["s.png"]);
        string[] search = ["search", IndexFile, "-q", "x", "-o", _folder["s.png"]];
        await Refused("names the field 'name', expected path, label, text", [.. search, "--filter", "name=x"]);
        string picture = Path.Combine(Photos, "a", "0.png");
        await Refused($"'{picture}' is read, so no result can be written there", "search", "--images", Photos, "-q", "x", "-o", picture);
        await Refused("is a PNG, expected FILE.png", "search", IndexFile, "-q", "x", "-o", _folder["s.jpg"]);
        Assert.AreEqual(2, (await Run("search", "-q", "x", "--by-caption")).Code);
        Assert.AreEqual(2, (await Run("search", IndexFile, "-q", "x", "--text-weight", "0.5")).Code);
        Assert.AreEqual(2, (await Run("search", IndexFile, "-q", "x", "--captions")).Code);
        Assert.IsFalse(File.Exists(_folder["s.png"]));
    }

    [TestMethod]
    public void A_run_that_is_killed_goes_on_and_ends_with_the_same_index() => KillAndCompare(pictures: 400, kills: 4);

    [TestMethod]
    [TestCategory("Slow")]
    public void Ten_thousand_pictures_and_twenty_kills() => KillAndCompare(pictures: 10_000, kills: 20);

    [TestMethod]
    public void Two_runs_at_once_end_with_the_same_index()
    {
        WritePhotos(100);
        using ChildProcess first = Start(IndexFile, _folder["store"]), second = Start(IndexFile, _folder["store"]);
        foreach (var run in (ChildProcess[])[first, second])
        {
            var (code, _, error) = run.WaitForExit();
            Assert.AreEqual(0, code, error);
        }

        Assert.AreEqual(0, Finish(IndexFile, _folder["store"]));
        using var index = EmbeddingIndex.Load(IndexFile);
        Assert.AreEqual(100, index.Count);
    }

    // The moments are spread over what is left of the work.
    private void KillAndCompare(int pictures, int kills)
    {
        WriteGenerated(pictures);
        string store = IndexFile + ".store", whole = _folder["whole.index"];
        var clock = Stopwatch.StartNew();
        Assert.AreEqual(pictures, Finish(whole, whole + ".store"));
        double wholeTime = clock.Elapsed.TotalMilliseconds;
        var random = new Random(1);
        int interrupted = 0;
        for (int i = 0; i < kills; i++)
        {
            using var run = Start(IndexFile, store);
            // Not while the program starts; and the first run not before it has kept something.
            while (!run.HasExited && !(Directory.Exists(store) && (i > 0 || Directory.GetFiles(store, "*.segment").Length > 0)))
                Thread.Sleep(1);
            // Each run has less to do than the one before.
            Thread.Sleep((int)(random.NextDouble() * wholeTime * (kills - i) / kills));
            if (!run.HasExited) interrupted++;
            run.Signal("KILL");
            run.WaitForExit();
        }

        int left = Finish(IndexFile, store);
        Console.WriteLine($"{interrupted} of {kills} runs were killed before their end; {left} of {pictures} pictures were left to embed.");
        Assert.IsLessThan(pictures, left, "something was kept");
        Assert.AreEqual(0, Finish(IndexFile, store));
        Assert.IsGreaterThan(0, interrupted);
        using EmbeddingIndex expected = EmbeddingIndex.Load(whole), index = EmbeddingIndex.Load(IndexFile);
        CollectionAssert.AreEqual(expected.Ids.ToArray(), index.Ids.ToArray());
        float[] wanted = new float[index.Dimension], got = new float[index.Dimension];
        foreach (string id in index.Ids)
        {
            Assert.IsTrue(expected.TryGetEmbedding(id, wanted) && index.TryGetEmbedding(id, got));
            Close.AreClose(wanted, got, 2e-6f); // other pictures were in its batch
        }
    }

    private static string Drawing(int number)
        => Directory.GetFiles(Path.Combine(TestModels.PictureFolder, "seen")).Order(StringComparer.Ordinal).ElementAt(number);

    private static int Int(JsonElement element, string name) => element.GetProperty(name).GetInt32();

    private static (string Path, double Similarity)[] Hits(JsonElement result)
        => [.. result.GetProperty("queries")[0].GetProperty("hits").EnumerateArray()
            .Select(hit => (hit.GetProperty("path").GetString()!, hit.GetProperty("similarity").GetDouble()))];

    private static void CheckCounts(JsonElement made, int pictures, int embedded, int added = 0, int changed = 0, int removed = 0)
    {
        var found = (Int(made, "pictures"), Int(made, "embedded"), Int(made, "added"), Int(made, "changed"), Int(made, "removed"));
        Assert.AreEqual((pictures, embedded, added, changed, removed), found);
    }

    private static async Task<JsonElement> Object(params string[] arguments)
    {
        var (code, output, error) = await Run([.. arguments, "--json"]);
        Assert.AreEqual(0, code, error);
        using var json = JsonDocument.Parse(output);
        return json.RootElement.Clone();
    }

    private static async Task Refused(string message, params string[] arguments)
    {
        var (code, _, error) = await Run(arguments);
        Assert.AreEqual(1, code, error);
        Assert.Contains(message, error.ReplaceLineEndings(" "));
    }

    private Task<JsonElement> Index() => Object("index", Photos, "-o", IndexFile);

    private Task<JsonElement> Search(params string[] arguments) => Object(["search", IndexFile, "-o", _folder["sheet.png"], .. arguments]);

    // Even numbers in one folder, odd ones in another.
    private void WritePhotos(int count)
    {
        foreach (string name in (string[])["a", "b"]) Directory.CreateDirectory(Path.Combine(Photos, name));
        for (int i = 0; i < count; i++) File.Copy(Drawing(i), Path.Combine(Photos, i % 2 == 0 ? "a" : "b", $"{i}.png"));
    }

    private void WriteGenerated(int count)
    {
        for (int i = 0; i < count; i++)
        {
            string folder = Path.Combine(Photos, $"{i / 1000}");
            Directory.CreateDirectory(folder);
            TestPictures.WriteNoise(Path.Combine(folder, $"{i}.png"), 32, 32, seed: i);
        }
    }

    private ChildProcess Start(string index, string store) => new(Program, "index", Photos, "-o", index, "--store", store, "--json");

    // Runs to the end, and returns how many were embedded.
    private int Finish(string index, string store)
    {
        using var run = Start(index, store);
        var (code, output, error) = run.WaitForExit();
        Assert.AreEqual(0, code, error);
        using var json = JsonDocument.Parse(output);
        return Int(json.RootElement, "embedded");
    }
}
