using System.Text;
using System.Text.Json.Nodes;
using Tips.MLNet.Tests.Checkpoints;
using Tips.MLNet.Tests.Support;
using Tips.MLNet.Text;
using Tips.OnnxExport.Checkpoints;
using Tips.OnnxExport.Export;
using static Tips.MLNet.Tests.Support.ToolRun;

namespace Tips.MLNet.Tests.Commands;

/// <summary>
/// The small files beside a checkpoint: what they say is used, and what this library would do otherwise is refused by name.
/// </summary>
[TestClass]
public sealed class HuggingFaceFilesTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    private string Repository => _folder["repository"];

    public void Dispose() => _folder.Dispose();

    [TestInitialize]
    public void Copy() => TestModels.Copy(GoldenFiles.PathOf("hugging-face", "tipsv2-mini-hub"), Repository);

    [TestMethod]
    [DataRow("vision_config", "hidden_act", "\"gelu_new\"", "has vision_config.hidden_act \"gelu_new\", expected \"gelu\".")]
    [DataRow("vision_config", "layer_norm_eps", "1e-5", "has vision_config.layer_norm_eps 1e-5, expected 1E-06.")]
    [DataRow("vision_config", "num_register_tokens", "4", "has vision_config.num_register_tokens 4, expected 1.")]
    [DataRow("vision_config", "qkv_bias", "false", "has vision_config.qkv_bias false, expected true.")]
    [DataRow("vision_config", "hidden_size", "768", "has vision_config.hidden_size 768, but the checkpoint beside it 64.")]
    [DataRow("vision_config", "num_hidden_layers", "12", "has vision_config.num_hidden_layers 12, but the checkpoint beside it 2.")]
    [DataRow("vision_config", "num_attention_heads", "3", "and 3 heads (from its configuration), expected a divisor of the width.")]
    [DataRow("vision_config", "num_attention_heads", "16", "and 16 heads (from its configuration), expected 8 to 256 values per head.")]
    [DataRow("text_config", "hidden_act", "\"gelu\"", "has text_config.hidden_act \"gelu\", expected \"relu\".")]
    [DataRow("text_config", "layer_norm_eps", "1e-6", "has text_config.layer_norm_eps 1e-6, expected 1E-05.")]
    [DataRow("text_config", "scale_sqrt_depth", "false", "has text_config.scale_sqrt_depth false, expected true.")]
    [DataRow("text_config", "max_position_embeddings", "77", "has text_config.max_position_embeddings 77, expected 64.")]
    [DataRow("text_config", "vocab_size", "\"many\"", "has text_config.vocab_size \"many\", expected a whole number.")]
    [DataRow(null, "temperature_init_value", "0", "has the temperature_init_value 0, expected a positive number.")]
    [DataRow(null, "vision_config", "7", "has a 'vision_config' that is not an object.")]
    public void A_configuration_that_the_graphs_cannot_follow_is_refused(string? part, string key, string value, string expected)
    {
        Change("config.json", part, key, value);
        Assert.Contains(expected, Fails());
    }

    [TestMethod]
    public void Head_counts_come_from_the_configuration_or_the_width()
    {
        Change("config.json", "vision_config", "num_attention_heads", "8");
        Change("config.json", "text_config", "num_attention_heads", "4");
        var manifest = Export();
        Assert.AreEqual((8, 4), (manifest.Vision!.Heads, manifest.Text!.Heads), "down to 8 values a head");
        Change("config.json", "vision_config", "num_attention_heads", null);
        Change("config.json", "text_config", "num_attention_heads", null);
        manifest = Export();
        Assert.AreEqual((1, 1), (manifest.Vision!.Heads, manifest.Text!.Heads), "64 values a head");
    }

    [TestMethod]
    [DataRow("processor_config.json", true)]
    [DataRow("processor_config.json", false)]
    [DataRow("preprocessor_config.json", false)]
    public void The_processors_size_is_the_default(string file, bool nested)
    {
        WriteProcessor(file, nested, settings => settings["size"] = new JsonObject { ["height"] = 84, ["width"] = 112 });
        var manifest = Export();
        Assert.AreEqual((84, 112), (manifest.Vision!.ImageHeight, manifest.Vision.ImageWidth));
        CollectionAssert.Contains(manifest.Sources.Select(s => s.Name).ToArray(), file);
        WriteProcessor(file, nested, settings => settings["size"] = 70);
        Assert.AreEqual(70, Export().Vision!.ImageHeight);
        Assert.AreEqual(56, Export((56, 56)).Vision!.ImageHeight, "--image-size counts for more");
    }

    [TestMethod]
    [DataRow("do_normalize", "true", "has do_normalize true, expected false.")]
    [DataRow("image_mean", "[0.5, 0.5, 0.5]", "has image_mean [0.5,0.5,0.5], expected 0 for every channel")]
    [DataRow("image_std", "[0.5, 0.5, 0.5]", "has image_std [0.5,0.5,0.5], expected 1 for every channel")]
    [DataRow("rescale_factor", "0.0078431372549", "has rescale_factor 0.0078431372549, expected 1/255.")]
    [DataRow("do_rescale", "false", "has do_rescale false, expected true.")]
    [DataRow("do_resize", "false", "has do_resize false, expected true.")]
    [DataRow("do_center_crop", "true", "has do_center_crop true, expected false.")]
    [DataRow("do_grayscale", "true", "has do_grayscale true, expected false.")]
    [DataRow("size", "1400000", "has a size that cannot be used: Image size 1400000x1400000 is too large")]
    [DataRow("resample", "3", "has resample 3, expected 2 (bilinear).")]
    [DataRow("resample", "\"bicubic\"", "has resample \"bicubic\", expected 2 (bilinear).")]
    [DataRow("size", "{\"shortest_edge\": 448}", "has size {\"shortest_edge\":448}, expected a height and a width.")]
    [DataRow("size", "{\"height\": 57, \"width\": 56}", "has the size 57x56, expected positive multiples of the patch size 14.")]
    [DataRow("size", "-14", "has the size -14x-14, expected positive multiples of the patch size 14.")]
    public void A_processor_that_does_something_else_is_refused(string key, string value, string expected)
    {
        foreach (var (file, nested) in (ReadOnlySpan<(string, bool)>)[("processor_config.json", true), ("preprocessor_config.json", false)])
        {
            WriteProcessor(file, nested, settings =>
            {
                if (key is "image_mean" or "image_std") settings.Remove("do_normalize");
                settings[key] = JsonNode.Parse(value);
            });
            string message = Fails();
            Assert.Contains(expected, message);
            Assert.StartsWith($"Processor '{Path.Combine(Repository, file)}' ", message);
            File.Delete(Path.Combine(Repository, file));
        }
    }

    /// <summary>The file of the whole processor may say nothing of pictures; then the other one counts.</summary>
    [TestMethod]
    [DataRow("{\"processor_class\": \"Tipsv2Processor\"}")]
    [DataRow("{\"image_processor\": null}")]
    public void Both_files_may_be_there(string whole)
    {
        WriteProcessor("preprocessor_config.json", nested: false, settings => settings["size"] = 84);
        File.WriteAllText(Path.Combine(Repository, "processor_config.json"), whole);
        Assert.AreEqual(84, Export().Vision!.ImageHeight);
        WriteProcessor("preprocessor_config.json", nested: false, settings => settings["resample"] = 3);
        Assert.Contains("preprocessor_config.json' has resample 3, expected 2 (bilinear).", Fails());
    }

    [TestMethod]
    public void Byte_order_marks_are_accepted()
    {
        string config = Path.Combine(Repository, "config.json"), tokenizer = Path.Combine(Repository, "tokenizer.json");
        File.WriteAllText(config, File.ReadAllText(config), new UTF8Encoding(encoderShouldEmitUTF8Identifier: true));
        string json = File.ReadAllText(GoldenFiles.PathOf("hugging-face", "tipsv2-mini/tokenizer.json"));
        File.WriteAllText(tokenizer, json, new UTF8Encoding(encoderShouldEmitUTF8Identifier: true));
        File.Delete(Path.Combine(Repository, "tokenizer.model"));
        Assert.AreEqual("tokenizer.json", Export().Text!.Tokenizer);
    }

    [TestMethod]
    public async Task What_contradicts_is_refused()
    {
        File.Delete(Path.Combine(Repository, "tokenizer.model"));
        File.Copy(GoldenFiles.PathOf("hugging-face", "tipsv2-mini/tokenizer.json"), Path.Combine(Repository, "tokenizer.json"));
        File.WriteAllText(Path.Combine(Repository, "tokenizer_config.json"), "{\"do_lower_case\": false}");
        Assert.Contains(
            "tokenizer_config.json' has do_lower_case false, but the normalizer of 'tokenizer.json' beside it lowercases.", Fails());
        string pictures = GoldenFiles.PathOf("hugging-face", "layouts/vision-only");
        var (code, _, error) = await Run(
            "export", "--hugging-face", pictures, "--tokenizer", TestModels.SmallTokenizer(), "--output", _folder["model"]);
        Assert.AreEqual(1, code);
        Assert.Contains($"A tokenizer was given, but folder '{pictures}' has no text encoder.", error);
        Directory.CreateDirectory(_folder["empty"]);
        (code, _, error) = await Run("inspect", _folder["empty"]);
        Assert.AreEqual(1, code);
        Assert.Contains("has neither 'manifest.json' (a model folder) nor 'config.json' (a repository of Hugging Face).", error);
    }

    [TestMethod]
    public void A_normalization_that_changes_nothing_is_accepted()
    {
        WriteProcessor("preprocessor_config.json", nested: false, settings =>
        {
            settings["do_normalize"] = true;
            settings["image_mean"] = new JsonArray(0, 0, 0);
            settings["image_std"] = new JsonArray(1.0, 1.0, 1.0);
        });
        Export();
        WriteProcessor("preprocessor_config.json", nested: false, settings => settings["image_mean"] = new JsonArray(0.5, 0.5, 0.5));
        Export(); // do_normalize is false
    }

    [TestMethod]
    public async Task A_tokenizer_may_stand_beside_the_folder()
    {
        File.Delete(Path.Combine(Repository, "tokenizer.model"));
        var (code, _, error) = await Run("export", "--hugging-face", Repository, "--output", _folder["none"]);
        Assert.AreEqual(0, code, error);
        Assert.Contains(
            "There is no tokenizer, so the model takes token ids only. To embed texts, export it again with '--tokenizer FILE'.", error);
        string json = Path.Combine(GoldenFiles.PathOf("hugging-face", "tipsv2-mini"), "tokenizer.json");
        (code, _, error) = await Run("export", "--hugging-face", Repository, "--tokenizer", json, "--output", _folder["json"]);
        Assert.AreEqual(0, code, error);
        using var model = TipsModel.Load(_folder["json"]);
        Assert.IsTrue(model.HasTokenizer);
        Assert.AreEqual(TokenizerRule.HuggingFace, model.Tokenizer.Rule);
        var verified = await Run("verify", _folder["none"], "--against", _folder["json"]);
        Assert.AreEqual(0, verified.Code, verified.Error);
        Assert.Contains("16 pictures, 20 rows of token ids.", verified.Output);
        Assert.MatchesRegex("token ids +1\\.000000", verified.Output);
        File.Copy(json, Path.Combine(Repository, "tokenizer.json"));
        File.Copy(TestModels.SmallTokenizer(), Path.Combine(Repository, "tokenizer.model"));
        Assert.AreEqual("tokenizer.model", Export().Text!.Tokenizer, "where both are, the publisher's own");
    }

    [TestMethod]
    public void Float16_weights_are_read()
    {
        string file = Path.Combine(Repository, "model.safetensors");
        using (var checkpoint = CheckpointFile.Open(file))
        {
            var tensors = checkpoint.Tensors.Values.Select(t => (t.Name, t.Shape.ToArray(), checkpoint.Read(t.Name))).ToArray();
            SafetensorsWriter.WriteHalf(_folder["half.safetensors"], tensors);
        }

        using var whole = CheckpointFile.Open(file);
        File.Move(_folder["half.safetensors"], file + ".half");
        using var half = CheckpointFile.Open(file + ".half");
        Assert.IsTrue(half.Tensors.Values.All(t => t.Type == ElementType.Float16));
        foreach (string key in half.Tensors.Keys)
            CollectionAssert.AreEqual(whole.Read(key).Select(v => (float)(Half)v).ToArray(), half.Read(key), key);
        File.Move(file + ".half", file, overwrite: true);
        Export();
    }

    private static JsonNode? Parse(string? value) => value is null ? null : JsonNode.Parse(value);

    private Tips.MLNet.Models.TipsManifest Export((int, int)? size = null)
    {
        if (Directory.Exists(_folder["model"])) Directory.Delete(_folder["model"], recursive: true);
        return ModelExporter.Export(HuggingFaceRepository.CreateRequest(Repository, _folder["model"]) with { ImageSize = size });
    }

    private string Fails()
    {
        string message = Assert.ThrowsExactly<CheckpointException>(() => Export()).Message;
        Assert.IsFalse(Directory.Exists(_folder["model"]));
        return message;
    }

    private void Change(string file, string? part, string key, string? value)
    {
        string path = Path.Combine(Repository, file);
        var root = JsonNode.Parse(File.ReadAllText(path))!.AsObject();
        var target = part is null ? root : root[part]!.AsObject();
        if (value is null) target.Remove(key);
        else target[key] = Parse(value);
        File.WriteAllText(path, root.ToJsonString());
    }

    private void WriteProcessor(string file, bool nested, Action<JsonObject> change)
    {
        File.Delete(Path.Combine(Repository, "preprocessor_config.json"));
        string golden = GoldenFiles.PathOf("hugging-face", "tipsv2-mini-hub/preprocessor_config.json");
        var settings = JsonNode.Parse(File.ReadAllText(golden))!.AsObject();
        change(settings);
        JsonNode root = nested ? new JsonObject { ["image_processor"] = settings, ["processor_class"] = "Tipsv2Processor" } : settings;
        File.WriteAllText(Path.Combine(Repository, file), root.ToJsonString());
    }
}
