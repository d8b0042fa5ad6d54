using System.Globalization;
using Tips.MLNet.Tests.Formula;
using Tips.MLNet.Tests.Support;

namespace Tips.MLNet.Tests.Graphs;

/// <summary>Whole text towers against the reference PyTorch implementation.</summary>
[TestClass]
public class TextParityTests
{
    public TestContext TestContext { get; set; } = null!;

    [TestMethod]
    public void The_mini_tower() => Check(TestModels.MiniTextFolder(), GoldenFiles.PathOf("mini", "text.golden.npz"));

    [TestMethod]
    public void The_mini_tower_of_the_Scenic_release()
        => Check(TestModels.ScenicTextFolder(), GoldenFiles.PathOf("mini", "scenic_text.golden.npz"));

    [TestMethod]
    [DataRow("S")]
    [DataRow("B")]
    public void Released_sizes(string variant) => CheckReleasedSize(variant);

    [TestMethod]
    [TestCategory("Slow")]
    [DataRow("L")]
    [DataRow("So400m")]
    [DataRow("g")]
    public void Large_released_sizes(string variant)
    {
        CheckReleasedSize(variant);
        TestModels.Forget(TowerSize.All.Single(s => s.Variant == variant));
    }

    /// <summary>Alone, in a batch with longer texts, padded to any length: the same but for the order of float32 sums.</summary>
    [TestMethod]
    public void An_embedding_depends_neither_on_padding_nor_on_the_batch()
    {
        using var model = TipsModel.Load(TestModels.MiniTextFolder(), TestExecution.Options);
        long[] thirty = [.. Enumerable.Range(10, 30).Select(i => (long)i)], longest = [.. Enumerable.Range(1, 64).Select(i => (long)i)];
        long[][] texts = [[5], [7, 9, 11], thirty, longest, []];
        float[] together = Embed(model, texts, 64);
        for (int i = 0; i < texts.Length; i++)
        {
            float[] expected = together[(i * 128)..((i + 1) * 128)];
            foreach (int length in (int[])[Math.Max(texts[i].Length, 1), 50, 64])
            {
                if (length >= texts[i].Length)
                    Close.AreClose(expected, Embed(model, [texts[i]], length), 2e-6f, $"text {i} at length {length}");
            }
        }
    }

    [TestMethod]
    public void The_empty_text_is_the_zero_vector()
    {
        using var model = TipsModel.Load(TestModels.MiniTextFolder());
        CollectionAssert.AreEqual(new float[3 * 128], Embed(model, [[], [], []], 7));
        Assert.IsTrue(Embed(model, [[], [3]], 7)[..128].All(v => v == 0));
    }

    [TestMethod]
    public void The_manifest_and_the_model_tell_about_the_text_encoder()
    {
        using var model = TipsModel.Load(TestModels.MiniTextFolder());
        Assert.IsTrue(model.HasText);
        Assert.AreEqual(0.0125f, model.Temperature);
        var text = model.Manifest.Text!;
        Assert.AreEqual(
            (3, 2, 512, 512, 64, "tokenizer.model"),
            (text.Layers, text.Heads, text.FeedForwardDimension, text.VocabularySize, text.MaximumLength, text.Tokenizer));
        Assert.HasCount(3, model.Manifest.Sources);
        Assert.AreEqual(29, model.Tokenizer.VocabularySize);

        using var pictures = TipsModel.Load(TestModels.MiniFolder());
        Assert.IsFalse(pictures.HasText);
        Assert.IsNull(pictures.Temperature);
        const string expected =
            "Model 'mini-mlp-56x56' has no text encoder. To add it, export its checkpoint with '--text FILE --tokenizer FILE' "
            + "(and '--vision' for both), or 'get' it without --no-text.";
        Assert.AreEqual(expected, Assert.ThrowsExactly<InvalidOperationException>(() => pictures.Tokenizer).Message);
        Assert.AreEqual(
            expected, Assert.ThrowsExactly<InvalidOperationException>(() => pictures.RunTokens(new long[1], 1, 1, new float[128])).Message);
    }

    [TestMethod]
    public void A_tokenizer_that_was_changed_or_does_not_pad_is_refused()
    {
        using var folder = new TemporaryFolder();
        TestModels.Copy(TestModels.MiniTextFolder(), folder["model"]);
        string tokenizer = Path.Combine(folder["model"], "tokenizer.model");
        byte[] bytes = File.ReadAllBytes(tokenizer);
        using (var model = TipsModel.Load(folder["model"]))
        {
            bytes[^1] ^= 1;
            File.WriteAllBytes(tokenizer, bytes);
            Assert.Contains(
                "is not the one that the manifest lists", Assert.ThrowsExactly<InvalidDataException>(() => model.Tokenizer).Message);
            bytes[^1] ^= 1;
            File.WriteAllBytes(tokenizer, bytes);
            Assert.AreEqual(29, model.Tokenizer.VocabularySize, "a failure passes");
        }

        var without = SmallSentencePieceModel.Create();
        without.Pieces.RemoveAt(0);
        File.WriteAllBytes(folder["unk0.model"], Google.Protobuf.MessageExtensions.ToByteArray(without));
        var request = new Tips.OnnxExport.Export.ExportRequest(
            GoldenFiles.PathOf("mini", "vision_mlp.npz"),
            folder["out"])
        { Text = new Tips.OnnxExport.Export.TextSource(GoldenFiles.PathOf("mini", "text.npz"), folder["unk0.model"]) };
        Assert.Contains(
            "uses the id 0 for '<unk>', expected a control piece for padding.",
            Assert.ThrowsExactly<InvalidDataException>(() => Tips.OnnxExport.Export.ModelExporter.Export(request)).Message);
        Assert.IsFalse(Directory.Exists(folder["out"]));
    }

