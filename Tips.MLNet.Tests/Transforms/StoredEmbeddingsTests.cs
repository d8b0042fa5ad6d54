using System.Drawing;
using Microsoft.ML;
using Microsoft.ML.Data;
using Tips.MLNet.Tests.Support;
using Tips.MLNet.Transforms;

namespace Tips.MLNet.Tests.Transforms;

/// <summary>Transforms with a store: nothing is embedded twice, and nothing else changes.</summary>
[TestClass]
public sealed class StoredEmbeddingsTests : IDisposable
{
    private static TipsModel _model = null!;

    private readonly MLContext _ml = new(seed: 1);
    private readonly TemporaryFolder _folder = new();
    private readonly string[] _files;

    public StoredEmbeddingsTests()
    {
        Directory.CreateDirectory(_folder["in"]);
        _files = [.. Directory.GetFiles(Path.Combine(TestModels.PictureFolder, "unseen")).Order(StringComparer.Ordinal).Take(90)
            .Select((source, i) => Copy(source, $"in/{i:d3}.png"))];
    }

    [ClassInitialize]
    public static void Load(TestContext _) => _model = TestModels.LoadTiny();

    [ClassCleanup]
    public static void Unload() => _model.Dispose();

    public void Dispose() => _folder.Dispose();

    [TestMethod]
    [DataRow(null)]
    [DataRow(1)]
    [DataRow(7)]
    public void A_second_run_embeds_and_reads_nothing_and_gives_the_same_bits(int? batchSize)
    {
        float[][] without = Embed(null, _files, new() { BatchSize = batchSize });
        float[][] first = Run(_files, new() { BatchSize = batchSize }, embedded: 90, found: 0, read: 90);
        float[][] second = Run(_files, new() { BatchSize = batchSize }, embedded: 0, found: 90, read: 0);
        AreSame(without, first);
        AreSame(first, second);
    }

    [TestMethod]
    public void Some_of_the_rows_may_be_there()
    {
        float[][] expected = Embed(null, _files, new());
        Run([.. _files.Where((_, i) => i % 3 == 1)], new(), embedded: 30, found: 0, read: 30);
        float[][] rows = Run(_files, new(), embedded: 60, found: 30, read: 60);
        for (int i = 0; i < rows.Length; i++) Close.AreClose(expected[i], rows[i], 2e-6f);
        AreSame(rows, Run(_files, new(), embedded: 0, found: 90, read: 0));
    }

    [TestMethod]
    public void A_file_is_known_by_its_bytes()
    {
        float[][] before = Run(_files[..5], new(), embedded: 5, found: 0, read: 5);
        string renamed = _folder["in/renamed.png"];
        File.Move(_files[0], renamed);
        AreSame(before[..1], Run([renamed], new(), embedded: 0, found: 1, read: 1));
        AreSame(before[..1], Run([renamed], new(), embedded: 0, found: 1, read: 0));

        // The same length and other bytes under a name that is known.
        byte[] bytes = File.ReadAllBytes(_files[1]), other = [.. bytes];
        other[^1] ^= 1;
        Rewrite(_files[1], other, minutesAgo: 5);
        using (var store = Open())
        {
            var thrown = Assert.ThrowsExactly<InvalidOperationException>(() => Embed(store, [_files[1]], new()));
            Assert.Contains("cannot be read", thrown.Message);
            Assert.AreEqual((0L, 1L), (store.Misses, store.FilesRead));
        }

        // The bytes that were there before, at another time.
        Rewrite(_files[1], bytes, minutesAgo: 3);
        AreSame(before[1..2], Run([_files[1]], new(), embedded: 0, found: 1, read: 1));
        AreSame(before[1..2], Run([_files[1]], new(), embedded: 0, found: 1, read: 0));
    }

    [TestMethod]
    public void A_file_that_was_written_just_now_is_read_again()
    {
        Run([_files[0]], new(), embedded: 1, found: 0, read: 1);
        File.SetLastWriteTimeUtc(_files[0], DateTime.UtcNow);
        Run([_files[0]], new(), embedded: 0, found: 1, read: 1);
        File.SetLastWriteTimeUtc(_files[0], DateTime.UtcNow.AddMinutes(5));
        Run([_files[0]], new(), embedded: 0, found: 1, read: 1);
        Run([_files[0]], new(), embedded: 0, found: 1, read: 1);
    }

    [TestMethod]
    [OSCondition(ConditionMode.Exclude, OperatingSystems.Windows)]
    public void A_link_counts_as_what_it_leads_to()
    {
        string link = _folder["link.png"];
        File.CreateSymbolicLink(link, _files[0]);
        float[][] first = Run([link], new(), embedded: 1, found: 0, read: 1);
        Run([_files[0]], new(), embedded: 0, found: 1, read: 0);
        File.Delete(link);
        File.CreateSymbolicLink(link, _files[1]);
        float[][] second = Run([link], new(), embedded: 1, found: 0, read: 1);
        CollectionAssert.AreNotEqual(first[0], second[0]);
    }

