using System.Drawing;
using Microsoft.ML;
using Microsoft.ML.Data;
using Tips.MLNet.Images;
using Tips.MLNet.Tests.Support;
using Tips.MLNet.Transforms;

namespace Tips.MLNet.Tests.Transforms;

[TestClass]
public class TipsImageEmbeddingTests
{
    private static TipsModel _model = null!;

    private readonly MLContext _ml = new(seed: 1);

    [ClassInitialize]
    public static void Load(TestContext _) => _model = TestModels.LoadTiny();

    [ClassCleanup]
    public static void Unload() => _model.Dispose();

    [TestMethod]
    [DataRow(ClassToken.First, false)]
    [DataRow(ClassToken.Second, false)]
    [DataRow(ClassToken.Both, false)]
    [DataRow(ClassToken.First, true)]
    [DataRow(ClassToken.Second, true)]
    [DataRow(ClassToken.Both, true)]
    public void The_column_holds_what_the_model_computes(ClassToken token, bool normalize)
    {
        using var image = TestPictures.Random("a");
        float[] pixels = new float[_model.PixelValuesPerImage], tokens = new float[2 * 192];
        new ImagePreprocessor(84, 84).Preprocess(image, pixels);
        _model.RunPixels(pixels, 1, tokens);
        float[] first = tokens[..192], second = tokens[192..];
        if (normalize)
        {
            TipsModel.Normalize(first);
            TipsModel.Normalize(second);
        }

        float[] expected = token switch
        {
            ClassToken.First => first,
            ClassToken.Second => second,
            _ => [.. first.Concat(second).Select(v => normalize ? v / MathF.Sqrt(2) : v)],
        };
        float[] actual = Embed([image], new() { ClassToken = token, Normalize = normalize }).Single();
        Close.AreClose(expected, actual, 1e-6f);
        if (normalize) Assert.AreEqual(1, Math.Sqrt(actual.Sum(v => (double)v * v)), 1e-5);
    }

    [TestMethod]
    [DataRow(1)]
    [DataRow(3)]
    [DataRow(64)]
    public void The_batch_size_does_not_change_the_numbers(int batchSize)
    {
        MLImage[] images = [.. Enumerable.Range(0, 10).Select(i => TestPictures.Random($"{i}", 20 + i * 7, 90 - i * 5))];
        float[][] expected = [.. images.Select(image => Embed([image]).Single())];
        float[][] actual = [.. Embed(images, new() { BatchSize = batchSize })];
        for (int i = 0; i < images.Length; i++) Close.AreClose(expected[i], actual[i], 2e-6f);
    }

    [TestMethod]
    public void A_second_pass_over_pictures_in_memory_works_and_disposes_none_of_them()
    {
        MLImage[] images = [.. Enumerable.Range(0, 40).Select(i => TestPictures.Random($"{i}"))];
        var view = Transform(images);
        float[][] first = [.. view.GetColumn<float[]>("Embedding")], second = [.. view.GetColumn<float[]>("Embedding")];
        for (int i = 0; i < images.Length; i++) CollectionAssert.AreEqual(first[i], second[i]);

        // The pictures that pass through are copies, which belong to the consumer.
        using (var cursor = view.GetRowCursor(view.Schema))
        {
            var get = cursor.GetGetter<MLImage>(view.Schema["Image"]);
            MLImage passed = null!;
            int row = 0;
            while (cursor.MoveNext())
            {
                get(ref passed);
                Assert.AreNotSame(images[row], passed);
                CollectionAssert.AreEqual(images[row++].Pixels.ToArray(), passed.Pixels.ToArray());
            }

            passed.Dispose();
        }

        foreach (var image in images) Assert.AreEqual(50 * 40 * 4, image.Pixels.Length);
    }

    [TestMethod]
    public void Files_and_pictures_in_memory_give_the_same_embeddings()
    {
        string[] files = [.. Directory.GetFiles(Path.Combine(TestModels.PictureFolder, "seen")).Order(StringComparer.Ordinal).Take(40)];
        float[][] fromFiles = [.. FilePipeline().Fit(Paths(files)).Transform(Paths(files)).GetColumn<float[]>("Embedding")];
        float[][] fromMemory = [.. Embed([.. files.Select(MLImage.CreateFromFile)])];
        for (int i = 0; i < files.Length; i++) CollectionAssert.AreEqual(fromMemory[i], fromFiles[i]);
    }

