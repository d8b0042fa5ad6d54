using System.Globalization;
using SkiaSharp;
using Tips.MLNet.Samples.Common;
using Tips.MLNet.Tests.Formula;
using Tips.MLNet.Tests.Support;

namespace Tips.MLNet.Tests.Samples;

/// <summary>Pictures as cameras make them, window by window through S/14, in processes of their own.</summary>
[TestClass]
public sealed class LargePictureTests : IDisposable
{
    private const int Width = 4000, Height = 3000;

    private const long Allowed = 1_000_000_000;

    private readonly TemporaryFolder _folder = new();

    public TestContext TestContext { get; set; } = null!;

    public void Dispose() => _folder.Dispose();

    [TestMethod]
    [TestCategory("Slow")]
    public void Patches_in_windows_take_little_memory()
    {
        Run("patches", "--windows");
        byte[] header = new byte[128];
        using var stream = File.OpenRead(_folder["out/photo.patches.npy"]);
        stream.ReadExactly(header);
        Assert.Contains("(214, 286, 384)", System.Text.Encoding.ASCII.GetString(header));
    }

    [TestMethod]
    [TestCategory("Slow")]
    public void Segmentation_with_150_classes_takes_little_memory()
    {
        var labels = Enumerable.Range(0, 150).Select(i => $"thing {(char)('a' + i % 26)}{(char)('a' + i / 26)}");
        File.WriteAllLines(_folder["labels.txt"], labels);
        Run("segment", "--labels", _folder["labels.txt"]);
        byte[] classes = GrayPng.Read(_folder["out/photo.classes.png"], out int height, out int width);
        Assert.AreEqual((Height, Width), (height, width));
        Assert.IsTrue(classes.Max() < 150);
    }

    private void Run(string sample, params string[] options)
    {
        var size = TextTowerSize.All.Single(s => s.Variant == "S");
        string model = TestModels.FormulaTextFolder(size, 448);
        using (var photo = new SKBitmap(Width, Height))
        {
            var random = new Random(1);
            using var canvas = new SKCanvas(photo);
            for (int i = 0; i < 200; i++)
            {
                using var paint = new SKPaint { Color = new SKColor((uint)random.Next()).WithAlpha(255) };
                canvas.DrawCircle(random.Next(Width), random.Next(Height), random.Next(50, 500), paint);
            }

            using var file = File.Create(_folder["photo.jpg"]);
            photo.Encode(file, SKEncodedImageFormat.Jpeg, 90);
        }

        string[] arguments = [sample, "--model", model, "--images", _folder["photo.jpg"], "--output", _folder["out"], .. options];
        var (seconds, peak) = MeasuredProcess.Run("Tips.MLNet.Samples.dll", arguments);
        TestContext.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"{sample}: {seconds:F0} s with at most {peak / 1e6:F0} MB of memory"));
        Assert.IsLessThan(Allowed, peak);
    }
}
