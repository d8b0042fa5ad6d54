using System.IO.Compression;
using Microsoft.ML;
using Microsoft.ML.Data;
using Tips.MLNet.Tests.Support;

namespace Tips.MLNet.Tests.Transforms;

/// <summary>Columns of foreground, with the three-block tower and the golden pictures with masks.</summary>
[TestClass]
public sealed class TipsForegroundTests : IDisposable
{
    private static TipsModel _model = null!;
    private static ForegroundClassifier _classifier = null!;

    private readonly MLContext _mlContext = new(seed: 1);
    private readonly TemporaryFolder _folder = new();

    [ClassInitialize]
    public static void Train(TestContext context)
    {
        _model = TipsModel.Load(TestModels.MiniFolder());
        _classifier = ForegroundClassifier.Train(
            _model, [.. Enumerable.Range(1, 3).Select(i => ForegroundExample.Create(_model, Picture(i), Mask(i), 112))]);
    }

    [ClassCleanup]
    public static void Unload() => _model.Dispose();

    public void Dispose() => _folder.Dispose();

    /// <summary>Paths, bytes and images; as the classifier itself, saved, loaded, and in an engine.</summary>
    [TestMethod]
    public void A_row_has_the_foreground_of_its_picture()
    {
        float[][] expected = [.. Enumerable.Range(1, 3).Select(i => _classifier.Classify(_model, Picture(i)).Smoothed.ToArray())];
        Assert.IsGreaterThan(1, expected.Select(e => e.Length).Distinct().Count(), "the pictures have several ratios");
        var rows = Rows(1, 2, 3);
        var estimator = _mlContext.Transforms.TipsForeground("Foreground", "Path", _model, _classifier);
        var transformer = estimator.Fit(rows);
        Assert.AreEqual((8, 112), (transformer.Rows, transformer.Classifier.ImageHeight));
        var column = transformer.GetOutputSchema(rows.Schema)["Foreground"];
        var type = (VectorDataViewType)column.Type;
        Assert.IsFalse(type.IsKnownSize);
        CollectionAssert.AreEqual(new[] { 8, 0 }, type.Dimensions.ToArray());
        VBuffer<int> grid = default;
        column.Annotations.GetValue("Grid", ref grid);
        CollectionAssert.AreEqual(new[] { 8, 0 }, grid.DenseValues().ToArray());
        var shape = estimator.GetOutputSchema(SchemaShapes.Of(rows.Schema)).Single(c => c.Name == "Foreground");
        Assert.AreEqual((SchemaShape.Column.VectorKind.VariableVector, NumberDataViewType.Single), (shape.Kind, shape.ItemType));
        Check(transformer.Transform(rows));
        Check(Column("Bytes").Transform(rows));
        var images = _mlContext.Transforms.LoadImages("Image", "", "Path").Fit(rows).Transform(rows);
        Check(Column("Image", images).Transform(images));

        string path = _folder["pipeline.zip"];
        _mlContext.Model.Save(transformer, rows.Schema, path);
        var loaded = new MLContext().Model.Load(path, out _);
        using (loaded as IDisposable)
        {
            Check(loaded.Transform(rows));
            _mlContext.Model.Save(loaded, rows.Schema, _folder["again.zip"]);
            using var engine = _mlContext.Model.CreatePredictionEngine<Row, Output>(loaded);
            Close.AreClose(expected[1], engine.Predict(new Row { Path = PathOf(2) }).Foreground, 1e-5f);
        }

        using var again = new MLContext().Model.Load(_folder["again.zip"], out _) as IDisposable;
        Check(((ITransformer)again!).Transform(rows));

        void Check(IDataView view)
        {
            float[][] found = [.. view.GetColumn<float[]>("Foreground")];
            Assert.HasCount(3, found);
            for (int i = 0; i < 3; i++) Close.AreClose(expected[i], found[i], 1e-5f);
        }

        ITransformer Column(string input, IDataView? of = null)
            => _mlContext.Transforms.TipsForeground("Foreground", input, _model, _classifier).Fit(of ?? rows);
    }

