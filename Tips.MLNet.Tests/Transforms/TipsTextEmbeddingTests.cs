using CsCheck;
using Microsoft.ML;
using Microsoft.ML.Data;
using Tips.MLNet.Tests.Support;
using Tips.MLNet.Transforms;

namespace Tips.MLNet.Tests.Transforms;

[TestClass]
public class TipsTextEmbeddingTests
{
    private static TipsModel _model = null!;

    private readonly MLContext _ml = new(seed: 1);

    [ClassInitialize]
    public static void Load(TestContext _) => _model = TestModels.LoadTiny();

    [ClassCleanup]
    public static void Unload() => _model.Dispose();

    /// <summary>Whatever the texts and the batch size, every row gets the embedding that its text gets alone.</summary>
    [TestMethod]
    public void Every_row_gets_its_own_embedding()
        => Gen.Select(Gen.String[Gen.Char[' ', 'z'], 0, 200].Array[1, 40], Gen.Int[1, 50]).Sample(
            (texts, batchSize) =>
            {
                float[][] rows = [.. Embed(texts, new() { BatchSize = batchSize })];
                for (int i = 0; i < texts.Length; i++) Close.AreClose(Alone(texts[i]), rows[i], 2e-6f, texts[i]);
            },
            iter: 10,
            threads: 1);

    [TestMethod]
    public void Raw_embeddings_are_the_models_output()
    {
        float[] raw = Embed(["a red apple"], new() { Normalize = false }).Single(), normalized = Embed(["a red apple"]).Single();
        TipsModel.Normalize(raw);
        CollectionAssert.AreEqual(raw, normalized);
        Assert.AreEqual(1, Math.Sqrt(normalized.Sum(v => (double)v * v)), 1e-5);
    }

    [TestMethod]
    public void Empty_and_missing_texts_are_zeros()
    {
        var log = new List<string>();
        _ml.Log += (_, e) => log.Add($"{e.Kind} {e.RawMessage}");
        float[][] rows = [.. Embed(["pear", "apple", null!, "   ", ""])];
        foreach (int i in (int[])[2, 3, 4]) Assert.IsTrue(rows[i].All(v => v == 0));
        Assert.IsTrue(rows[1].Any(v => v != 0));
        Assert.StartsWith(
            "Warning Row 2: the text in column 'Text' is null, empty or blank, so its embedding is the zero vector,",
            log.Single(m => m.StartsWith("Warning ", StringComparison.Ordinal)));
    }

    [TestMethod]
    public void The_schema_is_the_same_before_and_after_fitting()
    {
        var data = Rows(["a"]);
        var estimator = _ml.Transforms.TipsTextEmbedding("Embedding", "Text", _model);
        var shape = estimator.GetOutputSchema(SchemaShapes.Of(data.Schema)).Single(c => c.Name == "Embedding");
        var schema = estimator.Fit(data).GetOutputSchema(data.Schema);
        Assert.AreEqual(new VectorDataViewType(NumberDataViewType.Single, 192), schema["Embedding"].Type);
        Assert.IsTrue(schema["Embedding"].IsNormalized());
        Assert.IsTrue(shape.Annotations.Any(a => a.Name == "IsNormalized"));
    }

    [TestMethod]
    public void Misuse_is_reported()
    {
        var data = Rows(["a"]);
        Assert.Contains(
            "There is no text column 'Nope'.",
            MessageOf<ArgumentOutOfRangeException>(() => _ml.Transforms.TipsTextEmbedding("E", "Nope", _model).Fit(data)));
        Assert.Contains(
            "The text column 'Number' must be text, but it is Single.",
            MessageOf<ArgumentOutOfRangeException>(() => _ml.Transforms.TipsTextEmbedding("E", "Number", _model).Fit(data)));
        Assert.ThrowsExactly<ArgumentOutOfRangeException>(
            () => _ml.Transforms.TipsTextEmbedding("E", "Text", _model, new() { BatchSize = 0 }));
        Assert.ThrowsExactly<ArgumentException>(() => _ml.Transforms.TipsTextEmbedding("", "Text", _model));
        using var pictures = TipsModel.Load(TestModels.MiniFolder());
        Assert.Contains(
            "has no text encoder. To add it, export its checkpoint with '--text FILE --tokenizer FILE'",
            MessageOf<InvalidOperationException>(() => _ml.Transforms.TipsTextEmbedding("E", "Text", pictures)));
    }

