using Microsoft.ML;
using Microsoft.ML.Data;
using Microsoft.ML.Transforms;
using Microsoft.ML.Transforms.Image;
using Tips.MLNet.Tests.Support;

namespace Tips.MLNet.Tests.Transforms;

/// <summary>What a row costs: how many pictures are decoded and embedded for it, and in how many passes.</summary>
[TestClass]
public class RowCostTests
{
    private const int Pictures = 175;

    private static TipsModel _model = null!;

    private readonly MLContext _ml = new(seed: 1);
    private int _decoded;

    public TestContext TestContext { get; set; } = null!;

    private static string[] Files { get; } =
        [.. Directory.GetFiles(Path.Combine(TestModels.PictureFolder, "seen")).Order(StringComparer.Ordinal)];

    [ClassInitialize]
    public static void Load(TestContext _) => _model = TestModels.LoadTiny();

    [ClassCleanup]
    public static void Unload() => _model.Dispose();

    /// <summary>A column of labels between the embedding and the classifier must not change what a row costs.</summary>
    [TestMethod]
    public void The_first_row_of_a_pipeline_decodes_at_most_eight_pictures()
    {
        var training = Loaded(Rows(20));
        var pipeline = _ml.Transforms.CopyColumns("Path again", "Path")
            .Append(_ml.Transforms.TipsImageEmbedding("Embedding", "Image", _model))
            .Append(_ml.Transforms.Conversion.MapValueToKey("Label", "Class"))
            .Append(_ml.MulticlassClassification.Trainers.KNearestNeighbors("Label", "Embedding"))
            .Fit(training);
        _decoded = 0;
        var view = pipeline.Transform(Loaded(Rows(300)));
        Assert.IsTrue(view.GetColumn<float[]>("Score").First().All(float.IsFinite));
        Thread.Sleep(200); // reading ahead must have stopped
        TestContext.WriteLine($"{_decoded} pictures decoded for the first row of 300");
        Assert.IsLessThanOrEqualTo(8, _decoded);
        _decoded = 0;
        Assert.HasCount(300, view.GetColumn<float[]>("Score"));
        Assert.IsLessThanOrEqualTo(300, _decoded, "none is decoded twice");
    }

    /// <summary>These trainers make several passes over their data.</summary>
    [TestMethod]
    [DataRow("kmeans")]
    [DataRow("sdca")]
    [DataRow("ova")]
    public void A_trainer_that_makes_several_passes_embeds_every_picture_once(string trainer)
    {
        var data = _ml.Data.LoadFromEnumerable(Rows(Pictures));
        var embedded = Decode()
            .Append(_ml.Transforms.TipsImageEmbedding("Embedding", "Image", _model))
            .Append(_ml.Transforms.Conversion.MapValueToKey("Label", "Class"));
        IEstimator<ITransformer> last = trainer switch
        {
            "kmeans" => _ml.Clustering.Trainers.KMeans("Embedding", numberOfClusters: 5),
            "sdca" => _ml.MulticlassClassification.Trainers.SdcaMaximumEntropy("Label", "Embedding"),
            _ => _ml.MulticlassClassification.Trainers.OneVersusAll(
                _ml.BinaryClassification.Trainers.AveragedPerceptron(featureColumnName: "Embedding")),
        };
        var clock = System.Diagnostics.Stopwatch.StartNew();
        var fitted = embedded.Append(last).Fit(data);
        TestContext.WriteLine($"{trainer}: {_decoded} pictures decoded, {clock.Elapsed.TotalSeconds:F2} s");
        Assert.IsNotNull(fitted);
        Assert.AreEqual(Pictures, _decoded);
    }

    [TestMethod]
    public void A_second_pass_reads_the_cache_whatever_the_order_and_the_filter()
    {
        var view = Embed(60, new TipsImageEmbeddingOptions());
        float[][] first = [.. view.GetColumn<float[]>("Embedding")];
        Assert.AreEqual(60, _decoded);
        var list = _ml.Data.FilterRowsByColumn(view, "Number", 10, 40);
        CollectionAssert.AreEqual(
            first[10..40].SelectMany(v => v).ToArray(),
            list.GetColumn<float[]>("Embedding").SelectMany(v => v).ToArray());
        var shuffled = _ml.Data.ShuffleRows(view, seed: 3, shufflePoolSize: 20, shuffleSource: true);
        foreach (var (number, embedding) in shuffled.GetColumn<float>("Number").Zip(shuffled.GetColumn<float[]>("Embedding")).ToArray())
            CollectionAssert.AreEqual(first[(int)number], embedding);
        Assert.AreEqual(60, _decoded);
    }

