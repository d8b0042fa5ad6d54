using System.Text.Json;
using Microsoft.ML.Data;
using Tips.MLNet.Dense;
using Tips.MLNet.Evaluation;
using Tips.MLNet.Images;
using Tips.MLNet.Tests.Support;

namespace Tips.MLNet.Tests.Dense;

/// <summary>
/// Zero-shot segmentation against the published notebook, run on four pictures with the three-block tower: windows of 56 at stride 42.
/// </summary>
[TestClass]
public class ZeroShotSegmenterTests
{
    private const float Probabilities = 1e-6f, Cosines = 5e-6f;
    private const double DifferentPixels = 0.0005;

    private static readonly string[] Labels = [.. Enumerable.Range(0, 7).Select(i => $"class {i}")];
    private static readonly string GoldenPath = GoldenFiles.PathOf("dense", "zeroshot.golden.npz");
    private static readonly Dictionary<string, float[]> Golden = GoldenFiles.ReadArrays(GoldenPath);

    private static TipsModel _model = null!;
    private static ZeroShotSegmenter _segmenter = null!;

    public TestContext TestContext { get; set; } = null!;

    [ClassInitialize]
    public static void Load(TestContext context)
    {
        _model = TipsModel.Load(TestModels.MiniFolder(), TestExecution.Options);
        _segmenter = new ZeroShotSegmenter(_model, Labels, Golden["class_vectors_unit"]);
    }

    [ClassCleanup]
    public static void Unload() => _model.Dispose();

    [TestMethod]
    [DataRow("coffee.png", Probabilities)]
    [DataRow("small.png", Probabilities)]
    [DataRow("strip.png", Probabilities)]
    [DataRow("cat.jpg", 1e-4f)] // JPEG decoders differ by a level
    public void Slide_gives_the_references_probabilities(string file, float tolerance)
    {
        string name = Path.GetFileNameWithoutExtension(file);
        var (scores, _, _) = _segmenter.Score(Picture(file), Options(SegmentationMode.Slide), TestContext.CancellationToken);
        var (every, across) = name == "strip" ? (7, 280) : (1, 1);
        string key = $"{name}.slide.probabilities" + (name == "strip" ? "_every_7x280" : "");
        Check(key, tolerance, scores, every, across);
    }

    [TestMethod]
    [DataRow("coffee.png", Cosines)]
    [DataRow("small.png", Cosines)]
    [DataRow("strip.png", Cosines)]
    [DataRow("cat.jpg", 1e-3f)]
    public void Whole_gives_the_references_cosines(string file, float tolerance)
    {
        var (scores, _, _) = _segmenter.Score(Picture(file), Options(SegmentationMode.Whole), TestContext.CancellationToken);
        Check($"{Path.GetFileNameWithoutExtension(file)}.whole.cosines", tolerance, scores, 1, 1);
    }

    [TestMethod]
    [DataRow("coffee.png", DifferentPixels)]
    [DataRow("small.png", DifferentPixels)]
    [DataRow("strip.png", DifferentPixels)]
    [DataRow("cat.jpg", 0.005)]
    public void Maps_confusion_and_mIoU_are_the_references(string file, double allowed)
    {
        string name = Path.GetFileNameWithoutExtension(file);
        foreach (var mode in (SegmentationMode[])[SegmentationMode.Slide, SegmentationMode.Whole])
        {
            string run = mode == SegmentationMode.Slide ? "slide" : "whole";
            var map = _segmenter.Segment(Picture(file), Options(mode), TestContext.CancellationToken);
            byte[] expected = Gray(GoldenFiles.PathOf("dense", $"zeroshot_{name}_{run}.argmax.png"), out int height, out int width);
            Assert.AreEqual((height, width), (map.Height, map.Width));
            int different = expected.Where((c, i) => c != map.Classes[i]).Count();
            TestContext.WriteLine($"{name} {run}: {different} of {expected.Length} pixels differ");
            Assert.IsLessThanOrEqualTo(allowed * expected.Length, different);
            Assert.AreEqual(1, map.Shares().Sum(), 1e-9);

            var matrix = new SegmentationMetrics(7);
            matrix.Add(Truth(height, width), map.Classes, labelOffset: 1, ignore: [0, 255]);
            Assert.AreEqual(Golden[$"{name}.{run}.miou"][0], matrix.MeanIntersectionOverUnion, file == "cat.jpg" ? 5e-3 : 1e-4);
            long[] confusion = GoldenFiles.ReadIntegers(GoldenPath, $"{name}.{run}.confusion");
            for (int i = 0; i < 49; i++) Assert.IsLessThanOrEqualTo(different, Math.Abs(confusion[i] - matrix[i / 7, i % 7]));
            Assert.AreEqual(confusion.Sum(), matrix.Total);
        }
    }

