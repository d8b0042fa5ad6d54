using System.Text.Json;
using Microsoft.ML.Data;
using Tips.MLNet.Images;
using Tips.MLNet.Samples;
using Tips.MLNet.Tests.Support;

namespace Tips.MLNet.Tests.Samples;

/// <summary>The samples as a shell sees them.</summary>
[TestClass]
public sealed class SampleCommandsTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    /// <summary>72.5 % is what the reference code measures with the same weights on the same pictures.</summary>
    [TestMethod]
    public async Task The_embedded_default_learns_and_is_examined_on_pictures_never_seen()
    {
        var (code, output, error) = await Run("knn", "--output", _folder["pipeline.zip"]);
        Assert.AreEqual(0, code, error);
        Assert.Contains("294 pictures of 80 classes are learned", output);
        Assert.Contains("Accuracy 72.5 % (58 of 80)", output);
        Assert.Contains("emoji-like drawings only", output);
        Assert.MatchesRegex(@"performing arts +hyacinth +1 +97 %", output);
        Assert.MatchesRegex(@"Loaded it again and asked about airplane-arrival[\w.-]+:\s+\d\d\.\d %  airplane arrival", output);
        CollectionAssert.AreEqual(new[] { _folder["pipeline.zip"] }, Directory.GetFiles(_folder.Path));
    }

    [TestMethod]
    public async Task Ones_own_pictures_and_model_take_the_same_verb()
    {
        foreach (string name in (string[])["balloon", "bacon"])
        {
            Directory.CreateDirectory(_folder[$"mine/{name}"]);
            foreach (string file in Directory.GetFiles(Path.Combine(TestModels.PictureFolder, "seen"), $"{name}.*.png")) File.Copy(file, Path.Combine(_folder[$"mine/{name}"], Path.GetFileName(file)));
        }

        string asked = Directory.GetFiles(Path.Combine(TestModels.PictureFolder, "unseen"), "balloon.*.png").Single();
        var (code, output, error) = await Run("knn", "--images", _folder["mine"], "--model", TestModels.MiniFolder(), "-k", "1", "--output", _folder["p.zip"], "--classify", asked);
        Assert.AreEqual(0, code, error);
        Assert.Contains("Model mini-mlp-56x56 turns each picture into 128 numbers", output);
        Assert.Contains("pictures of 2 classes are learned", output);
        Assert.DoesNotContain("emoji-like", output);
        Assert.Contains($"asked about {Path.GetFileName(asked)}:", output);
    }

    [TestMethod]
    public async Task Bad_folders_are_named()
    {
        Assert.AreEqual(1, (await Run("knn", "--images", _folder["none"])).Code);
        Directory.CreateDirectory(_folder["one/class"]);
        Assert.Contains("has 1 subfolder(s), expected one for each of at least 2 classes", (await Run("knn", "--images", _folder["one"])).Error);
        Directory.CreateDirectory(_folder["one/second"]);
        Assert.Contains($"Folder '{Path.Combine(_folder["one"], "class")}' has no pictures", (await Run("knn", "--images", _folder["one"])).Error);
        Assert.Contains("There is no model folder", (await Run("knn", "--model", _folder["none"])).Error);
        Assert.Contains($"There is no folder '{_folder["none"]}' for the pipeline", (await Run("knn", "--output", Path.Combine(_folder["none"], "p.zip"))).Error);
        Assert.AreEqual(2, (await Run("knn", "-k", "0")).Code);
        Assert.AreEqual(2, (await Run("knn", "--test-fraction", "1")).Code);
    }

    [TestMethod]
    public async Task Embed_prints_one_object_a_line_in_ordinal_order()
    {
        Directory.CreateDirectory(_folder["in/sub"]);
        string source = Directory.GetFiles(Path.Combine(TestModels.PictureFolder, "seen"))[0];
        foreach (string name in (string[])["b.png", "B.png", "a.png", "sub/a.PNG", "a-1.png"]) File.Copy(source, _folder[$"in/{name}"]);
        File.WriteAllText(_folder["in/notes.txt"], "not a picture");

        var (code, output, error) = await Run("embed", "--images", _folder["in"]);
        Assert.AreEqual(0, code, error);
        var rows = Parse(output);
        CollectionAssert.AreEqual(
            new[] { "B.png", "a-1.png", "a.png", "b.png", "sub/a.PNG" }.Select(n => Path.Combine(_folder["in"], n.Replace('/', Path.DirectorySeparatorChar))).ToArray(),
            rows.Select(r => r.Path).ToArray());
        foreach (var row in rows) CollectionAssert.AreEqual(rows[0].Embedding, row.Embedding);
        Assert.AreEqual(1, rows[0].Embedding.Sum(v => (double)v * v), 1e-5);
    }

    [TestMethod]
    [DataRow("first", 0)]
    [DataRow("second", 192)]
    public async Task Raw_tokens_are_the_models_own_numbers(string token, int start)
    {
        string file = Directory.GetFiles(Path.Combine(TestModels.PictureFolder, "unseen"))[3];
        var (code, output, error) = await Run("embed", "--images", file, "--model", TestModels.TinyFolder, "--token", token, "--raw");
        Assert.AreEqual(0, code, error);
        using var model = TestModels.LoadTiny();
        using var image = MLImage.CreateFromFile(file);
        float[] pixels = new float[model.PixelValuesPerImage], tokens = new float[384];
        new ImagePreprocessor(84, 84).Preprocess(image, pixels);
        model.EmbedImages(pixels, 1, tokens);
        CollectionAssert.AreEqual(tokens.AsSpan(start, 192).ToArray(), Parse(output).Single().Embedding);
    }

    [TestMethod]
    public async Task A_file_that_is_no_picture_is_named_after_what_came_before_it()
    {
        string source = Directory.GetFiles(Path.Combine(TestModels.PictureFolder, "seen"))[0];
        Directory.CreateDirectory(_folder["in"]);
        File.Copy(source, _folder["in/a.png"]);
        File.WriteAllText(_folder["in/b.png"], "no picture");
        var (code, _, error) = await Run("embed", "--images", _folder["in"]);
        Assert.AreEqual(1, code);
        Assert.Contains($"error: Row 1 ('{_folder["in/b.png"]}'): the picture in column 'Image' cannot be read:", error);
    }

    [TestMethod]
    public async Task Wrong_usage_of_embed_is_code_2()
    {
        Assert.AreEqual(2, (await Run("embed")).Code);
        Assert.AreEqual(2, (await Run("embed", "--images", "x", "--token", "third")).Code);
        Assert.AreEqual(2, (await Run("embed", "--images", "x", "--token", "1")).Code);
    }

    private static (string Path, float[] Embedding)[] Parse(string lines)
        => [.. lines.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line =>
        {
            using var json = JsonDocument.Parse(line);
            CollectionAssert.AreEqual(new[] { "path", "embedding" }, json.RootElement.EnumerateObject().Select(p => p.Name).ToArray());
            return (json.RootElement.GetProperty("path").GetString()!, json.RootElement.GetProperty("embedding").EnumerateArray().Select(v => v.GetSingle()).ToArray());
        })];

    private static async Task<(int Code, string Output, string Error)> Run(params string[] arguments)
    {
        using StringWriter output = new(), error = new();
        int code = await SampleCommands.RunAsync(arguments, output, error);
        return (code, output.ToString(), error.ToString());
    }
}
