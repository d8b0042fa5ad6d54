using Microsoft.ML;
using Microsoft.ML.Data;
using Tips.MLNet.Dense;
using Tips.MLNet.Tests.Support;

namespace Tips.MLNet.Tests.Dense;

/// <summary>
/// Foreground segmentation against the published notebook and scikit-learn, with the three-block tower at a height of 112.
/// </summary>
[TestClass]
public sealed class ForegroundTests : IDisposable
{
    private static TipsModel _model = null!;
    private static ForegroundExample[] _examples = [];

    private readonly TemporaryFolder _folder = new();

    public TestContext TestContext { get; set; } = null!;

    [ClassInitialize]
    public static void Load(TestContext context)
    {
        _model = TipsModel.Load(TestModels.MiniFolder(), TestExecution.Options);
        _examples = [.. Enumerable.Range(1, 3).Select(
            i => ForegroundExample.Create(_model, File($"fg{i}.png"), File($"fg{i}.mask.png"), 112))];
    }

    [ClassCleanup]
    public static void Unload() => _model.Dispose();

    public void Dispose() => _folder.Dispose();

    [TestMethod]
    public void Patches_and_masks_are_the_references()
    {
        for (int i = 0; i < 3; i++)
        {
            Close.AreClose(Floats($"fg{i + 1}.features"), _examples[i].Patches.Values, Close.RawTokens);
            Close.AreClose(Floats($"fg{i + 1}.mask_mean"), _examples[i].MaskMeans, 1e-6f);
        }

        CollectionAssert.AreEqual(new[] { 61, 30, 72 }, _examples.Select(e => e.UsedCount).ToArray());
        Assert.AreEqual(53, _examples.Sum(e => e.PositiveCount));
    }

    /// <summary>From the reference's own patches, so that only the solver differs.</summary>
    [TestMethod]
    public void The_solver_reaches_the_optimum()
    {
        var examples = Stored();
        var classifier = ForegroundClassifier.Train(_model, examples);
        Check("coef_exact", [.. classifier.Weights], 1e-6);
        Check("intercept_exact", [classifier.Intercept], 1e-6);
        for (int i = 0; i < 3; i++)
        {
            var map = classifier.Classify(examples[i].Patches);
            Check($"fg{i + 1}.score_exact", [.. Doubles(map.Probabilities)], 1e-6);
            Check($"fg{i + 1}.score_median_exact", [.. Doubles(map.Smoothed)], 1e-6);
        }

        CheckScores(ForegroundClassifier.LeaveOneOut(examples, cancellationToken: TestContext.CancellationToken));
    }

    [TestMethod]
    public void Pictures_and_masks_give_the_references_probabilities()
    {
        var classifier = ForegroundClassifier.Train(_model, _examples);
        for (int i = 0; i < 3; i++)
        {
            var map = classifier.Classify(_model, File($"fg{i + 1}.png"));
            Check($"fg{i + 1}.score_exact", [.. Doubles(map.Probabilities)], 1e-5);
            Check($"fg{i + 1}.score_median_exact", [.. Doubles(map.Smoothed)], 1e-5);
            Check($"fg{i + 1}.score", [.. Doubles(map.Probabilities)], 1e-3); // the notebook's solver stops early
        }

        CheckScores(ForegroundClassifier.LeaveOneOut(_examples));
    }

    /// <summary>Another road to the optimum: at it, the gradient is zero.</summary>
    [TestMethod]
    [DataRow(1e-7)]
    [DataRow(0.1)]
    [DataRow(100)]
    [DataRow(1e6)]
    public void The_gradient_vanishes_at_any_C(double c)
    {
        var random = new Random(5);
        double[] rows = [.. Enumerable.Range(0, 300 * 20).Select(_ => random.NextDouble() * 4 - 2)];
        bool[] labels = [.. Enumerable.Range(0, 300).Select(i => rows[i * 20] + rows[i * 20 + 1] + random.NextDouble() - 0.5 > 0.3)];
        double[] found = new LogisticRegression(rows, labels).Solve(c, null, CancellationToken.None);
        double[] gradient = [.. found];
        gradient[^1] = 0;
        for (int i = 0; i < 300; i++)
        {
            double margin = found[^1];
            for (int j = 0; j < 20; j++) margin += rows[i * 20 + j] * found[j];
            double residual = c * (1 / (1 + Math.Exp(-margin)) - (labels[i] ? 1 : 0));
            for (int j = 0; j < 20; j++) gradient[j] += residual * rows[i * 20 + j];
            gradient[^1] += residual;
        }

        Assert.IsLessThanOrEqualTo(1e-10 * Math.Max(1, c * 300), gradient.Max(Math.Abs));
    }

