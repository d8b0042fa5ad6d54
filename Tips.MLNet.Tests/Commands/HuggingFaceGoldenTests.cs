using System.Globalization;
using System.Numerics.Tensors;
using Microsoft.ML;
using Microsoft.ML.Data;
using Tips.MLNet.Tests.Support;
using Tips.MLNet.Text;
using Tips.MLNet.Transforms;
using static Tips.MLNet.Tests.Support.ToolRun;

namespace Tips.MLNet.Tests.Commands;

/// <summary>
/// Folders that Hugging Face's transformers wrote itself, in each of its ways, against what it computes from them.
/// </summary>
[TestClass]
public sealed class HuggingFaceGoldenTests : IDisposable
{
    private const float Embeddings = 5e-6f, Logits = 1e-3f;

    private readonly TemporaryFolder _folder = new();

    public TestContext TestContext { get; set; } = null!;

    public void Dispose() => _folder.Dispose();

    [TestMethod]
    [DataRow("tipsv2-mini", 2, 0.0125f, "112x112")]
    [DataRow("tipsv2-mini-hub", 1, 0.0125f)]
    [DataRow("tipsv2-mini-hub-flat", 1, 0.0125f)]
    [DataRow("tipsv2-mini-swiglu", 1, 0.02f)]
    [DataRow("tipsv2-mini-bf16", 2, 0.01251220703125f)]
    [DataRow("layouts/own-names", 2, 0.0125f)]
    [DataRow("layouts/own-names-resaved", 2, 0.0125f)]
    [DataRow("layouts/from-config", 2, 0.0125f)]
    [DataRow("layouts/sharded", 2, 0.0125f)]
    [DataRow("layouts/vision-only", 2, null)]
    [DataRow("layouts/vision-only-from-config", 2, null)]
    [DataRow("layouts/text-only", 2, null)]
    public async Task Every_folder_gives_the_librarys_own_outputs(string name, int heads, float? temperature, params string[] moreSizes)
    {
        string repository = Repository(name);
        bool onlyTexts = name.EndsWith("text-only", StringComparison.Ordinal);
        var golden = GoldenFiles.ReadArrays(Path.Combine(
            GoldenFiles.PathOf(
                "hugging-face", name.StartsWith("layouts/", StringComparison.Ordinal) ? "layouts" : Name(name)), "golden.npz"));
        string[] sizes = onlyTexts ? [""] : ["56x56", "84x56", .. moreSizes];
        foreach (string size in sizes)
        {
            // The first size is the default, which the folder states.
            string[] sizeOption = size is "56x56" or "" ? [] : ["--image-size", size];
            string output = _folder[$"model-{size}"];
            var (code, _, error) = await Run(["export", "--hugging-face", repository, "--output", output, .. sizeOption]);
            Assert.AreEqual(0, code, error);
            using var model = TipsModel.Load(output);
            Assert.AreEqual(temperature, model.Temperature);
            if (!onlyTexts) CheckPictures(model, golden, size, heads);
            if (model.HasText) CheckTexts(model, golden, heads);
            if (model.HasText && model.HasImages) CheckLogits(model, golden, size);
        }
    }

    [TestMethod]
    [DataRow("tipsv2-mini")]
    [DataRow("layouts/own-names-resaved")]
    [DataRow("layouts/sharded")]
    public async Task The_same_folder_exports_to_the_same_bytes(string name)
    {
        foreach (string output in (string[])["a", "b"])
            Assert.AreEqual(0, (await Run("export", "--hugging-face", Repository(name), "--output", _folder[output])).Code);
        string[] files = [.. Directory.GetFiles(_folder["a"]).Select(f => Path.GetFileName(f))];
        Assert.IsGreaterThan(4, files.Length);
        foreach (string file in files)
        {
            CollectionAssert.AreEqual(
                File.ReadAllBytes(Path.Combine(_folder["a"], file)), File.ReadAllBytes(Path.Combine(_folder["b"], file)), file);
        }
    }

