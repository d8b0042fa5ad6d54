using Tips.MLNet.Tests.Checkpoints;
using Tips.MLNet.Tests.Formula;
using Tips.MLNet.Tests.Support;
using Tips.OnnxExport.Checkpoints;
using Tips.OnnxExport.Export;
using static Tips.MLNet.Tests.Support.ToolRun;

namespace Tips.MLNet.Tests.Commands;

/// <summary>A repository of Hugging Face: both encoders in one safetensors file, the temperature beside it.</summary>
[TestClass]
public sealed class HuggingFaceTests : IDisposable
{
    private const string Config = "{\"model_type\":\"tipsv2\",\"vision_fn\":\"vit_small\",\"embed_dim\":128,"
        + "\"img_size\":84,\"patch_size\":14,\"text_hidden_size\":128,\"text_mlp_dim\":512,\"text_num_heads\":4,\"text_num_layers\":3,"
        + "\"ffn_layer\":\"mlp\",\"vocab_size\":512,\"max_len\":64,\"temperature\":0.005065968260169029}";

    private readonly TemporaryFolder _folder = new();

    private string Repository => _folder["tipsv2-mini"];

    public void Dispose() => _folder.Dispose();

    [TestMethod]
    public void A_repository_becomes_a_model_folder()
    {
        WriteRepository(Config);
        ModelExporter.Export(HuggingFaceRepository.CreateRequest(Repository, _folder["model"]));
        using var model = TipsModel.Load(_folder["model"]);
        Assert.AreEqual(
            ("tipsv2-mini", 84, 84, 0.005065968260169029f, 4),
            (model.Manifest.Name, model.ImageHeight, model.ImageWidth, model.Temperature, model.Manifest.Text!.Heads));
        CollectionAssert.AreEqual(
            new[] { "model.safetensors", "tokenizer.model", "config.json" }, model.Manifest.Sources.Select(s => s.Name).ToArray());

        // The image encoder is that of the PyTorch checkpoint.
        float[] fromRepository = Embed(model), fromCheckpoint = Embed(TestModels.MiniFolder("mlp", 84, 84));
        CollectionAssert.AreEqual(fromCheckpoint, fromRepository);
    }

    [TestMethod]
    [DataRow("tipsv2-b14", "CC-BY-4.0, Google DeepMind (TIPS)")]
    [DataRow("models--google--tipsv2-so400m14/snapshots/0123", "CC-BY-4.0, Google DeepMind (TIPS)")]
    [DataRow("tipsv1-g14-lr", "CC-BY-4.0, Google DeepMind (TIPS)")]
    [DataRow("tipsv2-mini", "unknown: not a released TIPS checkpoint by its name; set it with --license")]
    [DataRow("b14", "unknown: not a released TIPS checkpoint by its name; set it with --license")]
    public void The_license_goes_by_the_repositorys_name(string folder, string license)
        => Assert.AreEqual(license, ReleasedCheckpoints.LicenseOf(_folder[folder + "/model.safetensors"]));

    [TestMethod]
    public void The_checkpoint_alone_is_enough_for_pictures_and_texts()
    {
        WriteRepository(Config);
        string file = Path.Combine(Repository, "model.safetensors");
        var manifest = ModelExporter.Export(
            new ExportRequest(file, _folder["model"]) { Text = new TextSource(file, TestModels.SmallTokenizer()) });
        Assert.AreEqual((56, 2, null), (manifest.Vision!.ImageHeight, manifest.Text!.Heads, manifest.Text.Temperature));
    }