    [TestMethod]
    public void An_extreme_C_is_an_error_and_no_result()
    {
        var error = Assert.ThrowsExactly<InvalidOperationException>(() => ForegroundClassifier.Train(_model, _examples, 1e300));
        Assert.Contains("did not reach its optimum for C = 1E+300", error.Message);
    }

    /// <summary>Where the others have no background, there is nothing to learn from.</summary>
    [TestMethod]
    public void A_picture_that_cannot_be_left_out_has_no_score()
    {
        var white = new ForegroundExample(_examples[0].Patches, [.. Enumerable.Repeat(1f, 80)]);
        double[][] scores = ForegroundClassifier.LeaveOneOut([_examples[0], white], [0.1]);
        Assert.IsTrue(double.IsNaN(scores[0][0]));
        Assert.IsTrue(double.IsFinite(scores[1][0]));
    }

    /// <summary>ML.NET's trainer does not reach it: that is why there is a solver of our own.</summary>
    [TestMethod]
    public void MLNets_trainer_stops_before_the_optimum()
    {
        var examples = Stored();
        var rows = examples.SelectMany(e => Enumerable.Range(0, e.Patches.Count)
            .Where(i => ForegroundExample.IsUsed(e.MaskMeans[i]))
            .Select(i => new Row { Label = e.MaskMeans[i] > 0, Features = e.Patches[i].ToArray() })).ToArray();
        var mlContext = new MLContext(seed: 1);
        var schema = SchemaDefinition.Create(typeof(Row));
        schema["Features"].ColumnType = new VectorDataViewType(NumberDataViewType.Single, 128);
        // Its objective is the mean loss plus l2/2 |w|^2 over the number of rows: C = 0.1 is l2 = 10.
        var trainer = mlContext.BinaryClassification.Trainers.LbfgsLogisticRegression(
            new Microsoft.ML.Trainers.LbfgsLogisticRegressionBinaryTrainer.Options
            {
                L1Regularization = 0,
                L2Regularization = 10,
                OptimizationTolerance = 1e-12f,
                MaximumNumberOfIterations = 10_000,
                NumberOfThreads = 1,
            });
        var model = trainer.Fit(mlContext.Data.LoadFromEnumerable(rows, schema)).Model.SubModel;
        double difference = model.Weights.Zip(Read("coef_exact"), (a, b) => Math.Abs(a - b)).Max();
        TestContext.WriteLine($"ML.NET's weights are {difference:E1} from the optimum");
        Assert.IsGreaterThan(1e-6, difference);
    }

    [TestMethod]
    public void A_classifier_is_saved_and_loaded()
    {
        var classifier = ForegroundClassifier.Train(_model, _examples);
        string path = _folder["foreground.json"];
        classifier.Save(path);
        classifier.Save(path);
        var loaded = ForegroundClassifier.Load(path);
        Assert.HasCount(1, Directory.GetFiles(_folder.Path));
        CollectionAssert.AreEqual(classifier.Weights.ToArray(), loaded.Weights.ToArray());
        Assert.AreEqual(
            (classifier.Intercept, classifier.C, classifier.ImageHeight, classifier.Variant),
            (loaded.Intercept, loaded.C, loaded.ImageHeight, loaded.Variant));
        Close.AreClose(
            classifier.Classify(_model, File("fg2.png")).Probabilities, loaded.Classify(_model, File("fg2.png")).Probabilities, 0);
    }

    [TestMethod]
    public void A_file_that_is_a_link_stays_one()
    {
        string link = _folder["link.json"], target = _folder["target.json"];
        try
        {
            System.IO.File.CreateSymbolicLink(link, target);
        }
        catch (UnauthorizedAccessException e)
        {
            Assert.Inconclusive($"Links cannot be made here: {e.Message}");
        }

        var classifier = ForegroundClassifier.Train(_model, _examples);
        for (int i = 0; i < 2; i++) classifier.Save(link);
        Assert.IsNotNull(new FileInfo(link).LinkTarget);
        Assert.AreEqual(classifier.Intercept, ForegroundClassifier.Load(link).Intercept);
        CollectionAssert.AreEquivalent(new[] { link, target }, Directory.GetFileSystemEntries(_folder.Path));
        Assert.AreEqual(
            $"Foreground classifier '{_folder.Path}' cannot be written: It is a folder.",
            Assert.ThrowsExactly<IOException>(() => classifier.Save(_folder.Path)).Message);
    }