    /// <summary>A picture that is too wide for the classifier's height counts as one that cannot be read.</summary>
    [TestMethod]
    public void A_bad_row_fails_alone_or_is_empty()
    {
        string wide = _folder["wide.png"];
        using (var image = TestPictures.Random("wide", height: 4, width: 4000)) image.Save(wide);
        File.WriteAllText(_folder["bad.png"], "no picture");
        Row[] rows = [new() { Path = PathOf(1) }, new() { Path = wide }, new() { Path = _folder["bad.png"] }, new() { Path = PathOf(2) }];
        var data = _mlContext.Data.LoadFromEnumerable(rows);
        var strict = _mlContext.Transforms.TipsForeground("Foreground", "Path", _model, _classifier).Fit(data).Transform(data);
        using var cursor = strict.GetRowCursor([strict.Schema["Foreground"]]);
        var get = cursor.GetGetter<VBuffer<float>>(strict.Schema["Foreground"]);
        var messages = new List<string>();
        VBuffer<float> map = default;
        while (cursor.MoveNext())
        {
            try
            {
                get(ref map);
                messages.Add("");
            }
            catch (InvalidOperationException e)
            {
                messages.Add(e.Message);
            }
        }

        Assert.HasCount(4, messages);
        Assert.AreEqual(("", ""), (messages[0], messages[3]));
        Assert.StartsWith($"Row 1: Picture '{wide}' is too wide: resized to 112x112000", messages[1]);
        Assert.Contains("it is text, not a picture", messages[2]);

        var options = new TipsForegroundOptions { InvalidImages = InvalidImageHandling.MissingValue };
        var lenient = _mlContext.Transforms.TipsForeground("Foreground", "Path", _model, _classifier, options).Fit(data).Transform(data);
        int[] lengths = [.. lenient.GetColumn<float[]>("Foreground").Select(f => f.Length)];
        Assert.IsTrue(lengths[0] > 0 && lengths[3] > 0);
        Assert.AreEqual((0, 0), (lengths[1], lengths[2]));
    }

    [TestMethod]
    public void What_does_not_fit_is_said_at_once()
    {
        using var tiny = TestModels.LoadTiny();
        var error = Assert.ThrowsExactly<InvalidOperationException>(
            () => _mlContext.Transforms.TipsForeground("Foreground", "Path", tiny, _classifier));
        Assert.Contains("The classifier was trained with a model of variant D128x3/14", error.Message);
        var wrong = Assert.ThrowsExactly<ArgumentOutOfRangeException>(
            () => _mlContext.Transforms.TipsForeground("Foreground", "Number", _model, _classifier).Fit(Rows(1)));
        Assert.Contains("The picture column 'Number' must be an image, a text (the path of a file)", wrong.Message);
    }

    [TestMethod]
    [DataRow("\"FormatVersion\":1", "\"FormatVersion\":9", "its format version is 9, expected 1")]
    [DataRow("\"ImageHeight\":112", "\"ImageHeight\":113", "which is no multiple of the patch size 14")]
    [DataRow("D128x3/14", "D129x3/14", "trained with a model of variant D129x3/14")]
    public void Damage_inside_the_zip_is_named(string text, string other, string message)
    {
        var rows = Rows(1);
        string path = _folder["pipeline.zip"];
        _mlContext.Model.Save(
            _mlContext.Transforms.TipsForeground("Foreground", "Path", _model, _classifier).Fit(rows), rows.Schema, path);
        using (var zip = ZipFile.Open(path, ZipArchiveMode.Update)) Assert.IsTrue(zip.Entries.ToArray().Any(Change), "nothing was changed");
        var error = Assert.ThrowsExactly<InvalidDataException>(() => _mlContext.Model.Load(path, out _, new TipsLoadOptions()));
        Assert.Contains("The saved pipeline's foreground classifier", error.Message);
        Assert.Contains(message, error.Message);

        bool Change(ZipArchiveEntry entry)
        {
            using var stream = entry.Open();
            byte[] bytes = new byte[stream.Length];
            stream.ReadExactly(bytes);
            // The embedded manifest has the variant, too, but other names; the state has them all.
            int at = bytes.AsSpan().IndexOf(System.Text.Encoding.UTF8.GetBytes(text));
            if (at < 0 || bytes.AsSpan().IndexOf("\"Classifier\""u8) < 0) return false;
            System.Text.Encoding.UTF8.GetBytes(other).CopyTo(bytes, at);
            stream.Position = 0;
            stream.Write(bytes);
            return true;
        }
    }

    private static string PathOf(int i) => GoldenFiles.PathOf("dense", $"fg{i}.png");

    private static ImageSource Picture(int i) => ImageSource.FromFile(PathOf(i));

    private static ImageSource Mask(int i) => ImageSource.FromFile(GoldenFiles.PathOf("dense", $"fg{i}.mask.png"));

    private IDataView Rows(params int[] pictures) => _mlContext.Data.LoadFromEnumerable(pictures.Select(i => new Row
    {
        Path = PathOf(i),
        Bytes = File.ReadAllBytes(PathOf(i)),
    }));

    private sealed class Row
    {
        public string Path { get; set; } = "";

        public byte[] Bytes { get; set; } = [];

        public float Number { get; set; }
    }

    private sealed class Output
    {
        public float[] Foreground { get; set; } = [];
    }
}
