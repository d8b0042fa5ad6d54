using Microsoft.ML.Data;

namespace Tips.MLNet.Tests.Support;

/// <summary>One picture for each kind of content that files have, with the pixels that Pillow gives for it.</summary>
internal static class FormatPictures
{
    private static readonly string[] PartlyTransparent = ["anim_alpha", "greyalpha", "icc_adobe_png", "pal_alpha", "rgba", "rgba16"];

    /// <summary>Names of the files.</summary>
    public static IReadOnlyList<string> Names { get; } =
    [
        .. Directory.GetFiles(GoldenFiles.PathOf("formats"))
            .Select(f => Path.GetFileName(f)!)
            .Where(name => !name.EndsWith(".expected.png", StringComparison.Ordinal))
            .Order(StringComparer.Ordinal),
    ];

    public static string PathOf(string name) => GoldenFiles.PathOf("formats", name);

    /// <summary>The picture as Pillow sees it, as a PNG.</summary>
    public static string ExpectedOf(string name)
    {
        string stem = Path.GetFileNameWithoutExtension(name);
        return GoldenFiles.PathOf("formats", stem + ".expected.png");
    }

    /// <summary>
    /// Levels that a decoder may differ by: JPEG's transform and the blending of half-transparent pixels are rounded in more than one way.
    /// </summary>
    public static int ToleranceOf(string name)
    {
        byte[] head = File.ReadAllBytes(PathOf(name))[..2];
        bool isJpeg = head[0] == 0xFF && head[1] == 0xD8;
        return isJpeg || PartlyTransparent.Contains(Path.GetFileNameWithoutExtension(name), StringComparer.Ordinal) ? 1 : 0;
    }

    /// <summary>The largest difference between the colors of two pictures of one size.</summary>
    public static int LargestDifference(MLImage expected, MLImage actual)
    {
        Assert.AreEqual((expected.Width, expected.Height), (actual.Width, actual.Height));
        Assert.AreEqual(MLPixelFormat.Bgra32, actual.PixelFormat);
        ReadOnlySpan<byte> a = expected.Pixels, b = actual.Pixels;
        int largest = 0;
        for (int i = 0; i < a.Length; i++) largest = Math.Max(largest, Math.Abs(a[i] - b[i]));
        return largest;
    }
}
