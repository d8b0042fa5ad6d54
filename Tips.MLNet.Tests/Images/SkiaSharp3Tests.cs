using System.Reflection;
using Tips.MLNet.Tests.Support;

namespace Tips.MLNet.Tests.Images;

[TestClass]
public class SkiaSharp3Tests
{
    /// <summary>Columns of files, and sources, decode with any version; ML.NET's images say what they need.</summary>
    [TestMethod]
    [DataRow("rgba.png")]
    [DataRow("exif6.jpg")]
    [DataRow("webp_lossy.webp")]
    public void Files_are_decoded_beside_SkiaSharp_3(string name)
    {
        string program = typeof(SkiaSharp3Tests).Assembly.GetCustomAttributes<AssemblyMetadataAttribute>()
            .Single(a => a.Key == "SkiaSharp3Program").Value!;
        using var process = new ChildProcess(program, TestModels.TinyFolder, FormatPictures.PathOf(name));
        var (code, output, error) = process.WaitForExit();
        Assert.AreEqual(0, code, error);
        string[] lines = output.Split('\n', StringSplitOptions.TrimEntries);
        Assert.AreEqual("3", lines[0]);
        using var model = TestModels.LoadTiny();
        string expected = string.Join(
            ",", model.EmbedImage(FormatPictures.PathOf(name)).Select(v => BitConverter.SingleToUInt32Bits(v).ToString("x8")));
        for (int i = 1; i <= 3; i++) Assert.AreEqual(expected, lines[i]);
        Assert.StartsWith("ML.NET's images need SkiaSharp 2.88, but the application has another version.", lines[4]);
    }
}
