using Microsoft.ML;
using Microsoft.ML.Data;
using Tips.MLNet.Tests.Support;
using Tips.MLNet.Transforms;

namespace Tips.MLNet.Tests.Transforms;

/// <summary>Columns of paths and of bytes, which are decoded here.</summary>
[TestClass]
public sealed class FileColumnsTests : IDisposable
{
    private static readonly string[] Files =
        [.. Directory.GetFiles(Path.Combine(TestModels.PictureFolder, "unseen")).Order(StringComparer.Ordinal)];

    private static TipsModel _model = null!;

    private readonly MLContext _ml = new(seed: 1);
    private readonly TemporaryFolder _folder = new();

    [ClassInitialize]
    public static void Load(TestContext _) => _model = TestModels.LoadTiny();

    [ClassCleanup]
    public static void Unload() => _model.Dispose();

    public void Dispose() => _folder.Dispose();

    [TestMethod]
    [DataRow(null)]
    [DataRow(1)]
    [DataRow(5)]
    [DataRow(100)]
    public void Rows_stay_in_order(int? batchSize)
    {
        string[] files = [.. Files.Take(150)];
        float[][] expected = _model.EmbedImages(files.Select(ImageSource.FromFile));
        var options = new TipsImageEmbeddingOptions { BatchSize = batchSize };
        float[][] paths = [.. Embed(Paths(files), "Path", options)];
        float[][] bytes = [.. Embed(Bytes(files), "Bytes", options)];
        for (int i = 0; i < files.Length; i++)
        {
            Close.AreClose(expected[i], paths[i], 2e-6f);
            Close.AreClose(expected[i], bytes[i], 2e-6f);
        }
    }

    /// <summary>Where both have cores of their own, the encoder runs while the next pictures are decoded.</summary>
    [TestMethod]
    public void Decoding_beside_the_encoder_gives_the_same()
    {
        if (Environment.ProcessorCount < 2) Assert.Inconclusive("There is one core only.");
        using var model = TestModels.LoadTiny(new TipsModelOptions { IntraOpThreads = 1, DecodingThreads = 1 });
        Assert.IsFalse(model.Images.PlanFor(1, 1).TakesTurns);
        string[] files = [.. Files.Take(100)];
        float[][] expected = _model.EmbedImages(files.Select(ImageSource.FromFile));
        float[][] streamed = model.EmbedImages(files.Select(ImageSource.FromFile));
        float[][] rows = [.. _ml.Transforms.TipsImageEmbedding("Embedding", "Path", model).Fit(Paths(files)).Transform(Paths(files))
            .GetColumn<float[]>("Embedding")];
        for (int i = 0; i < files.Length; i++)
        {
            Close.AreClose(expected[i], streamed[i], 2e-6f);
            Close.AreClose(expected[i], rows[i], 2e-6f);
        }
    }

    [TestMethod]
    public void Every_transform_takes_them()
    {
        var patches = _ml.Transforms.TipsPatchFeatures("Patches", "Path", _model);
        string[] files = [.. Files.Take(7)];
        float[][] rows = [.. patches.Fit(Paths(files)).Transform(Paths(files)).GetColumn<float[]>("Patches")];
        for (int i = 0; i < files.Length; i++) Close.AreClose(_model.EmbedPatches(files[i]).Values.ToArray(), rows[i], 1e-5f);
    }

    [TestMethod]
    public void A_bad_row_fails_alone_and_is_named()
    {
        string cut = _folder["cut.png"], none = _folder["none.png"];
        File.WriteAllBytes(cut, File.ReadAllBytes(Files[0])[..^100]);
        var view = View(Paths([Files[0], cut, Files[1], none, "", Files[2]]), "Path", new());
        using var cursor = view.GetRowCursor([view.Schema["Embedding"]]);
        var getter = cursor.GetGetter<VBuffer<float>>(view.Schema["Embedding"]);
        string?[] results = new string?[6];
        VBuffer<float> vector = default;
        for (int i = 0; cursor.MoveNext(); i++)
        {
            try
            {
                getter(ref vector);
            }
            catch (InvalidOperationException e)
            {
                results[i] = e.Message;
            }
        }

        string?[] expected =
        [
            null, $"Row 1: Picture '{cut}' cannot be read: it is cut off.", null, $"Row 3: There is no picture '{none}'.",
            "Row 4: the path in column 'Path' is empty.", null,
        ];
        CollectionAssert.AreEqual(expected, results);

        var rows = _ml.Data.LoadFromEnumerable(
            [new BytesRow { Bytes = [] }, new BytesRow { Bytes = [1, 2, 3], Path = "upload 7" }]);
        var options = new TipsImageEmbeddingOptions { RowNameColumn = "Path" };
        var named = View(rows, "Bytes", options);
        Assert.AreEqual(
            "Row 0 (''): the vector of bytes in column 'Bytes' is empty.",
            Assert.ThrowsExactly<InvalidOperationException>(() => named.GetColumn<float[]>("Embedding").First()).Message);
        Assert.AreEqual(
            "Row 1 ('upload 7'): Picture 'upload 7' cannot be read: it is not of a known picture format.",
            Assert.ThrowsExactly<InvalidOperationException>(
                () => View(_ml.Data.SkipRows(rows, 1), "Bytes", options).GetColumn<float[]>("Embedding").First()).Message);
    }