    [TestMethod]
    [DataRow("", "is not a foreground classifier: ")]
    [DataRow("null", "is not a foreground classifier: it is null.")]
    [DataRow("{}", "is not a foreground classifier: JSON deserialization")]
    [DataRow("""{"formatVersion":2,"variant":"x","imageHeight":56,"c":1,"intercept":0,"weights":[1]}""", "version is 2, expected 1")]
    [DataRow("""{"formatVersion":1,"variant":"x","imageHeight":0,"c":1,"intercept":0,"weights":[1]}""", "the image height 0")]
    [DataRow("""{"formatVersion":1,"variant":"x","imageHeight":56,"c":1,"intercept":0,"weights":[]}""", "it has 0 weights")]
    [DataRow("""{"formatVersion":1,"variant":"x","imageHeight":56,"c":-5,"intercept":0,"weights":[1]}""", "C -5")]
    public void A_damaged_file_is_named(string json, string message)
    {
        string path = _folder["bad.json"];
        System.IO.File.WriteAllText(path, json);
        var error = Assert.ThrowsExactly<InvalidDataException>(() => ForegroundClassifier.Load(path));
        Assert.Contains(message, error.Message);
        Assert.Contains(path, error.Message);
    }

    [TestMethod]
    public void What_does_not_fit_is_refused()
    {
        Refused<InvalidDataException>(
            "has 160x120 pixels (height x width), but picture",
            () => ForegroundExample.Create(_model, File("fg1.png"), File("fg2.mask.png"), 112));
        Refused<ArgumentException>(
            "The image height 113 does not fit", () => ForegroundExample.Create(_model, File("fg1.png"), File("fg1.png"), 113));
        Refused<InvalidOperationException>(
            "is too wide", () => ForegroundExample.Create(_model, File("fg1.png"), File("fg1.png"), 1400));
        var white = new ForegroundExample(_examples[0].Patches, [.. Enumerable.Repeat(1f, 80)]);
        Refused<ArgumentException>(
            "Of 80 patches that are clearly one or the other, 80 are foreground", () => ForegroundClassifier.Train(_model, [white]));
        Refused<ArgumentException>("expected at least two", () => ForegroundClassifier.LeaveOneOut([_examples[0]]));
        Refused<ArgumentException>("C must be a positive number", () => ForegroundClassifier.Train(_model, _examples, 0));
        var other = ForegroundExample.Create(_model, File("fg1.png"), File("fg1.mask.png"), 56);
        Refused<ArgumentException>(
            "has 4 rows of patches of 128 values, expected 8 rows", () => ForegroundClassifier.Train(_model, [_examples[0], other]));
        using var tiny = TestModels.LoadTiny();
        var classifier = ForegroundClassifier.Train(_model, _examples);
        Refused<InvalidOperationException>("trained with a model of variant D128x3/14", () => classifier.Classify(tiny, File("fg1.png")));

        static void Refused<T>(string message, Action action)
            where T : Exception
            => Assert.Contains(message, Assert.Throws<T>(action).Message);
    }

    /// <summary>A mask without an alpha channel, as many tools write it.</summary>
    [TestMethod]
    public void A_black_and_white_mask_counts_by_its_brightness()
    {
        using var mask = MLImage.CreateFromFile(GoldenFiles.PathOf("dense", "fg1.mask.png"));
        byte[] gray = new byte[mask.Pixels.Length];
        for (int i = 0; i < gray.Length; i++) gray[i] = i % 4 == 3 ? (byte)255 : mask.Pixels[i / 4 * 4 + 3];
        using var opaque = MLImage.CreateFromPixels(mask.Width, mask.Height, MLPixelFormat.Bgra32, gray);
        var example = ForegroundExample.Create(_model, File("fg1.png"), opaque, 112);
        Close.AreClose(_examples[0].MaskMeans, example.MaskMeans, 1e-6f);
    }

    private static ImageSource File(string name) => ImageSource.FromFile(GoldenFiles.PathOf("dense", name));

    private static ForegroundExample[] Stored() => [.. Enumerable.Range(1, 3).Select(i =>
    {
        int columns = Floats($"fg{i}.mask_mean").Length / 8;
        return new ForegroundExample(new PatchFeatures(8, columns, 128, Floats($"fg{i}.features")), Floats($"fg{i}.mask_mean"));
    })];

    private static IEnumerable<double> Doubles(ReadOnlySpan<float> values) => values.ToArray().Select(v => (double)v);

    private static float[] Floats(string key) => [.. Read(key).Select(v => (float)v)];

    private static double[] Read(string key) => GoldenFiles.ReadDoubles(GoldenFiles.PathOf("dense", "foreground.golden.npz"), key);

    private void CheckScores(double[][] scores) => Check("scores_exact", [.. scores.SelectMany(s => s)], 1e-6);

    private void Check(string key, double[] found, double tolerance)
    {
        double[] expected = Read(key);
        Assert.HasCount(expected.Length, found);
        double difference = expected.Zip(found, (a, b) => Math.Abs(a - b)).Max();
        TestContext.WriteLine($"{key}: {difference:E1}");
        Assert.IsLessThanOrEqualTo(tolerance, difference, key);
    }

    private sealed class Row
    {
        public bool Label { get; set; }

        public float[] Features { get; set; } = [];
    }
}