    /// <summary>Three pictures in one matrix, as the notebook's loop sums them.</summary>
    [TestMethod]
    [DataRow(SegmentationMode.Slide, "slide")]
    [DataRow(SegmentationMode.Whole, "whole")]
    public void The_mIoU_of_a_set_comes_from_one_matrix(SegmentationMode mode, string run)
    {
        var matrix = new SegmentationMetrics(7);
        foreach (string file in (string[])["coffee.png", "cat.jpg", "small.png"])
        {
            var map = _segmenter.Segment(Picture(file), Options(mode), TestContext.CancellationToken);
            matrix.Add(Truth(map.Height, map.Width), map.Classes, labelOffset: 1, ignore: [0, 255]);
        }

        Assert.AreEqual(Golden[$"three.{run}.miou"][0], matrix.MeanIntersectionOverUnion, 1e-3); // for the JPEG
    }

    [TestMethod]
    [DataRow("coffee.png", 0)]
    [DataRow("small.png", 0)]
    [DataRow("cat.jpg", 1)]
    public void The_picture_is_resized_as_Pillow_does(string file, int tolerance)
    {
        using var decoded = ImageSource.FromFile(GoldenFiles.PathOf("images", file)).Open(background: null);
        var (height, width) = SlideWindows.Resized("picture", decoded.Height, decoded.Width, 56);
        float[] planes = new float[3 * height * width];
        ResizedPicture.From(decoded, height, width, ResizeKernel.Bicubic).ToPlanes(0, 0, height, width, planes);
        string name = Path.GetFileNameWithoutExtension(file);
        using var expected = MLImage.CreateFromFile(GoldenFiles.PathOf("dense", $"zeroshot_{name}.resized.png"));
        Assert.AreEqual((expected.Height, expected.Width), (height, width));
        bool bgr = expected.PixelFormat == MLPixelFormat.Bgra32;
        for (int i = 0; i < planes.Length; i++)
        {
            var (channel, at) = Math.DivRem(i, height * width);
            int level = (int)MathF.Round(planes[i] * 255);
            Assert.IsLessThanOrEqualTo(tolerance, Math.Abs(level - expected.Pixels[at * 4 + (bgr ? 2 - channel : channel)]));
        }
    }

    [TestMethod]
    [DataRow("size_448_stride_336", 448, 336, 15)]
    [DataRow("size_56_stride_42", 56, 42, 6)]
    public void Windows_are_the_notebooks(string table, int size, int stride, int count)
    {
        using var json = JsonDocument.Parse(File.ReadAllBytes(GoldenFiles.PathOf("dense", "zeroshot_windows.json")));
        var rows = json.RootElement.GetProperty(table);
        Assert.AreEqual(count, rows.GetArrayLength());
        foreach (var row in rows.EnumerateArray())
        {
            int ownHeight = row.GetProperty("height").GetInt32(), ownWidth = row.GetProperty("width").GetInt32();
            var (height, width) = SlideWindows.Resized("picture", ownHeight, ownWidth, size);
            CollectionAssert.AreEqual(Numbers(row.GetProperty("resized")), new[] { height, width });
            int[][] origins = [.. SlideWindows.Origins(height, width, size, stride).Select(o => new[] { o.Top, o.Left })];
            int[][] expected = [.. row.GetProperty("origins").EnumerateArray().Select(Numbers)];
            CollectionAssert.AreEqual(expected.SelectMany(o => o).ToArray(), origins.SelectMany(o => o).ToArray());
        }

        static int[] Numbers(JsonElement list) => [.. list.EnumerateArray().Select(n => n.GetInt32())];
    }