    [TestMethod]
    public void Concurrent_cursors_see_the_same_vectors()
    {
        var view = Embed(80, new TipsImageEmbeddingOptions { BatchSize = 4 });
        float[][][] results = new float[6][][];
        Parallel.For(0, results.Length, i => results[i] = [.. view.GetColumn<float[]>("Embedding")]);
        float[][] expected = _model.EmbedImages(Rows(80).Select(r => ImageSource.FromFile(r.Path)));
        foreach (float[][] result in results)
        {
            for (int i = 0; i < 80; i++) Close.AreClose(expected[i], result[i], 2e-6f);
        }
    }

    [TestMethod]
    public void A_full_cache_says_so_once_and_every_row_is_still_right()
    {
        var log = new List<string>();
        _ml.Log += (_, e) =>
        {
            lock (log) log.Add($"{e.Kind} {e.RawMessage}");
        };
        var view = Embed(30, new TipsImageEmbeddingOptions { CacheBytes = 10 * (192 * sizeof(float) + 72) });
        float[][] first = [.. view.GetColumn<float[]>("Embedding")];
        float[][] second = [.. view.GetColumn<float[]>("Embedding")];
        float[][] third = [.. view.GetColumn<float[]>("Embedding")];
        for (int i = 0; i < 30; i++)
        {
            Close.AreClose(first[i], second[i], 2e-6f);
            Close.AreClose(first[i], third[i], 2e-6f);
        }

        Assert.AreEqual(30 + 20 + 20, _decoded, "ten rows are cached");
        string message = log.Single(m => m.Contains("AppendCacheCheckpoint", StringComparison.Ordinal));
        Assert.StartsWith("Warning The cache of column 'Embedding' is full after 10 rows (8,400 bytes).", message);
        Assert.AreEqual(
            "Warning Pictures of column 'Image' are embedded again for column 'Embedding', because its cache is full. A trainer that "
            + "reads its data many times runs them in every pass: give it mlContext.Data.Cache of the view with this column, or raise "
            + "CacheBytes.",
            log.Single(m => m.Contains("are embedded again for column", StringComparison.Ordinal)));
    }

    [TestMethod]
    public void The_cache_can_be_turned_off()
    {
        var log = new List<string>();
        _ml.Log += (_, e) =>
        {
            lock (log) log.Add($"{e.Kind} {e.RawMessage}");
        };
        var view = Embed(20, new TipsImageEmbeddingOptions { CacheBytes = 0 });
        Assert.HasCount(20, view.GetColumn<float[]>("Embedding"));
        Assert.IsFalse(log.Any(IsWarning), "once is what the user wants");
        Assert.HasCount(20, view.GetColumn<float[]>("Embedding"));
        Assert.AreEqual(40, _decoded);
        Assert.HasCount(20, view.GetColumn<float[]>("Embedding"));
        Assert.Contains("for column 'Embedding', because CacheBytes is 0. ", log.Single(IsWarning));
        var cached = Embed(20, new TipsImageEmbeddingOptions());
        for (int i = 0; i < 2; i++) Assert.HasCount(20, cached.GetColumn<float[]>("Embedding"));
        Assert.HasCount(1, log.Where(IsWarning));

        static bool IsWarning(string message) => message.StartsWith("Warning ", StringComparison.Ordinal);

        Assert.ThrowsExactly<ArgumentOutOfRangeException>(() => Embed(1, new TipsImageEmbeddingOptions { CacheBytes = -1 }));
    }

    /// <summary>A bad row throws when it is reached; the good rows before it come first.</summary>
    [TestMethod]
    public void Good_rows_before_a_bad_one_come_first()
    {
        using var folder = new TemporaryFolder();
        File.WriteAllText(folder["bad.png"], "no picture");
        string[] paths = [.. Files.Take(40)];
        paths[29] = folder["bad.png"];
        var data = _ml.Data.LoadFromEnumerable(paths.Select(path => new Row { Path = path }));
        var view = _ml.Transforms.LoadImages("Image", "", "Path")
            .Append(_ml.Transforms.TipsImageEmbedding("Embedding", "Image", _model))
            .Fit(data)
            .Transform(data);
        int good = 0;
        string message = Assert.ThrowsExactly<InvalidOperationException>(() =>
        {
            foreach (float[] _ in view.GetColumn<float[]>("Embedding")) good++;
        }).Message;
        Assert.AreEqual(29, good);
        Assert.StartsWith("Row 29: the picture in column 'Image' cannot be read:", message);
    }

