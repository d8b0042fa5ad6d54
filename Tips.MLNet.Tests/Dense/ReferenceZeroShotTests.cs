using System.Globalization;
using Microsoft.ML.Data;
using Tips.MLNet.Tests.Support;
using Tips.OnnxExport.Checkpoints;
using Tips.OnnxExport.Towers;

namespace Tips.MLNet.Tests.Dense;

/// <summary>The plain reference gives the published numbers, and each wrong reading would show.</summary>
[TestClass]
public class ReferenceZeroShotTests
{
    private static readonly Dictionary<string, float[]> Golden
        = GoldenFiles.ReadArrays(GoldenFiles.PathOf("dense", "zeroshot.golden.npz"));

    public TestContext TestContext { get; set; } = null!;

    [TestMethod]
    public void The_reference_agrees()
    {
        Assert.IsLessThan(1e-6f, Slide(ZeroShotFault.None));
        Assert.IsLessThan(5e-6f, Whole(ZeroShotFault.None));
    }

    [TestMethod]
    public void Each_wrong_reading_would_fail()
    {
        Assert.IsGreaterThan(3e-6f, Slide(ZeroShotFault.OrdinaryAttention));
        Assert.IsGreaterThan(3e-6f, Slide(ZeroShotFault.BilinearResize));
        Assert.IsGreaterThan(15e-6f, Whole(ZeroShotFault.OrdinaryAttention));
        Assert.IsGreaterThan(15e-6f, Whole(ZeroShotFault.AntialiasedEnlarging));
        Assert.IsGreaterThan(15e-6f, Whole(ZeroShotFault.BilinearEnlarging));
    }

    private float Slide(ZeroShotFault fault) => Difference("slide.probabilities", fault, (r, p, h, w) => r.Slide(p, h, w));

    private float Whole(ZeroShotFault fault) => Difference("whole.cosines", fault, (r, p, h, w) => r.Whole(p, h, w));

    private float Difference(string key, ZeroShotFault fault, Func<ReferenceZeroShot, byte[], int, int, double[]> run)
    {
        using var checkpoint = CheckpointFile.Open(GoldenFiles.PathOf("mini", "vision_mlp.npz"));
        using var picture = MLImage.CreateFromFile(GoldenFiles.PathOf("images", "small.png"));
        byte[] pixels = picture.Pixels.ToArray();
        if (picture.PixelFormat == MLPixelFormat.Rgba32)
            for (int i = 0; i < pixels.Length; i += 4) (pixels[i], pixels[i + 2]) = (pixels[i + 2], pixels[i]);
        var reference = new ReferenceZeroShot(TowerLayouts.ReadVision(checkpoint), Golden["class_vectors_unit"], fault);
        float[] found = [.. run(reference, pixels, picture.Height, picture.Width).Select(v => (float)v)];
        float difference = Close.MaximumDifference(Golden["small." + key], found);
        TestContext.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{key}, {fault}: {difference:E1}"));
        return difference;
    }
}