    [TestMethod]
    public void A_temperature_in_the_checkpoint_counts_for_more_than_the_configurations()
    {
        WriteRepository(Config, extra: [("temperature", [], [0.25f])]);
        Assert.AreEqual(0.25f, ModelExporter.Export(HuggingFaceRepository.CreateRequest(Repository, _folder["model"])).Text!.Temperature);
        Directory.Delete(_folder["model"], recursive: true);
        WriteRepository(Config, extra: [("temperature", [], [-1f])]);
        Assert.Contains("has the temperature -1, expected a positive number.", Fails());
        WriteRepository(Config, extra: [("temperature", [], [0.25f]), ("temperature_contrastive", [], [0.25f])]);
        Assert.Contains("has more than one temperature: 'temperature' and 'temperature_contrastive'.", Fails());
        WriteRepository(Config, extra: [("temperature", [], [0.25f]), ("text_encoder.temperature", [], [0.25f])]);
        Assert.Contains("has more than one temperature: 'temperature' and one among the keys of the text encoder.", Fails());
    }

    [TestMethod]
    [DataRow("\"embed_dim\":128", "\"embed_dim\":768", "has embed_dim 768, but the checkpoint beside it 128.")]
    [DataRow("\"patch_size\":14", "\"patch_size\":16", "has patch_size 16, but the checkpoint beside it 14.")]
    [DataRow("\"text_num_layers\":3", "\"text_num_layers\":12", "has text_num_layers 12, but the checkpoint beside it 3.")]
    [DataRow("\"text_mlp_dim\":512", "\"text_mlp_dim\":1", "has text_mlp_dim 1, but the checkpoint beside it 512.")]
    [DataRow("\"vocab_size\":512", "\"vocab_size\":32000", "has vocab_size 32000, but the checkpoint beside it 512.")]
    [DataRow("\"max_len\":64", "\"max_len\":77", "has max_len 77, expected 64.")]
    [DataRow("\"text_num_heads\":4", "\"text_num_heads\":3", " and 3 heads (from its configuration), expected a divisor of the width")]
    [DataRow("\"text_num_heads\":4", "\"text_num_heads\":0", " and 0 heads (from its configuration), expected 8 to 256 values per head")]
    [DataRow(
        "\"text_num_heads\":4", "\"text_num_heads\":128", " and 128 heads (from its configuration), expected 8 to 256 values per head")]
    [DataRow("\"temperature\":0.005065968260169029", "\"temperature\":1e-60", "has the temperature 1e-60, expected a positive number.")]
    [DataRow("\"max_len\":64", "\"max_len\":64,\"max_len\":64", "cannot be read: ")]
    [DataRow("\"model_type\":\"tipsv2\"", "\"model_type\":\"clip\"", "has the model_type 'clip', expected 'tips', 'tipsv2',")]
    [DataRow("\"temperature\":0.005065968260169029", "\"temperature\":-1", "has the temperature -1, expected a positive number.")]
    [DataRow("\"temperature\":0.005065968260169029", "\"temperature\":1e300", "has the temperature 1e300, expected a positive number.")]
    [DataRow("\"embed_dim\":128", "\"embed_dim\":\"x\"", "has embed_dim \"x\", expected a whole number.")]
    [DataRow("{", "", "cannot be read: ")]
    [DataRow("\"img_size\":84", "\"img_size\":85", "has img_size 85, expected a positive multiple of the patch size 14.")]
    public void A_configuration_that_does_not_fit_is_named(string part, string instead, string expected)
    {
        WriteRepository(Config.Replace(part, instead, StringComparison.Ordinal));
        Exception? e = null;
        try
        {
            ModelExporter.Export(HuggingFaceRepository.CreateRequest(Repository, _folder["model"]));
        }
        catch (Exception caught) when (caught is CheckpointException or ArgumentException)
        {
            e = caught;
        }

        Assert.IsNotNull(e);
        Assert.Contains(expected, e.Message);
        Assert.IsFalse(Directory.Exists(_folder["model"]));
    }