    [TestMethod]
    public void Different_options_never_share()
    {
        TipsImageEmbeddingOptions[] all =
        [
            new(), new() { ClassToken = ClassToken.Second }, new() { ClassToken = ClassToken.Both }, new() { Normalize = false },
            new() { Upright = true }, new() { Background = Color.Black }, new() { MaximumPixels = 1_000_000 },
        ];
        string[] files = [GoldenFiles.PathOf("cases", "exif6.jpg"), _files[0]];
        foreach (var options in all) AreSame(Embed(null, files, options), Run(files, options, embedded: 2, found: 0));
        foreach (var options in all) AreSame(Embed(null, files, options), Run(files, options, embedded: 0, found: 2, read: 0));
    }

    [TestMethod]
    public void Different_models_never_share()
    {
        Run(_files[..3], new(), embedded: 3, found: 0, read: 3);
        using var other = TipsModel.Load(TestModels.MiniFolder());
        using var store = Open();
        var estimator = _ml.Transforms.TipsImageEmbedding("Embedding", "Path", other, new() { Store = store });
        Assert.HasCount(3, estimator.Fit(Paths(_files)).Transform(Paths(_files[..3])).GetColumn<float[]>("Embedding").ToArray());
        Assert.AreEqual((0L, 3L), (store.Hits, store.Misses));
    }

    [TestMethod]
    public void Bytes_and_paths_share()
    {
        float[][] paths = Run(_files[..40], new(), embedded: 40, found: 0, read: 40);
        using var store = Open();
        // An array of the slot before may be longer than the file.
        var rows = _ml.Data.LoadFromEnumerable(_files[..40].Select(path => new BytesRow { Bytes = File.ReadAllBytes(path) }));
        AreSame(paths, [.. View(rows, "Bytes", new() { Store = store }).GetColumn<float[]>("Embedding")]);
        Assert.AreEqual((40L, 0L, 0L), (store.Hits, store.Misses, store.FilesRead));
    }

    [TestMethod]
    public void Bad_rows_fail_as_without_a_store_every_time()
    {
        string cut = _folder["in/cut.png"], none = _folder["in/none.png"];
        Rewrite(cut, File.ReadAllBytes(_files[0])[..^100], minutesAgo: 5);
        string[] files = [_files[0], cut, _files[1], none, "", _files[2]];
        var options = new TipsImageEmbeddingOptions { InvalidImages = InvalidImageHandling.MissingValue };
        float[][] expected = Embed(null, files, options);
        for (int run = 0; run < 2; run++)
        {
            using var store = Open();
            string[] messages = Messages(null, files);
            CollectionAssert.AreEqual(messages, Messages(store, files));
            Assert.HasCount(3, messages.Where(m => m.Length > 0).ToArray());
            AreSame(expected, Embed(store, files, options));
            Assert.AreEqual(run == 0 ? 3 : 0, store.Misses);
        }
    }

    [TestMethod]
    public void Too_large_a_picture_is_refused_though_it_is_in_the_store()
    {
        Run(_files[..1], new(), embedded: 1, found: 0, read: 1);
        var options = new TipsImageEmbeddingOptions { MaximumPixels = 10 };
        using var store = Open();
        Assert.Contains("at most 10", Assert.ThrowsExactly<InvalidOperationException>(() => Embed(store, _files[..1], options)).Message);
        Assert.AreEqual((0L, 0L), (store.Hits, store.Misses));
    }

    [TestMethod]
    public void An_image_column_takes_no_notice()
    {
        using var store = Open();
        var loader = _ml.Transforms.LoadImages("Image", _folder.Path, "Path");
        var pipeline = loader.Append(_ml.Transforms.TipsImageEmbedding("Embedding", "Image", _model, new() { Store = store }));
        Assert.HasCount(3, pipeline.Fit(Paths(_files)).Transform(Paths(_files[..3])).GetColumn<float[]>("Embedding").ToArray());
        Assert.AreEqual((0L, 0L), (store.Hits, store.Misses));
    }

    [TestMethod]
    public void It_is_not_saved_and_can_be_given_at_loading()
    {
        float[][] expected = Run(_files[..3], new(), embedded: 3, found: 0, read: 3);
        using var store = Open();
        string zip = _folder["pipeline.zip"];
        var data = Paths(_files[..3]);
        var estimator = _ml.Transforms.TipsImageEmbedding("Embedding", "Path", _model, new() { Store = store });
        _ml.Model.Save(estimator.Fit(data), data.Schema, zip);
        using (var plain = (TipsImageEmbeddingTransformer)_ml.Model.Load(zip, out _)) Assert.IsNull(plain.Options.Store);
        using var loaded = (TipsImageEmbeddingTransformer)_ml.Model.Load(zip, out _, new TipsLoadOptions { Store = store });
        Assert.AreSame(store, loaded.Options.Store);
        AreSame(expected, [.. loaded.Transform(data).GetColumn<float[]>("Embedding")]);
        using var engine = _ml.Model.CreatePredictionEngine<PathRow, EmbeddingRow>(loaded);
        AreSame(expected[1..2], [engine.Predict(new PathRow { Path = _files[1] }).Embedding]);
        Assert.AreEqual((4L, 0L, 0L), (store.Hits, store.Misses, store.FilesRead));
    }