    [TestMethod]
    public void Enlarging_a_plane_by_bicubic_is_PyTorchs()
    {
        // One row of 2 values to 3: PyTorch's kernel with a = -0.75, by hand.
        float[] found = BicubicEnlargement.Resize([1f, 3f], (1, 2), (1, 3));
        // Centers at -1/6, 1/2, 7/6; of the taps outside, the border counts.
        Close.AreClose([0.8263889f, 2f, 3.1736112f], found, 1e-6f);
    }

    [TestMethod]
    public void What_does_not_fit_is_refused()
    {
        using var wide = MLImage.CreateFromPixels(30_000, 1, MLPixelFormat.Bgra32, new byte[120_000]);
        var source = ImageSource.FromImage(wide, "wide.png");
        Refused<InvalidOperationException>("would run with 480,000 patches together, expected at most 4,096", source, new()
        {
            Mode = SegmentationMode.Whole,
        });
        Refused<InvalidOperationException>(
            "has 1x30000 pixels (height x width). Its longer side would have 33600000", source, new() { ImageSize = 1120 });
        Refused<InvalidOperationException>("would run with 6,400 patches together", Picture("small.png"), new() { ImageSize = 1120 });
        Refused<ArgumentException>(
            "The image size 57 does not fit, expected a multiple of the patch size 14.", source, new() { ImageSize = 57 });
        Refused<ArgumentException>("A stride of 57 pixels would leave gaps between windows of 56.", source, new() { Stride = 57 });
        Refused<InvalidDataException>("cannot be read", ImageSource.FromBytes(new byte[] { 1 }), new());
        string[] many = [.. Enumerable.Range(0, 257).Select(i => $"{i}")];
        Assert.Contains("There are 257 classes, expected at most 256.", Assert.Throws<ArgumentException>(
            () => new ZeroShotSegmenter(_model, many, new float[257 * 128])).Message);
        Assert.Contains("The embeddings of the classes have 64 values each, but those of model 'mini-mlp-56x56' have 128.",
            Assert.Throws<ArgumentException>(() => new ZeroShotSegmenter(_model, ["a", "b"], new float[128])).Message);

        void Refused<T>(string message, ImageSource picture, SegmentationOptions options)
            where T : Exception
            => Assert.Contains(message, Assert.Throws<T>(() => _segmenter.Segment(picture, options)).Message);
    }

    private static SegmentationOptions Options(SegmentationMode mode)
        => new() { Mode = mode, ImageSize = 56, Stride = 42, MaximumPatches = 5000 };

    private static ImageSource Picture(string file) => ImageSource.FromFile(GoldenFiles.PathOf("images", file));

    // The labels that the reference was given.
    private static byte[] Truth(int height, int width)
    {
        byte[] labels = new byte[height * width];
        for (int i = 0; i < labels.Length; i++)
        {
            var (y, x) = Math.DivRem(i, width);
            labels[i] = (byte)((x + 3 * y) % 29 == 0 ? 255 : (x / 8 + y / 8) % 7);
        }

        return labels;
    }

    private static byte[] Gray(string file, out int height, out int width)
    {
        using var image = MLImage.CreateFromFile(file);
        (height, width) = (image.Height, image.Width);
        byte[] values = new byte[height * width];
        for (int i = 0; i < values.Length; i++) values[i] = image.Pixels[i * 4];
        return values;
    }

    // The golden numbers are classes x rows x columns.
    private void Check(string key, float tolerance, IScoreRows scores, int every, int across)
    {
        float[] expected = Golden[key];
        int rows = (scores.Rows + every - 1) / every, columns = (scores.Columns + across - 1) / across;
        float[] found = new float[expected.Length], row = new float[scores.Columns * 7];
        for (int y = 0; y < rows; y++)
        {
            scores.CopyRow(y * every, row);
            for (int x = 0; x < columns; x++)
            {
                for (int c = 0; c < 7; c++) found[(c * rows + y) * columns + x] = row[x * across * 7 + c];
            }
        }

        TestContext.WriteLine($"{key}: {Close.MaximumDifference(expected, found):E1}");
        Close.AreClose(expected, found, tolerance, key);
    }
}