    [TestMethod]
    public void PredictionEngine_gives_the_same_embeddings()
    {
        using var image = TestPictures.Random("engine");
        float[] expected = Embed([image]).Single();
        var data = Rows([image]);
        using var engine = _ml.Model.CreatePredictionEngine<ImageRow, EmbeddingRow>(Pipeline().Fit(data), data.Schema);
        CollectionAssert.AreEqual(expected, engine.Predict(new ImageRow { Image = image }).Embedding);
        using var other = TestPictures.Random("other");
        CollectionAssert.AreNotEqual(expected, engine.Predict(new ImageRow { Image = other }).Embedding);
        CollectionAssert.AreEqual(expected, engine.Predict(new ImageRow { Image = image }).Embedding);
        Assert.AreEqual(50, image.Width, "still alive");
    }

    [TestMethod]
    [DataRow(ClassToken.First, true, 192)]
    [DataRow(ClassToken.Both, false, 384)]
    public void The_schema_is_right_before_and_after_fitting(ClassToken token, bool normalize, int length)
    {
        var data = Rows([]);
        var estimator = Pipeline(new() { ClassToken = token, Normalize = normalize });
        var shape = estimator.GetOutputSchema(SchemaShapes.Of(data.Schema)).Single(c => c.Name == "Embedding");
        Assert.AreEqual(SchemaShape.Column.VectorKind.Vector, shape.Kind);
        Assert.AreEqual(NumberDataViewType.Single, shape.ItemType);
        Assert.AreEqual(normalize, shape.Annotations.Any(a => a.Name == "IsNormalized"));

        var schema = estimator.Fit(data).GetOutputSchema(data.Schema);
        Assert.AreEqual(new VectorDataViewType(NumberDataViewType.Single, length), schema["Embedding"].Type);
        Assert.AreEqual(normalize, schema["Embedding"].IsNormalized());
        Assert.AreEqual(data.Schema.Count + 1, schema.Count);
    }

    [TestMethod]
    public void The_output_may_reuse_the_inputs_name()
    {
        using var image = TestPictures.Random("same");
        var data = Rows([image]);
        var view = _ml.Transforms.TipsImageEmbedding("Image", null, _model).Fit(data).Transform(data);
        CollectionAssert.AreEqual(Embed([image]).Single(), view.GetColumn<float[]>("Image").Single());
    }

    [TestMethod]
    public void A_missing_or_wrong_column_is_named_at_every_stage()
    {
        var data = Rows([]);
        var missing = _ml.Transforms.TipsImageEmbedding("Embedding", "Picture", _model);
        const string expected = "There is no picture column 'Picture'. The columns are: 'Image', 'Name'.";
        Assert.Contains(expected, MessageOf<ArgumentOutOfRangeException>(() => missing.Fit(data)));
        Assert.Contains(
            expected,
            MessageOf<ArgumentOutOfRangeException>(() => missing.GetOutputSchema(SchemaShapes.Of(data.Schema))));
        var wrong = _ml.Transforms.TipsImageEmbedding("Embedding", nameof(EmbeddingRow.Embedding), _model);
        var numbers = _ml.Data.LoadFromEnumerable<EmbeddingRow>([]);
        const string wrongType = "The picture column 'Embedding' must be an image, a text (the path of a file), or a vector of bytes (the "
            + "content of a file), but it is ";
        Assert.Contains($"{wrongType}Vector<Single>.", MessageOf<ArgumentOutOfRangeException>(() => wrong.Fit(numbers)));
        Assert.Contains(
            $"{wrongType}VariableVector of Single.",
            MessageOf<ArgumentOutOfRangeException>(() => wrong.GetOutputSchema(SchemaShapes.Of(numbers.Schema))));

        var fitted = Pipeline().Fit(data);
        var paths = Paths([]);
        Assert.Contains(
            "There is no picture column 'Image'. The columns are: 'Path'.",
            MessageOf<ArgumentOutOfRangeException>(() => fitted.Transform(paths)));
        var named = Pipeline(new() { RowNameColumn = "Image" });
        Assert.Contains("The row name column 'Image' must be text", MessageOf<ArgumentOutOfRangeException>(() => named.Fit(data)));
    }

