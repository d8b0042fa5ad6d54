using CsCheck;
using Tips.MLNet.Tests.Support;

namespace Tips.MLNet.Tests.Encoders;

/// <summary>Texts embedded without a pipeline.</summary>
[TestClass]
public class EmbedTextTests
{
    private static TipsModel _model = null!;

    [ClassInitialize]
    public static void Load(TestContext _) => _model = TestModels.LoadTiny();

    [ClassCleanup]
    public static void Unload() => _model.Dispose();

    [TestMethod]
    public void Texts_embedded_together_give_what_each_gives_alone() => Gen.String[Gen.Char[' ', 'z'], 0, 200].Array[0, 40].Sample(
        texts =>
        {
            float[][] together = _model.EmbedTexts(texts);
            Assert.HasCount(texts.Length, together);
            for (int i = 0; i < texts.Length; i++) Close.AreClose(_model.EmbedText(texts[i]), together[i], 2e-6f, texts[i]);
        },
        iter: 10,
        threads: 1);

    [TestMethod]
    public void Texts_keep_their_order_across_batches()
    {
        string[] texts = [.. Enumerable.Range(0, 1300).Select(i => string.Join(' ', Enumerable.Repeat($"apple {i}", 1 + i % 9)))];
        float[][] together = _model.EmbedTexts(texts, normalize: false);
        foreach (int i in (int[])[0, 1, 511, 512, 513, 1023, 1024, 1299])
            Close.AreClose(_model.EmbedText(texts[i], normalize: false), together[i], 2e-5f);
    }

    [TestMethod]
    public void Null_is_an_error_and_a_text_without_words_gives_zeros()
    {
        Assert.ThrowsExactly<ArgumentNullException>(() => _model.EmbedText(null!));
        Assert.Contains("Text 2 is null.", Assert.ThrowsExactly<ArgumentException>(() => _model.EmbedTexts(["a", "b", null!])).Message);
        Assert.IsTrue(_model.EmbedText("   ").All(v => v == 0));
        Assert.IsEmpty(_model.EmbedTexts([]));
    }

    [TestMethod]
    public async Task A_stream_of_texts_fails_at_a_null_after_the_good_ones()
    {
        var got = new List<float[]>();
        await Assert.ThrowsExactlyAsync<ArgumentException>(async () =>
        {
            await foreach (float[] embedding in _model.EmbedTextsAsync(Texts())) got.Add(embedding);
        });
        Assert.HasCount(3, got);
        CollectionAssert.AreEqual(_model.EmbedText("dog"), got[1]);

        static async IAsyncEnumerable<string> Texts()
        {
            yield return "cat";
            await Task.Yield();
            yield return "dog";
            yield return "bird";
            yield return null!;
            yield return "fish";
        }
    }

    [TestMethod]
    public void A_picture_and_a_text_can_be_compared_in_a_few_lines()
    {
        string[] apples = Directory.GetFiles(TestModels.PictureFolder, "red-apple*", SearchOption.AllDirectories);
        string apple = apples.Order(StringComparer.Ordinal).First();
        float[] image = _model.EmbedImage(apple);
        Assert.IsGreaterThan(
            TipsModel.CosineSimilarity(image, _model.EmbedText("airplane")),
            TipsModel.CosineSimilarity(image, _model.EmbedText("red apple")));
        Assert.AreEqual(1f, TipsModel.CosineSimilarity(image, [.. image.Select(v => 3 * v)]), 1e-6f);
        Assert.AreEqual(0f, TipsModel.CosineSimilarity(image, new float[192]));
        Assert.Contains(
            "The second embedding has 3 values, expected 192.",
            Assert.ThrowsExactly<ArgumentException>(() => TipsModel.CosineSimilarity(image, new float[3])).Message);
    }

    [TestMethod]
    public void Warming_up_opens_what_is_there_and_reports_what_is_missing()
    {
        using var folder = new TemporaryFolder();
        TestModels.Copy(TestModels.TinyFolder, folder["model"]);
        using (var warm = TipsModel.Load(folder["model"], warmUp: true))
        {
            Directory.Delete(folder["model"], recursive: true); // the sessions are open
            Assert.HasCount(192, warm.EmbedText("a cat"));
        }

        using var textOnly = TipsModel.Load(TestModels.TextOnlyFolder(), warmUp: true);
#if !ONNXRUNTIME_GPU
        var cuda = new TipsModelOptions { Provider = ExecutionProvider.Cuda };
        TipsModel.Load(TestModels.TinyFolder, cuda).Dispose();
        Assert.StartsWith(
            "The CUDA provider cannot be used on device 0:",
            Assert.ThrowsExactly<InvalidOperationException>(() => TipsModel.Load(TestModels.TinyFolder, cuda, warmUp: true)).Message);
#endif
    }
}