    [TestMethod]
    public void Keys_of_neither_encoder_are_named_and_missing_ones_with_their_prefix()
    {
        WriteRepository(Config, extra: [("other.weight", [2], [1f, 2f])]);
        Assert.Contains("has 1 key(s) that a TIPS model in the Hugging Face layout does not have: 'other.weight' [2].", Fails());
        WriteRepository(Config, without: "vision_encoder.norm.bias");
        Assert.Contains("has no key 'vision_encoder.norm.bias', expected with shape [128].", Fails());
        WriteRepository(
            Config, without: "vision_encoder.pos_embed", extra: [("vision_encoder.pos_embed", [1, 7, 128], new float[7 * 128])]);
        Assert.Contains("has key 'vision_encoder.pos_embed' with 7 rows, expected 1 + a square number.", Fails());
        WriteRepository(Config, without: "text_encoder.ln_final.weight");
        Assert.Contains("has no key 'text_encoder.ln_final.weight', expected with shape [128].", Fails());
    }

    [TestMethod]
    public async Task The_command_line_takes_a_repository_or_files()
    {
        WriteRepository(Config);
        var (code, output, error) = await Run("inspect", Path.Combine(Repository, "model.safetensors"));
        Assert.AreEqual(0, code, error);
        Assert.Contains("TIPS image encoder, Hugging Face layout: width 128, 3 blocks", output);
        Assert.Contains(
            "TIPS text encoder, Hugging Face layout: width 128, 3 blocks, 2 heads, MLP of 512, 512 tokens, temperature not in the file.",
            output);
        (code, _, error) = await Run("export", "--hugging-face", Repository, "--output", _folder["model"], "--precision", "fp16");
        Assert.AreEqual(0, code, error);
        Assert.Contains("tipsv2-mini: D128x3/14, fp16, embeddings of 128 values.", error);
        (code, _, error) = await Run("export", "--hugging-face", Repository, "--vision", "x.npz", "--output", _folder["other"]);
        Assert.AreEqual(2, code);
        Assert.Contains("--hugging-face stands for --vision and --text: give it or them.", error);
        (code, _, error) = await Run("export", "--hugging-face", Repository, "--text", "x.npz", "--output", _folder["other"]);
        Assert.AreEqual(2, code);
        Assert.DoesNotContain("go together", error, "one message");
        (code, _, error) = await Run("export", "--hugging-face", _folder["none"], "--output", _folder["other"]);
        Assert.AreEqual(1, code);
        Assert.Contains(
            $"There is no folder '{_folder["none"]}'; --hugging-face expects one with config.json and model.safetensors (or",
            error);
    }

    private string Fails()
        => Assert.ThrowsExactly<CheckpointException>(
            () => ModelExporter.Export(HuggingFaceRepository.CreateRequest(Repository, _folder["model"]))).Message;

    private static float[] Embed(string folder)
    {
        using var model = TipsModel.Load(folder);
        return Embed(model);
    }

    private static float[] Embed(TipsModel model)
    {
        float[] tokens = new float[256];
        model.RunPixels(TestPictures.FormulaInput(84, 84, seed: 1), 1, tokens);
        return tokens;
    }

    private void WriteRepository(string config, string? without = null, (string, int[], float[])[]? extra = null)
    {
        Directory.CreateDirectory(Repository);
        using var vision = NpzCheckpoint.Open(GoldenFiles.PathOf("mini", "vision_mlp.npz"));
        var tensors = vision.Tensors.Values.Select(t => ("vision_encoder." + t.Name, t.Shape.ToArray(), vision.Read(t.Name)))
            .Concat(FormulaCheckpoint.TextShapes(TextTowerSize.Mini).Select(
                t => ("text_encoder." + t.Key, t.Shape, FormulaCheckpoint.Values(t.Key, t.Shape, seed: 3))));
        SafetensorsWriter.Write(
            Path.Combine(Repository, "model.safetensors"),
            tensors.Where(t => t.Item1 != without).Concat(extra ?? []).ToArray(),
            new() { ["format"] = "pt" });
        File.WriteAllText(Path.Combine(Repository, "config.json"), config);
        File.Copy(TestModels.SmallTokenizer(), Path.Combine(Repository, "tokenizer.model"), overwrite: true);
    }
}
