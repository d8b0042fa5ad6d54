using Microsoft.ML;
using Microsoft.ML.Data;
using Microsoft.ML.Transforms.Image;
using Tips.MLNet.Tests.Support;
using Tips.MLNet.Transforms;

namespace Tips.MLNet.Tests.Transforms;

[TestClass]
public sealed class TipsDensePredictionTests : IDisposable
{
    private readonly MLContext _mlContext = new(seed: 1);
    private readonly TemporaryFolder _folder = new();
    private readonly TipsModel _model = TipsModel.Load(TestModels.HeadsFolder());
    private readonly List<MLImage> _pictures = [.. Enumerable.Range(0, 5).Select(i => TestPictures.Random($"{i}", 50 + i, 70))];

    private IDataView Rows => _mlContext.Data.LoadFromEnumerable(_pictures.Select(p => new Row { Image = p }));

    public void Dispose()
    {
        _model.Dispose();
        _folder.Dispose();
        foreach (var picture in _pictures) picture.Dispose();
    }

    [TestMethod]
    [DataRow(DenseTask.Depth, 3)]
    [DataRow(DenseTask.Normals, null)]
    [DataRow(DenseTask.Segmentation, 2)]
    public void A_row_has_the_map_of_its_picture(DenseTask task, int? batchSize)
    {
        var options = new TipsDensePredictionOptions { OutputHeight = 40, OutputWidth = 30, BatchSize = batchSize };
        var estimator = Estimator(task, options);
        var pipeline = estimator.Fit(Rows);
        Assert.AreEqual((task, 40, 30), (pipeline.Task, pipeline.OutputHeight, pipeline.OutputWidth));
        var column = pipeline.Transform(Rows).Schema["Map"];
        var type = (VectorDataViewType)column.Type;
        CollectionAssert.AreEqual(task == DenseTask.Normals ? [40, 30, 3] : new[] { 40, 30 }, type.Dimensions.ToArray());
        Assert.AreEqual(task == DenseTask.Segmentation ? NumberDataViewType.Byte : NumberDataViewType.Single, type.ItemType);
        VBuffer<int> grid = default;
        column.Annotations.GetValue("Grid", ref grid);
        CollectionAssert.AreEqual(new[] { 40, 30 }, grid.DenseValues().ToArray());
        var shape = estimator.GetOutputSchema(SchemaShapes.Of(Rows.Schema)).Single(c => c.Name == "Map");
        Assert.AreEqual((SchemaShape.Column.VectorKind.Vector, type.ItemType), (shape.Kind, shape.ItemType));
        CollectionAssert.AreEquivalent(
            column.Annotations.Schema.Select(a => a.Name).ToArray(), shape.Annotations.Select(a => a.Name).ToArray());
        if (task == DenseTask.Segmentation)
        {
            VBuffer<ReadOnlyMemory<char>> names = default;
            column.Annotations.GetValue("Classes", ref names);
            Assert.AreEqual("class 11", names.DenseValues().Last().ToString());
        }

        Check(pipeline);
        string path = _folder["pipeline.zip"];
        _mlContext.Model.Save(pipeline, inputSchema: null, path);
        var loaded = new MLContext().Model.Load(path, out _);
        using (loaded as IDisposable) Check(loaded);

        void Check(ITransformer transformer)
        {
            float[][] found = task == DenseTask.Segmentation
                ? [.. transformer.Transform(Rows).GetColumn<byte[]>("Map").Select(v => Array.ConvertAll(v, b => (float)b))]
                : [.. transformer.Transform(Rows).GetColumn<float[]>("Map")];
            for (int i = 0; i < 5; i++)
            {
                var expected = DensePrediction.Compute(_model, _pictures[i], new DensePredictionOptions { OutputSize = (40, 30) });
                float[] values = task switch
                {
                    DenseTask.Depth => expected.Depth!.Meters.ToArray(),
                    DenseTask.Normals => expected.Normals!.Directions.ToArray(),
                    _ => Array.ConvertAll(expected.Segmentation!.Classes.ToArray(), b => (float)b),
                };
                if (task != DenseTask.Segmentation) Close.AreClose(values, found[i], 2e-5f);
                else Assert.IsLessThanOrEqualTo(2, values.Zip(found[i]).Count(p => p.First != p.Second));
            }
        }
    }

    [TestMethod]
    public void A_pipeline_with_three_heads_holds_the_model_once()
    {
        var pipeline = _mlContext.Transforms.TipsDepth("Depth", "Image", _model)
            .Append(_mlContext.Transforms.TipsNormals("Normals", "Image", _model))
            .Append(_mlContext.Transforms.TipsImageEmbedding("Embedding", "Image", _model)).Fit(Rows);
        _mlContext.Model.Save(pipeline, inputSchema: null, _folder["pipeline.zip"]);
        using var zip = System.IO.Compression.ZipFile.OpenRead(_folder["pipeline.zip"]);
        string[] names = [.. zip.Entries.Select(e => e.Name)];
        Assert.AreEqual(1, names.Count(n => n == "vision.fp32.safetensors"));
        Assert.AreEqual(1, names.Count(n => n == "depth.fp32.safetensors"));
        Assert.DoesNotContain("segmentation.fp32.safetensors", names);
        var loaded = (TransformerChain<ITransformer>)_mlContext.Model.Load(_folder["pipeline.zip"], out _);
        using (loaded)
        {
            var model = ((TipsDensePredictionTransformer)loaded.First()).Model;
            CollectionAssert.AreEqual(new[] { DenseTask.Depth, DenseTask.Normals }, model.DenseTasks.ToArray());
            Assert.HasCount(5, loaded.Transform(Rows).GetColumn<float[]>("Normals").ToArray());
        }
    }

    [TestMethod]
    public void What_the_model_lacks_is_said_at_once()
    {
        using var without = TipsModel.Load(TestModels.MiniFolder());
        Refused<InvalidOperationException>("has no head for depth", () => _mlContext.Transforms.TipsDepth("Map", "Image", without));
        Refused<ArgumentException>(
            "A class is a byte, which has no missing value",
            () => Estimator(DenseTask.Segmentation, new() { InvalidImages = InvalidImageHandling.MissingValue }));
        Refused<ArgumentException>("Pictures of 60x56", () => Estimator(DenseTask.Depth, new() { ImageHeight = 60 }));
        var huge = new TipsDensePredictionOptions { OutputHeight = 1 << 20, OutputWidth = 1 << 20 };
        Refused<ArgumentException>("do not fit into one array", () => Estimator(DenseTask.Depth, huge));
        Refused<ArgumentException>("A batch of 1000000000 pictures", () => Estimator(DenseTask.Depth, new() { BatchSize = 1_000_000_000 }));

        static void Refused<T>(string message, Action action)
            where T : Exception
            => Assert.Contains(message, Assert.Throws<T>(action).Message);
    }

    private TipsDensePredictionEstimator Estimator(DenseTask task, TipsDensePredictionOptions options) => task switch
    {
        DenseTask.Depth => _mlContext.Transforms.TipsDepth("Map", "Image", _model, options),
        DenseTask.Normals => _mlContext.Transforms.TipsNormals("Map", "Image", _model, options),
        _ => _mlContext.Transforms.TipsSegmentation("Map", "Image", _model, options),
    };

    private sealed class Row
    {
        [ImageType(60, 70)]
        public MLImage? Image { get; set; }
    }
}