    [TestMethod]
    public void Options_out_of_range_are_refused()
    {
        Assert.ThrowsExactly<ArgumentOutOfRangeException>(() => Pipeline(new() { BatchSize = 0 }));
        Assert.ThrowsExactly<ArgumentOutOfRangeException>(() => Pipeline(new() { ClassToken = (ClassToken)7 }));
        Assert.ThrowsExactly<ArgumentException>(() => Pipeline(new() { Background = Color.Transparent }));
        Assert.ThrowsExactly<ArgumentException>(() => _ml.Transforms.TipsImageEmbedding("", "Image", _model));
        Assert.ThrowsExactly<ArgumentNullException>(() => _ml.Transforms.TipsImageEmbedding("E", "Image", null!));
    }

    [TestMethod]
    public void The_background_reaches_the_pixels()
    {
        byte[] clear = new byte[40 * 50 * 4];
        using var image = MLImage.CreateFromPixels(50, 40, MLPixelFormat.Bgra32, clear);
        byte[] red = new byte[clear.Length];
        for (int i = 0; i < red.Length; i += 4) (red[i + 2], red[i + 3]) = (255, 255);
        using var solid = MLImage.CreateFromPixels(50, 40, MLPixelFormat.Bgra32, red);
        CollectionAssert.AreEqual(Embed([solid]).Single(), Embed([image], new() { Background = Color.Red }).Single());
        CollectionAssert.AreNotEqual(Embed([solid]).Single(), Embed([image]).Single());
    }

    [TestMethod]
    public void A_null_picture_throws_and_names_the_row()
    {
        using var image = TestPictures.Random("a");
        var view = Transform([image, image, null], new() { BatchSize = 2 });
        Assert.AreEqual(
            "Row 2: the picture in column 'Image' is missing (null, or disposed).",
            MessageOf<InvalidOperationException>(() => _ = view.GetColumn<float[]>("Embedding").Count()));
        var named = Transform([image, null], new() { RowNameColumn = "Name" });
        Assert.AreEqual(
            "Row 1 ('picture 1'): the picture in column 'Image' is missing (null, or disposed).",
            MessageOf<InvalidOperationException>(() => _ = named.GetColumn<float[]>("Embedding").Count()));
    }

    [TestMethod]
    public void A_null_picture_can_be_a_missing_value()
    {
        using var image = TestPictures.Random("a");
        float[][] rows = [.. Embed([null, image, null, image], new() { InvalidImages = InvalidImageHandling.MissingValue, BatchSize = 3 })];
        Assert.IsTrue(rows[0].Concat(rows[2]).All(float.IsNaN));
        Assert.HasCount(192, rows[0]);
        CollectionAssert.AreEqual(rows[1], rows[3]);
        Close.AreClose(Embed([image]).Single(), rows[1], 2e-6f);
    }

    [TestMethod]
    public void A_file_that_is_not_a_picture_throws_and_names_the_row()
    {
        using var folder = new TemporaryFolder();
        File.WriteAllText(folder["bad.png"], "no picture");
        string good = Directory.GetFiles(Path.Combine(TestModels.PictureFolder, "seen"))[0];
        File.WriteAllBytes(folder["vast.png"], TestPictures.ClaimPng(100_000, 100_000));
        foreach (string bad in (string[])[folder["bad.png"], folder["none.png"], folder["vast.png"]])
        {
            var rows = Paths([good, bad]);
            string message = MessageOf<InvalidOperationException>(() => _ = EmbedFiles(rows, new() { RowNameColumn = "Path" }).Count());
            Assert.StartsWith($"Row 1 ('{bad}'): the picture in column 'Image' cannot be read: ", message);
            Assert.DoesNotContain("Invalid path", message);
            float[][] embedded = [.. EmbedFiles(rows, new() { InvalidImages = InvalidImageHandling.MissingValue })];
            Assert.IsTrue(float.IsFinite(embedded[0][0]) && embedded[1].All(float.IsNaN));
        }
    }

    /// <summary>A bug in a user's own transform must not pass for an unreadable picture.</summary>
    [TestMethod]
    public void What_a_users_transform_throws_is_no_missing_value()
    {
        using var image = TestPictures.Random("a");
        var pipeline = _ml.Transforms
            .CustomMapping<ImageRow, ImageRow>(
                (_, output) => output.Image = MLImage.CreateFromPixels(2, 2, MLPixelFormat.Bgra32, new byte[3]), null)
            .Append(Pipeline(new() { InvalidImages = InvalidImageHandling.MissingValue }));
        var view = pipeline.Fit(Rows([])).Transform(Rows([image]));
        var thrown = Assert.Throws<Exception>(() => _ = view.GetColumn<float[]>("Embedding").Count());
        Assert.DoesNotContain("the picture in column", thrown.ToString());
    }

