using Microsoft.ML;
using Microsoft.ML.Data;
using Microsoft.ML.Transforms.Image;
using Tips.MLNet.Tests.Support;

namespace Tips.MLNet.Tests.Transforms;

/// <summary>
/// Pictures on their way through the pipeline: missing ones, bad ones, and those that the consumer wants along with the embedding.
/// </summary>
[TestClass]
public sealed class PassedPicturesTests : IDisposable
{
    private static readonly TipsImageEmbeddingOptions Lenient = LenientOptions(batchSize: null, "Path");

    private static TipsModel _model = null!;

    private readonly TemporaryFolder _folder = new();
    private readonly MLContext _ml = new(seed: 1);

    private static string Good => Directory.GetFiles(Path.Combine(TestModels.PictureFolder, "seen")).Order(StringComparer.Ordinal).First();

    [ClassInitialize]
    public static void Load(TestContext _) => _model = TestModels.LoadTiny();

    [ClassCleanup]
    public static void Unload() => _model.Dispose();

    public void Dispose() => _folder.Dispose();

    /// <summary>Given a missing picture, ML.NET's own transforms dispose the last one and leave it in place.</summary>
    [TestMethod]
    [DataRow(true, 1)]
    [DataRow(true, 8)]
    [DataRow(false, 1)]
    [DataRow(false, 8)]
    public void A_picture_that_is_missing_before_another_transform_is_missing_after_it(bool resize, int batchSize)
    {
        IEstimator<ITransformer> between = resize
            ? _ml.Transforms.ResizeImages("Image", 30, 30)
            : _ml.Transforms.ConvertToGrayscale("Image");
        var strictOptions = new TipsImageEmbeddingOptions { RowNameColumn = "Path", BatchSize = batchSize };
        foreach (string[] paths in (string[][])[["", Good, Good], [Good, "", Good], [Good, Good, Good, "", ""]])
        {
            var rows = Paths(paths);
            var lenient = Embed(rows, LenientOptions(batchSize, "Path"));
            CollectionAssert.AreEqual(
                paths.Select(p => p.Length == 0).ToArray(),
                lenient.GetColumn<float[]>("Embedding").Select(e => e.All(float.IsNaN)).ToArray());

            var strict = Embed(rows, strictOptions);
            Assert.AreEqual(
                $"Row {Array.IndexOf(paths, "")} (''): the picture in column 'Image' is missing (null, or disposed).",
                MessageOf<InvalidOperationException>(() => _ = strict.GetColumn<float[]>("Embedding").Count()));
        }

        IDataView Embed(IDataView rows, TipsImageEmbeddingOptions options)
            => _ml.Transforms.LoadImages("Image", "", "Path")
                .Append(between)
                .Append(_ml.Transforms.TipsImageEmbedding("Embedding", "Image", _model, options))
                .Fit(rows)
                .Transform(rows);
    }

    [TestMethod]
    public void A_missing_picture_does_not_break_a_PredictionEngine()
    {
        var rows = Paths([Good]);
        var pipeline = _ml.Transforms.LoadImages("Image", "", "Path")
            .Append(_ml.Transforms.ConvertToGrayscale("Image"))
            .Append(_ml.Transforms.TipsImageEmbedding("Embedding", "Image", _model, Lenient))
            .Fit(rows);
        using var engine = _ml.Model.CreatePredictionEngine<PathRow, EmbeddingRow>(pipeline, rows.Schema);
        float[] expected = engine.Predict(new PathRow { Path = Good }).Embedding;
        Assert.IsTrue(engine.Predict(new PathRow()).Embedding.All(float.IsNaN));
        CollectionAssert.AreEqual(expected, engine.Predict(new PathRow { Path = Good }).Embedding);
    }

    [TestMethod]
    public void A_picture_that_its_owner_disposed_counts_as_missing()
    {
        MLImage[] images = [TestPictures.Random("a"), TestPictures.Random("b")];
        images[1].Dispose();
        var rows = _ml.Data.LoadFromEnumerable(images.Select(i => new ImageRow { Image = i }));
        var options = LenientOptions(batchSize: null, rowName: null);
        var view = _ml.Transforms.TipsImageEmbedding("Embedding", "Image", _model, options).Fit(rows).Transform(rows);
        CollectionAssert.AreEqual(new[] { false, true }, view.GetColumn<float[]>("Embedding").Select(e => e.All(float.IsNaN)).ToArray());
        images[0].Dispose();
    }