    [TestMethod]
    [DataRow("temperature", -1f, "has the temperature -1, expected a positive number.")]
    [DataRow("token_embedding.weight", 3e38f, "cannot be exported: weight 'text.token_embedding' would get Infinity as value 0,")]
    public void Bad_numbers_of_a_text_checkpoint_are_said_of_it(string key, float value, string expected)
    {
        using var folder = new TemporaryFolder();
        var arrays = GoldenFiles.ReadArrays(GoldenFiles.PathOf("mini", "text.npz"));
        using (var source = Tips.OnnxExport.Checkpoints.NpzCheckpoint.Open(GoldenFiles.PathOf("mini", "text.npz")))
        using (var npz = NpzWriter.Create(folder["text.npz"]))
        {
            foreach (var (name, tensor) in source.Tensors)
            {
                if (name == key) Array.Fill(arrays[name], value);
                npz.Add(name, tensor.Shape.Count == 0 ? [1] : [.. tensor.Shape], arrays[name]);
            }
        }

        var request = new Tips.OnnxExport.Export.ExportRequest(
            GoldenFiles.PathOf("mini", "vision_mlp.npz"),
            folder["out"])
        { Text = new Tips.OnnxExport.Export.TextSource(folder["text.npz"], Path.Combine(TestModels.MiniTextFolder(), "tokenizer.model")) };
        string message = Assert.ThrowsExactly<Tips.OnnxExport.Checkpoints.CheckpointException>(
            () => Tips.OnnxExport.Export.ModelExporter.Export(request)).Message;
        Assert.StartsWith($"Checkpoint '{folder["text.npz"]}' ", message);
        Assert.Contains(expected, message);
        Assert.IsFalse(Directory.Exists(folder["out"]));
    }

    [TestMethod]
    public void Wrong_ids_and_buffers_are_named()
    {
        using var model = TipsModel.Load(TestModels.MiniTextFolder());
        Assert.Contains(
            "An id is out of range; expected 0 to 511.",
            Assert.ThrowsExactly<ArgumentException>(() => model.RunTokens(new long[] { 512 }, 1, 1, new float[128])).Message);
        Assert.Contains(
            "An id is out of range; expected 0 to 511.",
            Assert.ThrowsExactly<ArgumentException>(() => model.RunTokens(new long[] { -1 }, 1, 1, new float[128])).Message);
        Assert.Contains(
            "The buffer has 1 elements; [2, 1] needs 2.",
            Assert.ThrowsExactly<ArgumentException>(() => model.RunTokens(new long[1], 2, 1, new float[256])).Message);
        Assert.ThrowsExactly<ArgumentOutOfRangeException>(() => model.RunTokens(new long[65], 1, 65, new float[128]));
        Assert.ThrowsExactly<ArgumentOutOfRangeException>(() => model.RunTokens(new long[1], 0, 1, new float[128]));
    }

    private void CheckReleasedSize(string variant)
        => Check(TestModels.FormulaTextFolder(
            TextTowerSize.All.Single(s => s.Variant == variant)), GoldenFiles.PathOf("text", $"text_{variant}_seed1.npz"));

    private void Check(string folder, string goldenFile)
    {
        var golden = GoldenFiles.ReadArrays(goldenFile);
        const int length = 64;
        int count = golden["ids"].Length / length;
        // The reference is told which positions are padding; here they have the id 0.
        long[] ids = [.. golden["ids"].Zip(golden["paddings"]).Select(p => p.Second == 1 ? 0 : (long)p.First)];
        using var model = TipsModel.Load(folder, TestExecution.Options);
        float[] embeddings = new float[count * model.EmbeddingDimension];
        model.RunTokens(ids, count, length, embeddings);
        TestContext.WriteLine(
            string.Create(
                CultureInfo.InvariantCulture, $"text embeddings: {Close.MaximumDifference(golden["embeddings"], embeddings):E1}"));
        Close.AreClose(golden["embeddings"], embeddings, Close.RawTokens);
    }

    private static float[] Embed(TipsModel model, long[][] texts, int length)
    {
        long[] ids = new long[texts.Length * length];
        for (int i = 0; i < texts.Length; i++) texts[i].CopyTo(ids, i * length);
        float[] embeddings = new float[texts.Length * model.EmbeddingDimension];
        model.RunTokens(ids, texts.Length, length, embeddings);
        return embeddings;
    }
}