    [TestMethod]
    [DataRow("tipsv2-mini", TokenizerRule.HuggingFace, "tokenizer.json")]
    [DataRow("tipsv2-mini-hub", TokenizerRule.SentencePiece, "tokenizer.model")]
    public async Task The_tokenizer_of_a_folder_decides_its_ids(string name, TokenizerRule rule, string file)
    {
        Assert.AreEqual(0, (await Run("export", "--hugging-face", Repository(name), "--output", _folder["model"])).Code);
        using var model = TipsModel.Load(_folder["model"]);
        Assert.AreEqual(
            (rule, file, rule.ToString()), (model.Tokenizer.Rule, model.Manifest.Text!.Tokenizer, model.Manifest.Text.TokenizerRule));
        bool same = model.EmbedText("É").SequenceEqual(model.EmbedText("é"));
        Assert.AreEqual(rule == TokenizerRule.HuggingFace, same, "only transformers lowercases É");
        foreach (string path in (string[])[_folder["model"], Repository(name)])
        {
            var (_, output, _) = await Run("inspect", path);
            Assert.Contains($"Tokenizer: {file}, read as {(same ? "Hugging Face's transformers" : "SentencePiece")} does", output);
        }

        // A saved pipeline keeps the rule with the model.
        var mlContext = new MLContext();
        var rows = mlContext.Data.LoadFromEnumerable(new[] { new Line { Text = "É" }, new Line { Text = "é" } });
        var pipeline = mlContext.Transforms.TipsTextEmbedding("Embedding", "Text", model).Fit(rows);
        mlContext.Model.Save(pipeline, rows.Schema, _folder["p.zip"]);
        using var loaded = (TipsTextEmbeddingTransformer)mlContext.Model.Load(_folder["p.zip"], out _);
        Assert.AreEqual(rule, loaded.Model.Tokenizer.Rule);
        float[][] embeddings = [.. loaded.Transform(rows).GetColumn<float[]>("Embedding")];
        CollectionAssert.AreEqual(model.EmbedText("É"), embeddings[0]);
        Assert.AreEqual(same, embeddings[0].SequenceEqual(embeddings[1]));
    }

    /// <summary>Texts and a photograph through the processor that was saved with the model.</summary>
    [TestMethod]
    public async Task The_processor_gives_the_same_ids_and_embeddings()
    {
        string repository = GoldenFiles.PathOf("hugging-face", "tipsv2-mini");
        Assert.AreEqual(0, (await Run("export", "--hugging-face", repository, "--output", _folder["model"])).Code);
        using var model = TipsModel.Load(_folder["model"]);
        var golden = GoldenFiles.ReadArrays(Path.Combine(repository, "processor.golden.npz"));
        string[] texts = System.Text.Json.JsonSerializer.Deserialize<string[]>(
            File.ReadAllBytes(Path.Combine(repository, "processor.texts.json")))!;
        CollectionAssert.AreEqual(
            golden["input_ids"].Select(id => (long)id).ToArray(), model.Tokenizer.EncodeBatch(texts), "ids, cut to 64 and padded");
        float[] picture = model.EmbedImage(GoldenFiles.PathOf("images", "cat.jpg"));
        Close.AreClose(golden["image_embeds"], picture, 1e-3f);
        float[][] embeddings = model.EmbedTexts(texts, normalize: false);
        for (int i = 0; i < 4; i++) Close.AreClose(golden["text.pooler"].AsSpan(i * 128, 128), embeddings[i], Close.RawTokens, texts[i]);
        Assert.IsTrue(embeddings[4].All(v => v == 0), "an empty text is the zero vector; transformers gives NaN");
    }

    [TestMethod]
    public async Task A_snapshot_in_the_Hubs_cache_is_a_folder_of_links()
    {
        string cache = _folder["models--google--tipsv2-mini"], snapshot = Path.Combine(cache, "snapshots", "abc");
        Directory.CreateDirectory(snapshot);
        Directory.CreateDirectory(Path.Combine(cache, "refs"));
        Directory.CreateDirectory(Path.Combine(cache, "blobs"));
        File.WriteAllText(Path.Combine(cache, "refs", "main"), "abc");
        int blob = 0;
        foreach (string file in Directory.GetFiles(GoldenFiles.PathOf("hugging-face", "layouts/sharded")))
        {
            string name = (blob++).ToString(CultureInfo.InvariantCulture);
            File.Copy(file, Path.Combine(cache, "blobs", name));
            File.CreateSymbolicLink(Path.Combine(snapshot, Path.GetFileName(file)), Path.Combine("..", "..", "blobs", name));
        }

        foreach (string path in (string[])[snapshot, cache])
        {
            string output = _folder[$"model-{path.Length}"];
            var (code, _, error) = await Run("export", "--hugging-face", path, "--output", output);
            Assert.AreEqual(0, code, error);
            using var model = TipsModel.Load(output, warmUp: true);
            Assert.IsTrue(model.HasImages && model.HasText);
            Assert.AreEqual(
                "Model 'tipsv2-mini' was exported without a tokenizer, so it takes token ids only (TipsModel.RunTokens). To embed texts, "
                + "export it again with '--tokenizer FILE'.",
                Assert.ThrowsExactly<InvalidOperationException>(() => model.EmbedText("a cat")).Message);
            (code, _, error) = await Run("verify", output);
            Assert.AreEqual(0, code, error);
        }
    }

    private sealed class Line
    {
        public string Text { get; set; } = "";
    }

    private static string Name(string name) => name == "tipsv2-mini-hub-flat" ? "tipsv2-mini-hub" : name;

    // The flat folder has only its configuration; the rest is that of the nested one.
    private string Repository(string name)
    {
        string folder = GoldenFiles.PathOf("hugging-face", name);
        if (Name(name) == name) return folder;
        string copy = _folder[name];
        TestModels.Copy(GoldenFiles.PathOf("hugging-face", Name(name)), copy);
        File.Copy(Path.Combine(folder, "config.json"), Path.Combine(copy, "config.json"), overwrite: true);
        return copy;
    }

    private void CheckPictures(TipsModel model, Dictionary<string, float[]> golden, string size, int heads)
    {
        Assert.AreEqual(heads, model.Manifest.Vision!.Heads);
        Assert.AreEqual(size, $"{model.ImageHeight}x{model.ImageWidth}");
        int dimension = model.EmbeddingDimension;
        float[] input = TestPictures.FormulaInput(model.ImageHeight, model.ImageWidth, seed: 3);
        float[] tokens = new float[2 * dimension], patches = new float[model.PatchCount * dimension];
        model.RunPixels(input, 1, tokens, patches);
        Check(golden[$"{size}.cls1"], tokens.AsSpan(0, dimension), Close.RawTokens, "cls1");
        Check(golden[$"{size}.cls2"], tokens.AsSpan(dimension), Close.RawTokens, "cls2");
        Check(golden[$"{size}.patches"], patches, Close.RawTokens, "patches");
        Check(golden[$"{size}.image_embeds"], Image(model), Embeddings, "image_embeds");
    }

    private void CheckTexts(TipsModel model, Dictionary<string, float[]> golden, int heads)
    {
        Assert.AreEqual(heads, model.Manifest.Text!.Heads);
        Check(golden["text.pooler"], Texts(model, golden, normalize: false), Close.RawTokens, "text.pooler");
        Check(golden["text.embeds"], Texts(model, golden, normalize: true), Embeddings, "text.embeds");
    }

    private void CheckLogits(TipsModel model, Dictionary<string, float[]> golden, string size)
    {
        float[] image = Image(model), texts = Texts(model, golden, normalize: true);
        float[] logits =
        [
            .. texts.Chunk(model.EmbeddingDimension).Select(text => TensorPrimitives.Dot<float>(text, image) / model.Temperature!.Value),
        ];
        Check(golden[$"{size}.logits_per_image"], logits, Logits, "logits_per_image");
    }

    private static float[] Image(TipsModel model)
    {
        float[] tokens = new float[2 * model.EmbeddingDimension];
        model.RunPixels(TestPictures.FormulaInput(model.ImageHeight, model.ImageWidth, seed: 3), 1, tokens);
        float[] first = tokens[..model.EmbeddingDimension];
        TipsModel.Normalize(first);
        return first;
    }

    private static float[] Texts(TipsModel model, Dictionary<string, float[]> golden, bool normalize)
    {
        long[] ids = [.. golden["ids"].Zip(golden["attention_mask"]).Select(p => p.Second == 0 ? 0 : (long)p.First)];
        int count = ids.Length / TipsTokenizer.MaximumLength;
        float[] embeddings = new float[count * model.EmbeddingDimension];
        model.RunTokens(ids, count, TipsTokenizer.MaximumLength, embeddings);
        if (normalize)
        {
            for (int i = 0; i < count; i++) TipsModel.Normalize(embeddings.AsSpan(i * model.EmbeddingDimension, model.EmbeddingDimension));
        }

        return embeddings;
    }

    private void Check(ReadOnlySpan<float> expected, ReadOnlySpan<float> actual, float tolerance, string what)
    {
        TestContext.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{what}: {Close.MaximumDifference(expected, actual):E1}"));
        Close.AreClose(expected, actual, tolerance, what);
    }
}