    /// <summary>As MissingValue's documentation recommends: drop rows without an embedding, use the pictures of the rest.</summary>
    [TestMethod]
    public void The_pictures_of_good_rows_can_be_read_despite_bad_ones()
    {
        var view = WithBadFile();
        using var cursor = view.GetRowCursor(view.Schema);
        var getImage = cursor.GetGetter<MLImage>(view.Schema["Image"]);
        MLImage image = null!;
        for (int i = 0; i < 3; i++)
        {
            Assert.IsTrue(cursor.MoveNext());
            if (i == 1) Assert.ThrowsExactly<ArgumentException>(() => getImage(ref image));
            else getImage(ref image);
            if (i != 1) Assert.IsGreaterThan(0, image.Width);
        }

        image.Dispose();

        var filtered = _ml.Data.FilterRowsByMissingValues(WithBadFile(), "Embedding");
        using var rest = filtered.GetRowCursor([filtered.Schema["Image"], filtered.Schema["Embedding"]]);
        var getRest = rest.GetGetter<MLImage>(filtered.Schema["Image"]);
        int rows = 0;
        MLImage other = null!;
        for (; rest.MoveNext(); rows++)
        {
            getRest(ref other);
            Assert.IsGreaterThan(0, other.Width);
        }

        other.Dispose();
        Assert.AreEqual(2, rows);
    }

    [TestMethod]
    public void A_picture_that_two_consumers_want_is_requested_once()
    {
        int asked = 0;
        using var picture = TestPictures.Random("a");
        var rows = _ml.Data.LoadFromEnumerable(Enumerable.Range(0, 20).Select(_ => new PathRow()).ToArray());
        rows = _ml.Transforms.CustomMapping<PathRow, ImageRow>(
            (_, made) =>
            {
                Interlocked.Increment(ref asked);
                made.Image = TestPictures.Random("a");
            },
            null).Fit(rows).Transform(rows);
        var view = _ml.Transforms.TipsImageEmbedding("Embedding", "Image", _model).Fit(rows).Transform(rows);
        using var cursor = view.GetRowCursor([view.Schema["Image"], view.Schema["Embedding"]]);
        var getImage = cursor.GetGetter<MLImage>(view.Schema["Image"]);
        MLImage image = null!;
        for (int i = 0; i < 20; i++)
        {
            Assert.IsTrue(cursor.MoveNext());
            getImage(ref image);
            CollectionAssert.AreEqual(picture.Pixels.ToArray(), image.Pixels.ToArray());
        }

        image.Dispose();
        Assert.AreEqual(20, asked);
    }

    /// <summary>A classifier reads 256 rows ahead, but not 256 large photos.</summary>
    [TestMethod]
    public void Large_pictures_do_not_pile_up()
    {
        using var large = MLImage.CreateFromPixels(2000, 1000, MLPixelFormat.Bgra32, new byte[8_000_000]);
        int read = 0;
        IEnumerable<PhotoRow> Photos()
        {
            for (int i = 0; i < 600; i++)
            {
                Interlocked.Increment(ref read);
                yield return new PhotoRow { Image = large, Features = [i % 2, 1], Label = (uint)(i % 2) };
            }
        }

        PhotoRow[] examples = [.. Enumerable.Range(0, 4).Select(i => new PhotoRow { Features = [i % 2, 1], Label = (uint)(i % 2) })];
        var training = _ml.Data.LoadFromEnumerable(examples);
        var classifier = _ml.MulticlassClassification.Trainers.KNearestNeighbors(numberOfNeighbors: 1).Fit(training);
        var view = classifier.Transform(_ml.Data.LoadFromEnumerable(Photos()));
        using (var cursor = view.GetRowCursor(view.Schema))
        {
            var predicted = cursor.GetGetter<uint>(view.Schema["PredictedLabel"]);
            uint label = 0;
            for (int i = 0; i < 3; i++)
            {
                Assert.IsTrue(cursor.MoveNext());
                predicted(ref label);
                Assert.AreEqual((uint)(i % 2) + 1, label);
            }
        }

        // Two blocks of nine pictures: 64 MiB and one more in each.
        Assert.IsLessThanOrEqualTo(20, read);

        // A block that ends early is not the end of the data: every row comes, in order.
        using (var cursor = view.GetRowCursor(view.Schema))
        {
            var predicted = cursor.GetGetter<uint>(view.Schema["PredictedLabel"]);
            var id = cursor.GetIdGetter();
            uint label = 0;
            DataViewRowId rowId = default;
            for (int i = 0; i < 40; i++)
            {
                Assert.IsTrue(cursor.MoveNext());
                Assert.AreEqual(i, cursor.Position);
                predicted(ref label);
                id(ref rowId);
                Assert.AreEqual((uint)(i % 2) + 1, label);
                Assert.AreEqual((ulong)i, rowId.Low);
            }
        }

        read = 0;
        Assert.HasCount(600, view.GetColumn<uint>("PredictedLabel"), "without the pictures nothing limits the blocks");
    }