    /// <summary>A bug in a user's own transform must never be taken for a bad picture, whatever the type of its exception.</summary>
    [TestMethod]
    [DataRow(typeof(IOException))]
    [DataRow(typeof(ArgumentException))]
    [DataRow(typeof(NotSupportedException))]
    [DataRow(typeof(UnauthorizedAccessException))]
    public void Exceptions_from_an_upstream_transform_pass_through_unchanged(Type type)
    {
        var data = _ml.Data.LoadFromEnumerable(Rows(3));
        var failing = _ml.Transforms
            .CustomMapping<Row, ImageRow>((_, _) => throw (Exception)Activator.CreateInstance(type, "a bug")!, null)
            .Fit(data)
            .Transform(data);
        foreach (var handling in Enum.GetValues<InvalidImageHandling>())
        {
            var options = new TipsImageEmbeddingOptions { InvalidImages = handling };
            var view = _ml.Transforms.TipsImageEmbedding("Embedding", "Image", _model, options).Fit(failing).Transform(failing);
            var thrown = Assert.Throws<Exception>(() => view.GetColumn<float[]>("Embedding").Count());
            Assert.AreEqual((type, "a bug"), (thrown.GetType(), thrown.Message));
        }
    }

    [TestMethod]
    public void The_log_counts_skipped_rows()
    {
        var log = new List<string>();
        _ml.Log += (_, e) => log.Add($"{e.Source}: {e.Kind} {e.RawMessage}");
        FeatureRow[] rows =
        [
            new() { Label = 1, Features = [1, 0] }, new() { Label = 9, Features = [0, 1] }, new() { Label = 1, Features = [float.NaN, 1] },
            new() { Label = 0, Features = [0, 1] },
        ];
        var options = new KNearestNeighborsOptions { NumberOfNeighbors = 1 };
        _ml.MulticlassClassification.Trainers
            .KNearestNeighbors("Label", "Features", options)
            .Fit(_ml.Data.LoadFromEnumerable(rows));
        const string expected = "KNearestNeighbors: Warning 2 of 4 rows skipped: 1 without a label in 'Label', "
            + "1 with a value in 'Features' that is not finite.";
        Assert.IsTrue(log.Any(m => m.Contains(expected, StringComparison.Ordinal)), string.Join("\n", log));
    }

    // LoadImages, counting the pictures it decodes.
    private CountingView Loaded(Row[] rows)
    {
        var data = _ml.Data.LoadFromEnumerable(rows);
        var loaded = _ml.Transforms.LoadImages("Image", "", "Path").Fit(data).Transform(data);
        return new CountingView(loaded, "Image", () => Interlocked.Increment(ref _decoded));
    }

    private IDataView Embed(int count, TipsImageEmbeddingOptions options)
    {
        var data = _ml.Data.LoadFromEnumerable(Rows(count));
        return Decode().Append(_ml.Transforms.TipsImageEmbedding("Embedding", "Image", _model, options)).Fit(data).Transform(data);
    }

    // Decodes as LoadImages does, and counts.
    private CustomMappingEstimator<Row, ImageRow> Decode() => _ml.Transforms.CustomMapping<Row, ImageRow>(
        (row, made) =>
        {
            Interlocked.Increment(ref _decoded);
            made.Image = MLImage.CreateFromFile(row.Path);
        },
        null);

    private static Row[] Rows(int count)
        => [.. Enumerable.Range(0, count).Select(i => new Row { Path = Files[i % Files.Length], Class = $"{i % 5}", Number = i })];

    private sealed class Row
    {
        public string Path { get; set; } = "";

        public string Class { get; set; } = "";

        public float Number { get; set; }
    }

    private sealed class ImageRow
    {
        [ImageType(100, 100)]
        public MLImage? Image { get; set; }
    }

    private sealed class FeatureRow
    {
        [KeyType(2)]
        public uint Label { get; set; }

        [VectorType(2)]
        public float[] Features { get; set; } = [];
    }
}
