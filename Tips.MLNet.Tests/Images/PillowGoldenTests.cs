using System.Globalization;
using Microsoft.ML.Data;
using Tips.MLNet.Images;
using Tips.MLNet.Tests.Support;

namespace Tips.MLNet.Tests.Images;

/// <summary>Pictures decoded by ML.NET and resized here, against Pillow's <c>convert("RGB").resize(…, BILINEAR)</c>.</summary>
[TestClass]
public class PillowGoldenTests
{
    // Pillow's and Skia's JPEG decoders may differ by one level in rounding; nothing else may differ.
    private const int JpegTolerance = 1, PngTolerance = 0;

    public static IEnumerable<object[]> Pictures => Directory.GetFiles(GoldenFiles.PathOf("images"), "*.expected.*.png")
        .Order(StringComparer.Ordinal)
        .Select(f => new object[] { Path.GetFileName(f) });

    [TestMethod]
    public void There_are_fourteen_golden_pictures() => Assert.HasCount(14, Pictures);

    [TestMethod]
    [DynamicData(nameof(Pictures))]
    public void Preprocessing_equals_Pillow(string expectedFile)
    {
        string[] parts = expectedFile.Split('.'); // name, extension, "expected", side, "png"
        int side = int.Parse(parts[3], CultureInfo.InvariantCulture);
        using var source = MLImage.CreateFromFile(GoldenFiles.PathOf("images", $"{parts[0]}.{parts[1]}"));
        using var expected = MLImage.CreateFromFile(GoldenFiles.PathOf("images", expectedFile));
        float[] planes = new float[3 * side * side];
        new ImagePreprocessor(side, side).Preprocess(source, planes);

        var pixels = expected.Pixels;
        int largest = 0;
        bool bgr = expected.PixelFormat == MLPixelFormat.Bgra32;
        for (int i = 0; i < side * side; i++)
        {
            for (int channel = 0; channel < 3; channel++)
            {
                float value = planes[channel * side * side + i];
                int level = (int)MathF.Round(value * 255);
                Assert.AreEqual(level / 255f, value, "not a level divided by 255");
                largest = Math.Max(largest, Math.Abs(level - pixels[i * 4 + (bgr ? 2 - channel : channel)]));
            }
        }

        Assert.IsLessThanOrEqualTo(parts[1] == "jpg" ? JpegTolerance : PngTolerance, largest);
    }
}
