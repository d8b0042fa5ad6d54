using Microsoft.ML;
using Microsoft.ML.Data;
using Microsoft.ML.Transforms.Image;
using Tips.MLNet.Tests.Support;

namespace Tips.MLNet.Tests.Transforms;

[TestClass]
public sealed class TipsPatchFeaturesTests : IDisposable
{
    private readonly MLContext _mlContext = new(seed: 1);
    private readonly TemporaryFolder _folder = new();
    private readonly TipsModel _model = TipsModel.Load(TestModels.LayersFolder("vision_mlp"));
    private readonly List<MLImage> _pictures = [.. Enumerable.Range(0, 5).Select(i => TestPictures.Random($"{i}", 50 + i, 70))];

    private IDataView Rows => _mlContext.Data.LoadFromEnumerable(_pictures.Select(p => new Row { Image = p }));

    public void Dispose()
    {
        _model.Dispose();
        _folder.Dispose();
        foreach (var picture in _pictures) picture.Dispose();
    }

    public static IEnumerable<object[]> Options =>
    [
        [new TipsPatchFeaturesOptions(), 4, 4],
        [new TipsPatchFeaturesOptions { ImageHeight = 42, ImageWidth = 84, BatchSize = 3 }, 3, 6],
        [new TipsPatchFeaturesOptions { Layer = 1, FinalNorm = false, ImageWidth = 28 }, 4, 2],
        [new TipsPatchFeaturesOptions { ValuePath = true, CacheBytes = 0 }, 4, 4],
    ];

    /// <summary>Every row is what the model gives for its picture, resized; saved, loaded, and in a PredictionEngine, too.</summary>
    [TestMethod]
    [DynamicData(nameof(Options))]
    public void A_row_has_the_patches_of_its_picture(TipsPatchFeaturesOptions options, int rows, int columns)
    {
        var estimator = _mlContext.Transforms.TipsPatchFeatures("Patches", "Image", _model, options);
        var transformer = estimator.Fit(Rows);
        Assert.AreEqual((rows, columns), (transformer.Rows, transformer.Columns));
        var view = transformer.Transform(Rows);
        var shape = estimator.GetOutputSchema(SchemaShapes.Of(Rows.Schema)).Single(c => c.Name == "Patches");
        Assert.AreEqual((SchemaShape.Column.VectorKind.Vector, NumberDataViewType.Single), (shape.Kind, shape.ItemType));
        Assert.AreEqual("Grid", shape.Annotations.Single().Name);
        var column = view.Schema["Patches"];
        CollectionAssert.AreEqual(new[] { rows, columns, 128 }, ((VectorDataViewType)column.Type).Dimensions.ToArray());
        VBuffer<int> grid = default;
        column.Annotations.GetValue("Grid", ref grid);
        CollectionAssert.AreEqual(new[] { rows, columns }, grid.DenseValues().ToArray());

        float[][] expected = [.. _pictures.Select(picture =>
        {
            byte[] resized = new byte[rows * columns * 14 * 14 * 4];
            MLNet.Images.PillowResize.Resize(picture.Pixels, picture.Width, picture.Height, resized, columns * 14, rows * 14);
            using var image = MLImage.CreateFromPixels(columns * 14, rows * 14, MLPixelFormat.Bgra32, resized);
            return _model.EmbedPatches(image, TestPictures.Unresized(new PatchOptions
            {
                Layer = options.Layer,
                FinalNorm = options.FinalNorm,
                ValuePath = options.ValuePath,
            })).Values.ToArray();
        })];
        Check(view);

        string path = _folder["pipeline.zip"];
        _mlContext.Model.Save(transformer, inputSchema: null, path);
        var loaded = new MLContext().Model.Load(path, out _);
        using (loaded as IDisposable)
        {
            Check(loaded.Transform(Rows));
            using var engine = _mlContext.Model.CreatePredictionEngine<Row, Output>(loaded, ignoreMissingColumns: true);
            Close.AreClose(expected[1], engine.Predict(new Row { Image = _pictures[1] }).Patches!, 1e-5f);
        }

        void Check(IDataView found)
        {
            float[][] values = [.. found.GetColumn<float[]>("Patches")];
            Assert.HasCount(5, values);
            for (int i = 0; i < 5; i++) Close.AreClose(expected[i], values[i], 1e-5f);
        }
    }

    [TestMethod]
    public void A_missing_picture_is_a_missing_value_if_asked()
    {
        var rows = _mlContext.Data.LoadFromEnumerable([new Row { Image = null }, new Row { Image = _pictures[0] }]);
        var options = new TipsPatchFeaturesOptions { InvalidImages = InvalidImageHandling.MissingValue };
        float[][] values = [.. _mlContext.Transforms.TipsPatchFeatures("Patches", "Image", _model, options)
            .Fit(rows).Transform(rows).GetColumn<float[]>("Patches")];
        Assert.IsTrue(values[0].All(float.IsNaN));
        Assert.IsTrue(values[1].All(float.IsFinite));
    }

    [TestMethod]
    public void What_the_model_lacks_is_said_at_once()
    {
        using var model = TipsModel.Load(TestModels.MiniFolder());
        Refused<InvalidOperationException>("does not give the tokens of layer 0", new() { Layer = 0 });
        Refused<ArgumentException>("Pictures of 60x56 (height x width) do not fit", new() { ImageHeight = 60 });
        Refused<ArgumentException>("do not fit into one tensor", new() { ImageHeight = 14_000_000, ImageWidth = 1400 });
        Refused<ArgumentException>("A batch of 1000000000 pictures", new() { BatchSize = 1_000_000_000 });
        Refused<ArgumentException>("ImageWidth", new() { ImageWidth = 0 });

        void Refused<T>(string message, TipsPatchFeaturesOptions options)
            where T : Exception
            => Assert.Contains(
                message, Assert.Throws<T>(() => _mlContext.Transforms.TipsPatchFeatures("Patches", "Image", model, options)).Message);
    }

    private sealed class Row
    {
        [ImageType(60, 70)]
        public MLImage? Image { get; set; }
    }

    private sealed class Output
    {
        public float[]? Patches { get; set; }
    }
}