    [TestMethod]
    public void Texts_are_kept_too()
    {
        string[] texts = [.. Enumerable.Range(0, 700).Select(i => $"picture {i} of {i * i} things"), "", "red", "red"];
        var rows = _ml.Data.LoadFromEnumerable(texts.Select(text => new TextRow { Text = text }));
        float[][] expected = _model.EmbedTexts(texts);
        for (int run = 0; run < 2; run++)
        {
            using var store = Open();
            var view = _ml.Transforms.TipsTextEmbedding("Embedding", "Text", _model, new() { Store = store }).Fit(rows).Transform(rows);
            float[][] embeddings = [.. view.GetColumn<float[]>("Embedding")];
            for (int i = 0; i < texts.Length; i++) Close.AreClose(expected[i], embeddings[i], 2e-6f);
            Assert.AreEqual(run == 0 ? 0 : texts.Length, store.Hits);
            var raw = new TipsTextEmbeddingOptions { Store = store, Normalize = false };
            var other = _ml.Transforms.TipsTextEmbedding("Embedding", "Text", _model, raw).Fit(rows).Transform(rows);
            CollectionAssert.AreNotEqual(embeddings[0], other.GetColumn<float[]>("Embedding").First());
        }
    }

    [TestMethod]
    public void A_store_that_is_closed_too_early_says_so()
    {
        var store = Open();
        store.Dispose();
        Assert.ThrowsExactly<ObjectDisposedException>(() => Embed(store, _files[..2], new()));
    }

    private static void AreSame(float[][] expected, float[][] actual)
    {
        Assert.HasCount(expected.Length, actual);
        for (int i = 0; i < expected.Length; i++) CollectionAssert.AreEqual(Bits(expected[i]), Bits(actual[i]), $"row {i}");

        static uint[] Bits(float[] values) => [.. values.Select(BitConverter.SingleToUInt32Bits)];
    }

    private float[][] Run(string[] files, TipsImageEmbeddingOptions options, int embedded, int found, int? read = null)
    {
        using var store = Open();
        float[][] rows = Embed(store, files, options);
        Assert.AreEqual((embedded, found), ((int)store.Misses, (int)store.Hits), "embedded, found");
        if (read is not null) Assert.AreEqual(read, (int)store.FilesRead, "read");
        return rows;
    }

    private EmbeddingStore Open() => EmbeddingStore.Open(_folder["store"], new() { Warn = message => Assert.Fail(message) });

    private float[][] Embed(EmbeddingStore? store, string[] files, TipsImageEmbeddingOptions options)
        => [.. View(Paths(files), "Path", With(store, options)).GetColumn<float[]>("Embedding")];

    private string[] Messages(EmbeddingStore? store, string[] files)
    {
        var view = View(Paths(files), "Path", new() { Store = store });
        using var cursor = view.GetRowCursor([view.Schema["Embedding"]]);
        var getter = cursor.GetGetter<VBuffer<float>>(view.Schema["Embedding"]);
        VBuffer<float> vector = default;
        List<string> messages = [];
        while (cursor.MoveNext())
        {
            try
            {
                getter(ref vector);
                messages.Add("");
            }
            catch (InvalidOperationException e)
            {
                messages.Add(e.Message);
            }
        }

        return [.. messages];
    }

    private static TipsImageEmbeddingOptions With(EmbeddingStore? store, TipsImageEmbeddingOptions options) => new()
    {
        Store = store,
        BatchSize = options.BatchSize,
        ClassToken = options.ClassToken,
        Normalize = options.Normalize,
        Upright = options.Upright,
        Background = options.Background,
        MaximumPixels = options.MaximumPixels,
        InvalidImages = options.InvalidImages,
    };

    private IDataView View(IDataView data, string column, TipsImageEmbeddingOptions options)
        => _ml.Transforms.TipsImageEmbedding("Embedding", column, _model, options).Fit(data).Transform(data);

    private IDataView Paths(string[] files) => _ml.Data.LoadFromEnumerable(files.Select(path => new PathRow { Path = path }));

    private string Copy(string source, string name)
    {
        Rewrite(_folder[name], File.ReadAllBytes(source), minutesAgo: 10);
        return _folder[name];
    }

    private static void Rewrite(string file, byte[] bytes, int minutesAgo)
    {
        File.WriteAllBytes(file, bytes);
        File.SetLastWriteTimeUtc(file, DateTime.UtcNow.AddMinutes(-minutesAgo));
    }

    private sealed class BytesRow
    {
        public byte[] Bytes { get; set; } = [];
    }

    private sealed class TextRow
    {
        public string Text { get; set; } = "";
    }
}