    [TestMethod]
    public void A_row_name_is_used_only_in_messages()
    {
        var rows = Paths([Good]);
        var unknown = new TipsImageEmbeddingOptions { RowNameColumn = "Nope" };
        var estimator = _ml.Transforms.LoadImages("Image", "", "Path")
            .Append(_ml.Transforms.TipsImageEmbedding("Embedding", "Image", _model, unknown));
        const string expected = "There is no row name column 'Nope'.";
        Assert.Contains(expected, MessageOf<ArgumentOutOfRangeException>(() => estimator.Fit(rows)));
        Assert.Contains(
            expected,
            MessageOf<ArgumentOutOfRangeException>(() => estimator.GetOutputSchema(SchemaShapes.Of(rows.Schema))));

        using var image = TestPictures.Random("a");
        var named = _ml.Data.LoadFromEnumerable(new[] { new ImageRow { Image = image, Name = "first" } });
        var options = new TipsImageEmbeddingOptions { RowNameColumn = "Name" };
        var fitted = _ml.Transforms.TipsImageEmbedding("Embedding", "Image", _model, options).Fit(named);
        using var engine = _ml.Model.CreatePredictionEngine<NamelessRow, EmbeddingRow>(fitted);
        Assert.HasCount(192, engine.Predict(new NamelessRow { Image = image }).Embedding);
        Assert.StartsWith(
            "Row 1: the picture in column 'Image' is missing",
            MessageOf<InvalidOperationException>(() => engine.Predict(new NamelessRow())));
    }

    [TestMethod]
    public void Wrong_arguments_are_named()
    {
        var rows = _ml.Data.LoadFromEnumerable(Array.Empty<ImageRow>());
        var unnamed = Assert.ThrowsExactly<ArgumentException>(() => _ml.Transforms.TipsImageEmbedding("Embedding", "", _model));
        Assert.AreEqual("inputColumnName", unnamed.ParamName);
        var fitted = _ml.Transforms.TipsImageEmbedding("Embedding", "Image", _model).Fit(rows);
        Assert.ThrowsExactly<ArgumentNullException>(() => fitted.Transform(null!));
        var options = new TipsImageEmbeddingOptions { BatchSize = 1_000_000 };
        string message = MessageOf<ArgumentOutOfRangeException>(
            () => _ml.Transforms.TipsImageEmbedding("Embedding", "Image", _model, options).Fit(rows));
        Assert.Contains("A batch of 1000000 pictures of 84x84 does not fit into one tensor; at most 25362 fit.", message);
    }

    private static string MessageOf<TException>(Action action)
        where TException : Exception
        => Assert.ThrowsExactly<TException>(action).Message;

    private static TipsImageEmbeddingOptions LenientOptions(int? batchSize, string? rowName)
        => new() { InvalidImages = InvalidImageHandling.MissingValue, RowNameColumn = rowName, BatchSize = batchSize };

    private IDataView WithBadFile()
    {
        File.WriteAllText(_folder["bad.png"], "no picture");
        var rows = Paths([Good, _folder["bad.png"], Good]);
        return _ml.Transforms.LoadImages("Image", "", "Path")
            .Append(_ml.Transforms.TipsImageEmbedding("Embedding", "Image", _model, Lenient))
            .Fit(rows)
            .Transform(rows);
    }

    private IDataView Paths(string[] files) => _ml.Data.LoadFromEnumerable(files.Select(f => new PathRow { Path = f }));

    private sealed class NamelessRow
    {
        [ImageType(40, 50)]
        public MLImage? Image { get; set; }
    }

    private sealed class PhotoRow
    {
        [ImageType(1000, 2000)]
        public MLImage? Image { get; set; }

        [VectorType(2)]
        public float[] Features { get; set; } = [];

        [KeyType(2)]
        public uint Label { get; set; }
    }
}
