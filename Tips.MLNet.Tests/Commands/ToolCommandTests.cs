using Tips.MLNet.Tests.Formula;
using Tips.MLNet.Tests.Support;
using Tips.OnnxExport.Checkpoints;
using Tips.OnnxExport.Commands;
using Tips.OnnxExport.Downloads;
using static Tips.MLNet.Tests.Support.ToolRun;

namespace Tips.MLNet.Tests.Commands;

/// <summary>The tool as a shell sees it: arguments in; exit code, standard output and standard error out.</summary>
[TestClass]
public sealed class ToolCommandTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    private static string Checkpoint => GoldenFiles.PathOf("mini", "vision_mlp.npz");

    public void Dispose() => _folder.Dispose();

    [TestMethod]
    public async Task Export_writes_a_folder_and_says_what_it_is()
    {
        var (code, output, error) = await Run(
            "export", "--vision", Checkpoint, "--output", _folder["m"], "--image-size", "84x56", "--name", "mini", "--license", "CC0");
        Assert.AreEqual(0, code, error);
        Assert.AreEqual("", output);
        Assert.Contains(
            "mini: D128x3/14, fp32, embeddings of 128 values.\nImage encoder: 3 blocks, pictures of 84x56 (checkpoint grid 4x4).", error);
        Assert.Contains("License of the weights: CC0.", error);
        using var model = TipsModel.Load(_folder["m"]);
        Assert.AreEqual((84, 56), (model.ImageHeight, model.ImageWidth));
    }

    [TestMethod]
    public async Task One_number_is_a_square()
    {
        Assert.AreEqual(0, (await Run("export", "--vision", Checkpoint, "-o", _folder["m"], "--image-size", "28")).Code);
        using var model = TipsModel.Load(_folder["m"]);
        Assert.AreEqual((28, 28), (model.ImageHeight, model.ImageWidth));
    }

    [TestMethod]
    [DataRow("export")]
    [DataRow("export", "--vision", "x.npz")]
    [DataRow("inspect")]
    [DataRow("frobnicate")]
    [DataRow("export", "--vision", "x.npz", "--output", "m", "--image-size", "big")]
    [DataRow("export", "--vision", "x.npz", "--output", "m", "--license", "")]
    [DataRow("export", "--vision", "x.npz", "--output", "m", "--name", " ")]
    [DataRow("export", "--vision", "", "--output", "m")]
    [DataRow("export", "--vision", "x.npz", "--output", "m", "--image-size", "1x2x3")]
    [DataRow("export", "--text", "t.npz", "--tokenizer", "t.model", "--output", "m", "--image-size", "224")]
    [DataRow("get", "s14-hr", "--no-vision", "--image-size", "224")]
    [DataRow("get", "s14-hr", "--no-vision", "--no-text")]
    public async Task Wrong_usage_is_code_2(params string[] arguments)
    {
        var (code, output, error) = await Run(arguments);
        Assert.AreEqual(2, code);
        Assert.AreEqual("", output, "standard output is for results");
        Assert.Contains("Usage:", error);
    }

    [TestMethod]
    public async Task Failures_are_code_1_and_one_line()
    {
        var (code, output, error) = await Run("export", "--vision", _folder["none.npz"], "--output", _folder["m"]);
        Assert.AreEqual(1, code);
        Assert.AreEqual("", output);
        Assert.AreEqual($"error: There is no checkpoint '{_folder["none.npz"]}'.", error.Trim());
        (_, _, error) = await Run("inspect", _folder.Path);
        Assert.AreEqual(
            $"error: Folder '{_folder.Path}' has neither 'manifest.json' (a model folder) nor 'config.json' (a repository of Hugging "
            + "Face).",
            error.Trim());
        NpzWriter.Create(_folder["empty.npz"]).Dispose();
        (_, _, error) = await Run("export", "--vision", _folder["empty.npz"], "--output", _folder["m"]);
        Assert.Contains(
            "it has neither a key 'patch_embed.proj.weight' (PyTorch layout) nor one that ends in 'ToTokenSequence_0/embedding/kernel' "
            + "(Scenic layout). It is empty.",
            error);
    }

    [TestMethod]
    public async Task A_canceled_export_is_code_130_and_leaves_nothing()
    {
        using StringWriter output = new(), error = new();
        int code = await ToolCommand.RunAsync(
            ["export", "--vision", Checkpoint, "--output", _folder["m"]],
            output,
            error,
            cancellationToken: new CancellationToken(canceled: true));
        Assert.AreEqual(130, code);
        Assert.AreEqual("canceled; nothing was left behind", error.ToString().Trim());
        Assert.IsEmpty(Directory.GetFileSystemEntries(_folder.Path));
    }

    [TestMethod]
    public async Task Names_from_a_file_cannot_drive_the_terminal()
    {
        using (var npz = NpzWriter.Create(_folder["evil.npz"])) npz.Add("a\u001b[2Jb\u202ec", [1], [1f]);
        var (code, output, error) = await Run("inspect", _folder["evil.npz"]);
        Assert.AreEqual(0, code, error);
        Assert.Contains(@"a\u001b[2Jb\u202ec", output);
        (_, _, error) = await Run("export", "--vision", _folder["evil.npz"], "--output", _folder["m"]);
        Assert.Contains(@"Its first keys are 'a\u001b[2Jb\u202ec'.", error);
    }

    [TestMethod]
    public async Task Text_and_tokenizer_go_together()
    {
        foreach (string option in (string[])["--text", "--tokenizer"])
        {
            var (code, _, error) = await Run("export", "--vision", Checkpoint, "--output", _folder["m"], option, "t.npz");
            Assert.AreEqual(2, code);
            Assert.Contains("--text and --tokenizer go together: give both or none.", error);
        }

        string text = GoldenFiles.PathOf("mini", "text.npz"), tokenizer = Path.Combine(TestModels.MiniTextFolder(), "tokenizer.model");
        var (done, _, said) = await Run(
            "export", "--vision", Checkpoint, "--output", _folder["m"], "--text", text, "--tokenizer", tokenizer);
        Assert.AreEqual(0, done, said);
        Assert.Contains("Text encoder: 3 blocks, 512 tokens, temperature 0.0125.", said);
    }

    [TestMethod]
    public async Task A_text_encoder_alone_is_a_model()
    {
        string text = GoldenFiles.PathOf("mini", "text.npz"), tokenizer = Path.Combine(TestModels.MiniTextFolder(), "tokenizer.model");
        var (code, _, error) = await Run("export", "--text", text, "--tokenizer", tokenizer, "--output", _folder["m"]);
        Assert.AreEqual(0, code, error);
        Assert.Contains("Text encoder: 3 blocks, 512 tokens, temperature 0.0125.", error);
        Assert.DoesNotContain("Image encoder", error);
        string[] files = [.. Directory.GetFiles(_folder["m"]).Select(f => Path.GetFileName(f)!).Order(StringComparer.Ordinal)];
        CollectionAssert.AreEqual(
            new[] { "manifest.json", "text.fp32.safetensors", "text_embedding.onnx", "tokenizer.model" }, files);
        using var alone = TipsModel.Load(_folder["m"]);
        using var both = TipsModel.Load(TestModels.MiniTextFolder());
        Assert.AreEqual((false, true), (alone.HasImages, alone.HasText));
        CollectionAssert.AreEqual(both.EmbedText("a cat"), alone.EmbedText("a cat"));
    }

    [TestMethod]
    public async Task Text_parts_that_do_not_fit_are_named()
    {
        string text = GoldenFiles.PathOf("mini", "text.npz"), tokenizer = Path.Combine(
            TestModels.MiniTextFolder(), "tokenizer.model"), large = GoldenFiles.PathOf("tokenizers", "bpe.model");
        Assert.MatchesRegex(
            @"has 512 token embeddings, but tokenizer '.*bpe\.model' has \d+ pieces: they do not belong together\.",
            await Fails("--text", text, "--tokenizer", large));
        Assert.Contains(
            "is not a TIPS text encoder: it has neither a key 'token_embedding.weight' (PyTorch layout) nor one that ends in "
            + "'token_emb/emb_var' (Scenic layout).",
            await Fails("--text", Checkpoint, "--tokenizer", tokenizer));
        Assert.Contains("is not a usable SentencePiece model:", await Fails("--text", text, "--tokenizer", Checkpoint));
        Assert.Contains("There is no tokenizer", await Fails("--text", text, "--tokenizer", _folder["none"]));
        FormulaCheckpoint.WriteText(_folder["wide.npz"], new TextTowerSize("wide", 192, 1, 64, 512), seed: 1);
        Assert.Contains(
            "has width 192, but the image encoder has 128: they are not of one model.",
            await Fails("--text", _folder["wide.npz"], "--tokenizer", tokenizer));

        async Task<string> Fails(params string[] options)
        {
            var (code, _, error) = await Run(["export", "--vision", Checkpoint, "--output", _folder["m"], .. options]);
            Assert.AreEqual(1, code, error);
            Assert.IsFalse(Directory.Exists(_folder["m"]));
            return error;
        }
    }

    [TestMethod]
    public async Task Inspect_lists_tensors_and_what_they_make_up()
    {
        var (code, output, error) = await Run("inspect", Checkpoint);
        Assert.AreEqual(0, code, error);
        Assert.MatchesRegex(@"blocks\.0\.attn\.qkv\.weight +float32 +\[384, 128\] +49,152", output);
        Assert.Contains(
            "TIPS image encoder, PyTorch layout: width 128, 3 blocks, 2 heads, mlp of 512, patches of 14, grid 4x4; default image size "
            + "56x56.",
            output);
    }

    [TestMethod]
    public async Task Inspect_shows_other_archives_too()
    {
        var (code, output, _) = await Run("inspect", GoldenFiles.PathOf("numpy", "stored.npz"));
        Assert.AreEqual(0, code);
        Assert.MatchesRegex(@"bf16 +bfloat16 +\[2, 3, 4\] +24", output);
        Assert.Contains("Not a TIPS encoder", output);
        (_, output, _) = await Run("inspect", GoldenFiles.PathOf("mini", "text.npz"));
        Assert.Contains(
            "TIPS text encoder, PyTorch layout: width 128, 3 blocks, 2 heads, MLP of 512, 512 tokens, temperature 0.0125.", output);
    }

    [TestMethod]
    public async Task Inspect_lists_what_it_can_read_and_names_the_rest()
    {
        using (var npz = NpzWriter.Create(_folder["mixed.npz"]))
        {
            npz.AddRaw("README", "hello"u8, []);
            npz.Add("names", "<U3", [2], new byte[24]);
            npz.Add("params", "|O", [1], "a pickle"u8);
            npz.Add("x", [1], [5f]);
        }

        var (code, output, error) = await Run("inspect", _folder["mixed.npz"]);
        Assert.AreEqual(0, code, error);
        Assert.MatchesRegex(@"x +float32 +\[1\] +1", output);
        Assert.Contains("1 tensors, 1 values, 4 bytes.", output);
        Assert.Contains("Not read: 'README': it is not a .npy array.", output);
        Assert.Contains("Not read: 'names': it is an array of text '<U3' [2], which no weight can be.", output);
        Assert.MatchesRegex("Not read: 'params': it is an object array; .*unpickling", output);
    }

    /// <summary>A checkpoint that a Mac has packed again, with a note and a list of names in it.</summary>
    [TestMethod]
    public async Task A_checkpoint_with_other_files_in_it_is_exported()
    {
        using (var original = NpzCheckpoint.Open(Checkpoint))
        using (var npz = NpzWriter.Create(_folder["vision.npz"]))
        {
            npz.AddRaw("README.md", "hello"u8, []);
            npz.AddRaw("__MACOSX/._cls_token.npy", [0, 5, 22, 7], []);
            npz.Add("names", "<U3", [2], new byte[24]);
            npz.Add("mask", "|b1", [2], new byte[2]);
            foreach (var tensor in original.Tensors.Values) npz.Add(tensor.Name, [.. tensor.Shape], original.Read(tensor.Name));
        }

        var (code, _, error) = await Run("export", "--vision", _folder["vision.npz"], "--output", _folder["m"]);
        Assert.AreEqual(0, code, error);
        Assert.IsTrue(File.Exists(_folder["m/manifest.json"]));
    }

    [TestMethod]
    [DataRow("--help")]
    [DataRow("export", "--help")]
    public async Task Help_goes_to_standard_output(params string[] arguments)
    {
        var (code, output, error) = await Run(arguments);
        Assert.AreEqual(0, code);
        Assert.AreEqual("", error);
        Assert.Contains("Usage:", output);
    }

    /// <summary>Examples in the help must stay valid when options change, and name models that exist.</summary>
    [TestMethod]
    public async Task Every_verb_has_examples_that_parse()
    {
        var root = ToolCommand.CreateRoot(TextWriter.Null, TextWriter.Null);
        CollectionAssert.AreEquivalent(root.Subcommands.Select(c => c.Name).ToArray(), ToolCommand.Examples.Keys.ToArray());
        foreach (var (verb, examples) in ToolCommand.Examples)
        {
            var (_, help, _) = await Run(verb, "--help");
            foreach (string example in examples)
            {
                string[] arguments = example.Split(' ');
                Assert.IsEmpty(ToolCommand.Parse(root, arguments).Errors, example);
                Assert.Contains($"{root.Name} {example}", help);
                if (verb is "get" or "download") Assert.IsNotNull(ReleaseCatalog.TryFind(arguments[1]), example);
            }
        }
    }
}