    [TestMethod]
    public void A_file_that_a_users_transform_cannot_decode_is_an_unreadable_picture()
    {
        using var image = TestPictures.Random("a");
        var pipeline = _ml.Transforms
            .CustomMapping<ImageRow, ImageRow>((_, output) => output.Image = MLImage.CreateFromStream(new MemoryStream(new byte[50])), null)
            .Append(Pipeline(new() { InvalidImages = InvalidImageHandling.MissingValue }));
        float[][] embeddings = [.. pipeline.Fit(Rows([])).Transform(Rows([image])).GetColumn<float[]>("Embedding")];
        Assert.IsTrue(embeddings.Single().All(float.IsNaN));
    }

    [TestMethod]
    public void PredictionEngine_reports_bad_pictures_the_same_way()
    {
        var data = Rows([]);
        using var throws = Engine(new());
        Assert.Contains(
            "the picture in column 'Image' is missing (null, or disposed).",
            MessageOf<InvalidOperationException>(() => throws.Predict(new ImageRow())));
        using var missing = Engine(new() { InvalidImages = InvalidImageHandling.MissingValue });
        Assert.IsTrue(missing.Predict(new ImageRow()).Embedding.All(float.IsNaN));

        PredictionEngine<ImageRow, EmbeddingRow> Engine(TipsImageEmbeddingOptions options)
            => _ml.Model.CreatePredictionEngine<ImageRow, EmbeddingRow>(Pipeline(options).Fit(data), data.Schema);
    }

    [TestMethod]
    public void Embeddings_work_with_ML_NETs_own_trainers()
    {
        MLImage[] images = [.. Enumerable.Range(0, 24).Select(i => TestPictures.Random($"{i}"))];
        var data = Rows(images);
        uint[] clusters =
        [
            .. Pipeline()
                .Append(_ml.Clustering.Trainers.KMeans("Embedding", numberOfClusters: 3))
                .Fit(data)
                .Transform(data)
                .GetColumn<uint>("PredictedLabel"),
        ];
        Assert.HasCount(24, clusters);
        var linear = Pipeline()
            .Append(_ml.Transforms.Conversion.MapValueToKey("Label", "Name"))
            .Append(_ml.MulticlassClassification.Trainers.LbfgsMaximumEntropy("Label", "Embedding"))
            .Fit(data).Transform(data);
        Assert.HasCount(24, linear.GetColumn<float[]>("Score").First());
    }

    [TestMethod]
    public void Disposing_a_fitted_transformer_leaves_the_callers_model_alone()
    {
        using var image = TestPictures.Random("a");
        var data = Rows([image]);
        var transformer = Pipeline().Fit(data);
        transformer.Dispose();
        Assert.HasCount(1, transformer.Transform(data).GetColumn<float[]>("Embedding"));
    }

    private static string MessageOf<TException>(Action action)
        where TException : Exception
        => Assert.ThrowsExactly<TException>(action).Message;

    private TipsImageEmbeddingEstimator Pipeline(TipsImageEmbeddingOptions? options = null)
        => _ml.Transforms.TipsImageEmbedding("Embedding", "Image", _model, options ?? new());

    private EstimatorChain<TipsImageEmbeddingTransformer> FilePipeline(TipsImageEmbeddingOptions? options = null)
        => _ml.Transforms.LoadImages("Image", "", "Path").Append(Pipeline(options));

    private IDataView Transform(MLImage?[] images, TipsImageEmbeddingOptions? options = null)
        => Pipeline(options).Fit(Rows(images)).Transform(Rows(images));

    private IEnumerable<float[]> Embed(MLImage?[] images, TipsImageEmbeddingOptions? options = null)
        => Transform(images, options).GetColumn<float[]>("Embedding");

    private IEnumerable<float[]> EmbedFiles(IDataView rows, TipsImageEmbeddingOptions options)
        => FilePipeline(options).Fit(rows).Transform(rows).GetColumn<float[]>("Embedding");

    private IDataView Rows(MLImage?[] images)
        => _ml.Data.LoadFromEnumerable(images.Select((image, i) => new ImageRow { Image = image, Name = $"picture {i}" }));

    private IDataView Paths(string[] files) => _ml.Data.LoadFromEnumerable(files.Select(f => new PathRow { Path = f }));
}
