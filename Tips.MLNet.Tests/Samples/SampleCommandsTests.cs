using System.CommandLine.Parsing;
using Microsoft.ML.Data;
using Tips.MLNet.Images;
using Tips.MLNet.Samples;
using Tips.MLNet.Samples.Common;
using Tips.MLNet.Tests.Support;
using static Tips.MLNet.Tests.Support.SampleRun;

namespace Tips.MLNet.Tests.Samples;

/// <summary>The samples as a shell sees them.</summary>
[TestClass]
public sealed class SampleCommandsTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    private static string SeenPicture
        => Directory.GetFiles(Path.Combine(TestModels.PictureFolder, "seen")).Order(StringComparer.Ordinal).First();

    /// <summary>77.5 % is the accuracy of the reference code with the same weights on the same pictures.</summary>
    [TestMethod]
    public async Task The_bundled_model_is_trained_and_tested_on_unseen_pictures()
    {
        var (code, output, error) = await Run("knn", "--output", _folder["pipeline.zip"]);
        Assert.AreEqual(0, code, error);
        Assert.Contains("Training keeps the embeddings of 294 pictures of 80 classes.", output);
        Assert.Contains(
            "Each of 80 test pictures, none of them seen in training, then gets the class that most of its 20 nearest neighbors have "
            + "(nearer ones count more).",
            output.ReplaceLineEndings(" "));
        Assert.Contains("Accuracy 77.5 % (62 of 80), top-5 accuracy 93.8 %.", output);
        Assert.Contains("emoji-like drawings only", output);
        Assert.MatchesRegex(@"rhinoceros +black cat +1 +36\.\d %", output);
        Assert.MatchesRegex(@"Loaded it again and classified airplane-arrival[\w.-]+:\s+\d\d\.\d %  airplane arrival", output);
        CollectionAssert.AreEqual(new[] { _folder["pipeline.zip"] }, Directory.GetFiles(_folder.Path));
    }

    [TestMethod]
    public async Task The_same_command_takes_the_users_pictures_and_model()
    {
        CopyClasses("balloon", "bacon");

        string picture = Directory.GetFiles(Path.Combine(TestModels.PictureFolder, "unseen"), "balloon.*.png").Single();
        string[] files = ["--images", _folder["mine"], "--model", TestModels.MiniFolder(), "--output", _folder["p.zip"]];
        var (code, output, error) = await Run(["knn", "-k", "1", "--classify", picture, .. files]);
        Assert.AreEqual(0, code, error);
        Assert.Contains("Model mini-mlp-56x56 turns each picture into 128 numbers", output);
        Assert.MatchesRegex(@"Training keeps the embeddings of \d+ pictures of 2 classes\.", output);
        Assert.DoesNotContain("emoji-like", output);
        Assert.Contains($"Loaded it again and classified {Path.GetFileName(picture)}:", output);
    }

    [TestMethod]
    public async Task Bad_folders_are_named()
    {
        string none = _folder["none"], one = _folder["one"], file = Path.Combine(none, "p.zip");
        Assert.AreEqual(1, (await Run("knn", "--images", none)).Code);
        Directory.CreateDirectory(_folder["one/class"]);
        Assert.Contains("has 1 subfolder, expected one for each of at least 2 classes", await Fails("knn", "--images", one));
        Directory.CreateDirectory(_folder["one/second"]);
        Assert.Contains($"Folder '{one}' has no pictures that can be read", await Fails("knn", "--images", one));
        File.Copy(SeenPicture, _folder["one/second/picture.png"]);
        Assert.Contains($"Class 'class' in '{one}' has no pictures.", await Fails("knn", "--images", one));
        Assert.Contains("There is no model folder", await Fails("knn", "--model", none));
        Assert.Contains($"There is no folder '{none}' for '{file}'.", await Fails("knn", "--output", file));
        Assert.Contains($"'{one}' is a folder, expected a file.", await Fails("knn", "--output", one));
        Assert.Contains($"There is no file or folder '{none}'.", await Fails("embed", "--images", none));
        File.Copy(SeenPicture, _folder["one/class/picture.png"]);
        Assert.Contains("has 1 picture, expected at least 2: one to train on and one for the test.", await Fails("knn", "--images", one));

        static async Task<string> Fails(params string[] arguments) => (await Run(arguments)).Error;
    }

    /// <summary>A bad picture is reported before the minutes that it takes to embed a large folder.</summary>
    [TestMethod]
    public async Task The_picture_to_classify_is_checked_first()
    {
        var (code, output, error) = await Run("knn", "--output", _folder["p.zip"], "--classify", _folder["none.png"]);
        Assert.AreEqual((1, ""), (code, output));
        Assert.AreEqual($"error: There is no picture '{_folder["none.png"]}'.", error.Trim());
        File.WriteAllText(_folder["text.png"], "no picture");
        (code, output, error) = await Run("knn", "--output", _folder["p.zip"], "--classify", _folder["text.png"]);
        Assert.AreEqual((1, ""), (code, output));
        Assert.AreEqual($"error: Picture '{_folder["text.png"]}' cannot be read: it is text, not a picture.", error.Trim());
        Assert.IsFalse(File.Exists(_folder["p.zip.partial"]));
    }

    [TestMethod]
    public async Task A_class_without_a_picture_that_can_be_read_is_an_error()
    {
        foreach (string file in (string[])["a/1.png", "a/2.png", "b/1.png", "b/2.png"])
        {
            Directory.CreateDirectory(Path.GetDirectoryName(_folder[$"in/{file}"])!);
            File.Copy(SeenPicture, _folder[$"in/{file}"]);
        }

        File.WriteAllBytes(_folder["in/b/2.png"], []);
        var (code, _, error) = await Run("knn", "--images", _folder["in"], "--output", _folder["p.zip"]);
        Assert.AreEqual(1, code);
        Assert.MatchesRegex(@"error: No picture of class 'b' can be read \(Embedding (training|test) pictures\)\.", error);
        Assert.Contains($"left out: Picture '{_folder["in/b/2.png"]}' cannot be read: it is empty.", error);
        CollectionAssert.AreEqual(new[] { _folder["in"] }, Directory.GetFileSystemEntries(_folder.Path));
    }

    /// <summary>The pipeline replaces its own file and no other.</summary>
    [TestMethod]
    public async Task Saving_changes_only_the_output_file()
    {
        File.WriteAllText(_folder["p.zip.partial"], "mine");
        string output = _folder["p.zip"];
        try
        {
            File.CreateSymbolicLink(output, _folder["target.zip"]);
        }
        catch (UnauthorizedAccessException)
        {
            output = _folder["target.zip"];
        }

        Assert.AreEqual(0, (await Run("knn", "--output", output)).Code);
        Assert.AreEqual("mine", File.ReadAllText(_folder["p.zip.partial"]));
        Assert.IsGreaterThan(5_000_000L, new FileInfo(_folder["target.zip"]).Length);
        if (output != _folder["target.zip"]) Assert.IsNotNull(new FileInfo(output).LinkTarget);
        if (!OperatingSystem.IsWindows())
            Assert.Contains("'/dev/null' is a device, expected a file", (await Run("knn", "--output", "/dev/null")).Error);
        string root = Path.GetPathRoot(_folder.Path)!;
        Assert.Contains($"'{root}' is a folder, expected a file", (await Run("knn", "--output", root)).Error);
    }

    [TestMethod]
    public async Task Paths_may_begin_with_an_at_sign()
    {
        var (code, _, error) = await Run("embed", "--images", "@none");
        Assert.AreEqual(1, code);
        Assert.Contains("There is no file or folder '@none'.", error);
    }

    [TestMethod]
    [DataRow("{", "is not a model manifest")]
    [DataRow("{}", "manifest.json")]
    public async Task A_damaged_model_gives_one_line_and_exit_code_1(string manifest, string expected)
    {
        Directory.CreateDirectory(_folder["model"]);
        File.WriteAllText(_folder["model/manifest.json"], manifest);
        foreach (string[] command in (string[][])[["embed", "--images", SeenPicture], ["knn", "--output", _folder["p.zip"]]])
        {
            var (code, output, error) = await Run([.. command, "--model", _folder["model"]]);
            Assert.AreEqual((1, ""), (code, output));
            Assert.Contains(expected, error);
            Assert.HasCount(1, error.Trim().Split('\n'));
        }
    }

    [TestMethod]
    [DataRow("--neighbors is '0', expected a whole number of at least 1.", "knn", "-k", "0")]
    [DataRow("--neighbors is 'abc', expected a whole number of at least 1.", "knn", "-k", "abc")]
    [DataRow("--test-fraction is '1', expected a number between 0 and 1.", "knn", "--test-fraction", "1")]
    [DataRow("--test-fraction is 'x', expected a number between 0 and 1.", "knn", "--test-fraction", "x")]
    [DataRow("'x'", "knn", "--seed", "x")]
    [DataRow("--model is empty, expected DIR.", "knn", "--model", "")]
    [DataRow("--images is empty, expected PATH.", "embed", "--images", "")]
    [DataRow("third", "embed", "--images", "x", "--token", "third")]
    [DataRow("'1'", "embed", "--images", "x", "--token", "1")]
    public async Task Wrong_usage_is_exit_code_2_and_goes_to_standard_error(string expected, params string[] arguments)
    {
        var (code, output, error) = await Run(arguments);
        Assert.AreEqual((2, ""), (code, output));
        Assert.Contains(expected, error);
        Assert.Contains("Usage:", error);
    }

    [TestMethod]
    public async Task Canceling_is_exit_code_130()
    {
        using StringWriter output = new(), error = new();
        var canceled = new CancellationToken(canceled: true);
        Assert.AreEqual(130, await SampleCommands.RunAsync(["embed", "--images", SeenPicture], output, error, cancellationToken: canceled));
        Assert.AreEqual(("", "canceled"), (output.ToString(), error.ToString().Trim()));
    }

    /// <summary>Examples in the help must stay valid when options change.</summary>
    [TestMethod]
    public async Task Every_command_has_examples_that_parse()
    {
        var root = SampleCommands.CreateRoot(new SampleContext(TextWriter.Null, TextWriter.Null, TextWriter.Null, () => Stream.Null));
        CollectionAssert.AreEquivalent(root.Subcommands.Select(c => c.Name).ToArray(), SampleCommands.Examples.Keys.ToArray());
        foreach (var (command, examples) in SampleCommands.Examples)
        {
            var (code, help, error) = await Run(command, "--help");
            Assert.AreEqual((0, ""), (code, error));
            foreach (string example in examples)
            {
                var parsed = SampleCommands.Parse(root, [.. CommandLineParser.SplitCommandLine(example)]);
                Assert.IsEmpty(parsed.Errors, example);
                Assert.AreEqual(command, parsed.CommandResult.Command.Name);
                Assert.Contains($"{root.Name} {example}", help);
            }
        }
    }

    /// <summary>Folders as notebooks, file managers and data sets leave them.</summary>
    [TestMethod]
    public async Task Hidden_files_and_links_to_folders_are_skipped()
    {
        foreach (string folder in (string[])["in/a", "in/b", "in/.ipynb_checkpoints"]) Directory.CreateDirectory(_folder[folder]);
        string[] files = ["a/1.png", "a/2.png", "b/1.png", "b/2.png", "b/._1.png", ".ipynb_checkpoints/1.png"];
        foreach (string file in files) File.Copy(SeenPicture, _folder[$"in/{file}"]);
        try
        {
            Directory.CreateSymbolicLink(_folder["in/a/again"], _folder["in"]);
            File.CreateSymbolicLink(_folder["in/b/3.png"], SeenPicture);
        }
        catch (UnauthorizedAccessException e)
        {
            Assert.Inconclusive($"Links cannot be created here: {e.Message}");
        }

        var (code, output, error) = await Run("embed", "--images", _folder["in"]);
        Assert.AreEqual(0, code, error);
        string[] expected = [.. ((string[])["a/1.png", "a/2.png", "b/1.png", "b/2.png", "b/3.png"]).Select(InputPath)];
        CollectionAssert.AreEqual(expected, Parse(output, "path").Select(r => r.Name).ToArray());
        (code, output, error) = await Run("knn", "--images", _folder["in"], "-k", "1", "--output", _folder["p.zip"]);
        Assert.AreEqual(0, code, error);
        Assert.MatchesRegex(@"Training keeps the embeddings of \d+ pictures of 2 classes\.", output);
    }

    [TestMethod]
    public async Task Embed_prints_one_object_per_line_in_ordinal_order()
    {
        Directory.CreateDirectory(_folder["in/sub"]);
        string source = Directory.GetFiles(Path.Combine(TestModels.PictureFolder, "seen"))[0];
        foreach (string name in (string[])["b.png", "B.png", "a.png", "sub/a.PNG", "a-1.png"]) File.Copy(source, _folder[$"in/{name}"]);
        File.WriteAllText(_folder["in/notes.txt"], "not a picture");

        var (code, output, error) = await Run("embed", "--images", _folder["in"]);
        Assert.AreEqual(0, code, error);
        var rows = Parse(output, "path");
        string[] expected = [.. ((string[])["B.png", "a-1.png", "a.png", "b.png", "sub/a.PNG"]).Select(InputPath)];
        CollectionAssert.AreEqual(expected, rows.Select(r => r.Name).ToArray());
        foreach (var row in rows) CollectionAssert.AreEqual(rows[0].Embedding, row.Embedding);
        Assert.AreEqual(1, rows[0].Embedding.Sum(v => (double)v * v), 1e-5);
    }

    [TestMethod]
    [DataRow("first", 0)]
    [DataRow("second", 192)]
    public async Task Raw_tokens_are_the_models_own_values(string token, int start)
    {
        string file = Directory.GetFiles(Path.Combine(TestModels.PictureFolder, "unseen"))[3];
        var (code, output, error) = await Run("embed", "--images", file, "--model", TestModels.TinyFolder, "--token", token, "--raw");
        Assert.AreEqual(0, code, error);
        using var model = TestModels.LoadTiny();
        using var image = MLImage.CreateFromFile(file);
        float[] pixels = new float[model.PixelValuesPerImage], tokens = new float[384];
        new ImagePreprocessor(84, 84).Preprocess(image, pixels);
        model.RunPixels(pixels, 1, tokens);
        CollectionAssert.AreEqual(tokens.AsSpan(start, 192).ToArray(), Parse(output, "path").Single().Embedding);
    }

    [TestMethod]
    public async Task A_bad_picture_costs_only_its_own_line()
    {
        Directory.CreateDirectory(_folder["in"]);
        foreach (string name in (string[])["a.png", "c.png", "e.png"]) File.Copy(SeenPicture, _folder[$"in/{name}"]);
        File.WriteAllText(_folder["in/b.png"], "no picture");
        File.WriteAllBytes(_folder["in/d.png"], TestPictures.ClaimPng(100_000, 100_000));
        var (code, output, error) = await Run("embed", "--images", _folder["in"]);
        Assert.AreEqual(3, code);
        string[] names = [.. Parse(output, "path").Select(r => Path.GetFileName(r.Name))];
        CollectionAssert.AreEqual(new[] { "a.png", "c.png", "e.png" }, names);
        Assert.Contains($"left out: Picture '{_folder["in/b.png"]}' cannot be read: it is text, not a picture.", error);
        Assert.Contains($"left out: Picture '{_folder["in/d.png"]}' cannot be read: its header says 100000x100000 pixels", error);
        Assert.Contains("2 picture(s) left out", error);
    }

    private string InputPath(string name) => Path.Combine(_folder["in"], name.Replace('/', Path.DirectorySeparatorChar));

    // Copies the drawings of some classes into the folder "mine", one subfolder per class.
    private void CopyClasses(params string[] classes)
    {
        foreach (string name in classes)
        {
            Directory.CreateDirectory(_folder[$"mine/{name}"]);
            foreach (string file in Directory.GetFiles(Path.Combine(TestModels.PictureFolder, "seen"), $"{name}.*.png"))
                File.Copy(file, Path.Combine(_folder[$"mine/{name}"], Path.GetFileName(file)));
        }
    }
}