    [TestMethod]
    public void PredictionEngine_gives_the_same_embeddings()
    {
        var data = Rows([]);
        var transformer = _ml.Transforms.TipsTextEmbedding("Embedding", "Text", _model).Fit(data);
        using var engine = _ml.Model.CreatePredictionEngine<TextRow, EmbeddingRow>(transformer, data.Schema);
        foreach (string text in (string[])["a red apple", "", "two dogs"])
            CollectionAssert.AreEqual(Alone(text), engine.Predict(new TextRow { Text = text }).Embedding);
    }

    [TestMethod]
    [DataRow(ModelStorage.Embedded)]
    [DataRow(ModelStorage.Reference)]
    public void A_saved_pipeline_includes_its_tokenizer(ModelStorage storage)
    {
        using var folder = new TemporaryFolder();
        TestModels.Copy(TestModels.TinyFolder, folder["model"]);
        string[] texts = ["a red apple", "Two DOGS on a sofa", ""];
        float[][] expected;
        using (var model = TipsModel.Load(folder["model"]))
        {
            var data = Rows(texts);
            var options = new TipsTextEmbeddingOptions { Storage = storage, BatchSize = 7, Normalize = false };
            var pipeline = _ml.Transforms.TipsTextEmbedding("Embedding", "Text", model, options).Fit(data);
            expected = [.. pipeline.Transform(data).GetColumn<float[]>("Embedding")];
            _ml.Model.Save(pipeline, data.Schema, folder["p.zip"]);
        }

        if (storage == ModelStorage.Embedded) Directory.Delete(folder["model"], recursive: true);
        var loaded = new MLContext().Model.Load(folder["p.zip"], out _);
        float[][] actual = [.. loaded.Transform(Rows(texts)).GetColumn<float[]>("Embedding")];
        for (int i = 0; i < texts.Length; i++) CollectionAssert.AreEqual(expected[i], actual[i]);
        var transformer = (TipsTextEmbeddingTransformer)loaded;
        Assert.AreEqual((storage, 7, false), (transformer.Options.Storage, transformer.Options.BatchSize, transformer.Options.Normalize));
        ((IDisposable)loaded).Dispose();
        Assert.ThrowsExactly<ObjectDisposedException>(() => transformer.Model.RunTokens(new long[] { 5 }, 1, 1, new float[192]));
    }

    private static string MessageOf<TException>(Action action)
        where TException : Exception
        => Assert.ThrowsExactly<TException>(action).Message;

    private static float[] Alone(string text)
    {
        int[] ids = [.. _model.Tokenizer.EncodeToIds(text).Take(64)];
        float[] embedding = new float[192];
        if (ids.Length == 0) return embedding;
        _model.RunTokens(Array.ConvertAll(ids, i => (long)i), 1, ids.Length, embedding);
        TipsModel.Normalize(embedding);
        return embedding;
    }

    private IEnumerable<float[]> Embed(string[] texts, TipsTextEmbeddingOptions? options = null)
    {
        var data = Rows(texts);
        return _ml.Transforms.TipsTextEmbedding("Embedding", "Text", _model, options)
            .Fit(data)
            .Transform(data)
            .GetColumn<float[]>("Embedding");
    }

    private IDataView Rows(string[] texts) => _ml.Data.LoadFromEnumerable(texts.Select(t => new TextRow { Text = t }));

    private sealed class TextRow
    {
        public string Text { get; set; } = "";

        public float Number { get; set; }
    }
}