    [TestMethod]
    public void Missing_values_are_an_option()
    {
        string cut = _folder["cut.png"];
        File.WriteAllBytes(cut, File.ReadAllBytes(Files[0])[..^100]);
        var options = new TipsImageEmbeddingOptions { InvalidImages = InvalidImageHandling.MissingValue };
        float[][] rows = [.. Embed(Paths([Files[0], cut, _folder["none.png"], "", Files[1], _folder.Path, Files[1]]), "Path", options)];
        bool[] good = [.. rows.Select(row => row.All(float.IsFinite))];
        CollectionAssert.AreEqual(new[] { true, false, false, false, true, false, true }, good);
        Close.AreClose(_model.EmbedImage(Files[1]), rows[4], 2e-6f);
    }

    /// <summary>With the schema of its input, and every option.</summary>
    [TestMethod]
    public void A_saved_pipeline_takes_paths_and_bytes_in_an_engine()
    {
        string exif = GoldenFiles.PathOf("cases", "exif6.jpg"), upright = GoldenFiles.PathOf("cases", "upright.png");
        var options = new TipsImageEmbeddingOptions { ImageFolder = GoldenFiles.PathOf("cases"), Upright = true, MaximumPixels = 40_000 };
        var data = _ml.Data.LoadFromEnumerable([new BytesRow { Path = "exif6.jpg", Bytes = File.ReadAllBytes(exif) }]);
        foreach (string column in (string[])["Path", "Bytes"])
        {
            string zip = _folder[$"{column}.zip"];
            _ml.Model.Save(_ml.Transforms.TipsImageEmbedding("Embedding", column, _model, options).Fit(data), data.Schema, zip);
            var other = new MLContext();
            using var loaded = (TipsImageEmbeddingTransformer)other.Model.Load(zip, out var schema);
            CollectionAssert.AreEqual(data.Schema.Select(c => c.Name).ToArray(), schema.Select(c => c.Name).ToArray());
            CollectionAssert.AreEqual(
                data.Schema.Select(c => c.Type.ToString()).ToArray(), schema.Select(c => c.Type.ToString()).ToArray());
            Assert.AreEqual(
                (options.ImageFolder, true, 40_000L),
                (loaded.Options.ImageFolder, loaded.Options.Upright, loaded.Options.MaximumPixels));
            using var engine = other.Model.CreatePredictionEngine<BytesRow, EmbeddingRow>(loaded);
            float[] turned = engine.Predict(new BytesRow { Path = "exif6.jpg", Bytes = File.ReadAllBytes(exif) }).Embedding;
            Close.AreClose(_model.EmbedImage(ImageSource.FromFile(exif).WithDecoding(new() { Upright = true })), turned, 1e-6f);
            float cosine = turned.Zip(_model.EmbedImage(upright), (a, b) => a * b).Sum();
            Assert.IsGreaterThan(0.999f, cosine, "as the upright picture");
            var wide = new BytesRow { Path = "bomb_wide.png", Bytes = File.ReadAllBytes(GoldenFiles.PathOf("cases", "bomb_wide.png")) };
            string message = Assert.ThrowsExactly<InvalidOperationException>(() => engine.Predict(wide)).Message;
            Assert.Contains("1000000x1 pixels, 1,000,000 in all, expected at most 40,000", message);
        }
    }

    [TestMethod]
    public void An_endless_view_can_be_left_at_any_row()
    {
        var rows = _ml.Data.LoadFromEnumerable(
            Enumerable.Range(0, int.MaxValue).Select(i => new PathRow { Path = Files[i % Files.Length] }));
        foreach (int count in (int[])[1, 2, 30, 200])
            Assert.HasCount(count, Embed(rows, "Path", new() { CacheBytes = 0 }).Take(count));
    }

    private IEnumerable<float[]> Embed(IDataView data, string column, TipsImageEmbeddingOptions options)
        => View(data, column, options).GetColumn<float[]>("Embedding");

    private IDataView View(IDataView data, string column, TipsImageEmbeddingOptions options)
        => _ml.Transforms.TipsImageEmbedding("Embedding", column, _model, options).Fit(data).Transform(data);

    private IDataView Paths(string[] files) => _ml.Data.LoadFromEnumerable(files.Select(path => new PathRow { Path = path }));

    private IDataView Bytes(string[] files)
        => _ml.Data.LoadFromEnumerable(files.Select(path => new BytesRow { Path = path, Bytes = File.ReadAllBytes(path) }));

    private sealed class BytesRow
    {
        public string Path { get; set; } = "";

        public byte[] Bytes { get; set; } = [];
    }
}
