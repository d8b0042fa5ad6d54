using Microsoft.ML;
using Microsoft.ML.Data;
using Tips.MLNet.Tests.Support;

namespace Tips.MLNet.Tests.Transforms;

/// <summary>Every kind of file through every way in: the embedding is that of the pixels that Pillow gives.</summary>
[TestClass]
public class PictureFormatsTests
{
    private static TipsModel _model = null!;

    private readonly MLContext _ml = new();

    public TestContext TestContext { get; set; } = null!;

    public static IEnumerable<object[]> Names => FormatPictures.Names.Select(name => new object[] { name });

    [ClassInitialize]
    public static void Load(TestContext _) => _model = TestModels.LoadTiny();

    [ClassCleanup]
    public static void Unload() => _model.Dispose();

    [TestMethod]
    [DynamicData(nameof(Names))]
    public void Every_way_in_gives_the_same_embedding(string name)
    {
        string file = FormatPictures.PathOf(name);
        byte[] bytes = File.ReadAllBytes(file);
        float[] expected = _model.EmbedImage(FormatPictures.ExpectedOf(name));
        using var pillow = MLImage.CreateFromFile(FormatPictures.ExpectedOf(name));
        using var stream = new MemoryStream(bytes);
        var sources = new Dictionary<string, ImageSource>
        {
            ["file"] = ImageSource.FromFile(file),
            ["bytes"] = bytes,
            ["stream"] = ImageSource.FromStream(stream),
        };
        foreach (var (kind, source) in sources)
        {
            if (kind != "stream")
            {
                using var decoded = source.Decode();
                Check(kind, decoded, source);
            }
            else
            {
                // A stream can be read only once.
                CollectionAssert.AreEqual(_model.EmbedImage(bytes), _model.EmbedImage(source), kind);
            }
        }

        var row = new PictureRow { Path = Path.GetFileName(file), FullPath = file, Bytes = bytes };
        var data = _ml.Data.LoadFromEnumerable([row]);
        float[] inBytes = Embed(data, nameof(PictureRow.Bytes)), inPath = Embed(data, nameof(PictureRow.Path));
        CollectionAssert.AreEqual(_model.EmbedImage(file), inBytes, "column of bytes");
        CollectionAssert.AreEqual(inBytes, inPath, "column of paths");

        // ML.NET decodes image columns: transparency is rounded twice there.
        var loaded = _ml.Transforms.LoadImages("Image", "", nameof(PictureRow.FullPath)).Fit(data).Transform(data);
        using var image = MLImage.CreateFromFile(file);
        using var flat = ImageSource.FromImage(image).Decode();
        int difference = FormatPictures.LargestDifference(pillow, flat);
        TestContext.WriteLine($"{name}: LoadImages differs by {difference}");
        Assert.IsLessThanOrEqualTo(FormatPictures.ToleranceOf(name), difference);
        if (difference == 0) CollectionAssert.AreEqual(expected, Embed(loaded, "Image"), "image column");

        void Check(string kind, MLImage decoded, ImageSource source)
        {
            int difference = FormatPictures.LargestDifference(pillow, decoded);
            Assert.IsLessThanOrEqualTo(FormatPictures.ToleranceOf(name), difference, kind);
            if (difference == 0) CollectionAssert.AreEqual(expected, _model.EmbedImage(source), kind);
        }
    }

    private float[] Embed(IDataView data, string column)
    {
        var options = new TipsImageEmbeddingOptions { ImageFolder = GoldenFiles.PathOf("formats") };
        var view = _ml.Transforms.TipsImageEmbedding("Embedding", column, _model, options).Fit(data).Transform(data);
        return view.GetColumn<float[]>("Embedding").Single();
    }

    private sealed class PictureRow
    {
        public string Path { get; set; } = "";

        public string FullPath { get; set; } = "";

        public byte[] Bytes { get; set; } = [];
    }
}
