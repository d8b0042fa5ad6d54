using Microsoft.ML.Data;
using Tips.MLNet.Images;
using Tips.MLNet.Tests.Support;

namespace Tips.MLNet.Tests.Encoders;

/// <summary>In what size, and in which windows, pictures run.</summary>
[TestClass]
public class PatchInputTests
{
    /// <summary>Each window is a picture of its own; a patch is the mean over the windows that it is in.</summary>
    [TestMethod]
    [DataRow(100, 130, 56, 28, 7, 9)]
    [DataRow(100, 130, 56, 42, 7, 9)]
    [DataRow(40, 200, 56, 56, 3, 14)]
    [DataRow(30, 20, 56, null, 2, 1)]
    [DataRow(112, 84, null, null, 8, 6)]
    public void Windows_are_averaged(int height, int width, int? side, int? stride, int rows, int columns)
    {
        using var model = TipsModel.Load(TestModels.MiniFolder());
        using var picture = TestPictures.Random("windows", height, width);
        var found = model.EmbedPatches(picture, new PatchOptions { Input = PatchInput.Windows(side, stride) });
        Assert.AreEqual((rows, columns), (found.Rows, found.Columns));

        var (windowRows, windowColumns) = (Math.Min((side ?? 56) / 14, rows), Math.Min((side ?? 56) / 14, columns));
        int step = (stride ?? 42) / 14;
        byte[] resized = new byte[rows * columns * 14 * 14 * 4];
        PillowResize.Resize(picture.Pixels, width, height, resized, columns * 14, rows * 14);
        double[] sums = new double[rows * columns * 128];
        int[] counts = new int[rows * columns];
        foreach (int top in Starts(rows, windowRows, step))
        {
            foreach (int left in Starts(columns, windowColumns, step))
            {
                using var window = Crop(resized, columns * 14, top * 14, left * 14, windowRows * 14, windowColumns * 14);
                var part = model.EmbedPatches(window, new PatchOptions { Input = PatchInput.AsIs() });
                for (int i = 0; i < part.Count; i++)
                {
                    int patch = (top + i / windowColumns) * columns + left + i % windowColumns;
                    counts[patch]++;
                    for (int j = 0; j < 128; j++) sums[patch * 128 + j] += part[i][j];
                }
            }
        }

        Assert.IsTrue(counts.All(c => c > 0), "every patch is in a window");
        Close.AreClose([.. sums.Select((s, i) => (float)(s / counts[i / 128]))], found.Values, 1e-5f);

        static IEnumerable<int> Starts(int size, int window, int step)
        {
            for (int start = 0; start + window < size; start += step) yield return start;
            yield return size - window;
        }
    }

    [TestMethod]
    [DataRow(300, 200, 56, 6, 4)]
    [DataRow(200, 300, 56, 4, 6)]
    [DataRow(100, 1000, 28, 2, 20)]
    [DataRow(64, 64, 60, 4, 4)]
    [DataRow(64, 64, 64, 5, 5)]
    [DataRow(3, 5, 1, 1, 1)]
    public void A_short_side_keeps_the_ratio_in_whole_patches(int height, int width, int side, int rows, int columns)
    {
        using var model = TipsModel.Load(TestModels.MiniFolder());
        using var picture = TestPictures.Random("short", height, width);
        var found = model.EmbedPatches(picture, new PatchOptions { Input = PatchInput.ShortSide(side) });
        Assert.AreEqual((rows, columns), (found.Rows, found.Columns));
        var windows = model.EmbedPatches(picture, new PatchOptions { Input = PatchInput.Windows(2100, shortSide: side) });
        Close.AreClose(found.Values, windows.Values, 0);
    }

    [TestMethod]
    public void By_default_the_picture_has_the_models_size()
    {
        using var model = TipsModel.Load(TestModels.MiniFolder());
        using var picture = TestPictures.Random("default", 70, 90);
        float[] pixels = new float[model.PixelValuesPerImage], classTokens = new float[256], patches = new float[16 * 128];
        new ImagePreprocessor(56, 56).Preprocess(picture, pixels);
        model.RunPixels(pixels, 1, classTokens, patches);
        Close.AreClose(patches, model.EmbedPatches(picture).Values, 0);
    }

    [TestMethod]
    public void Transparent_pixels_show_the_background()
    {
        using var model = TipsModel.Load(TestModels.MiniFolder());
        using var clear = MLImage.CreateFromPixels(56, 56, MLPixelFormat.Bgra32, new byte[56 * 56 * 4]);
        using var red = MLImage.CreateFromPixels(
            56, 56, MLPixelFormat.Bgra32, Enumerable.Repeat<byte[]>([0, 0, 255, 255], 56 * 56).SelectMany(p => p).ToArray());
        var found = model.EmbedPatches(clear, new PatchOptions { Background = System.Drawing.Color.Red });
        Close.AreClose(model.EmbedPatches(red).Values, found.Values, 0);
    }

    public static IEnumerable<object[]> Refused =>
    [
        [
            new PatchOptions { Input = PatchInput.AsIs() },
            "Picture 'p.png' cannot be used: it has 60x75 pixels (height x width), expected multiples of the patch "
            + "size 14.",
        ],
        [
            new PatchOptions { Input = PatchInput.Windows(60) },
            "Picture 'p.png' cannot be used: windows of 60 pixels at a stride of 42 do not fit, expected multiples of "
            + "the patch size 14.",
        ],
        [
            new PatchOptions { Input = PatchInput.Windows(stride: 70) },
            "Picture 'p.png' cannot be used: a stride of 70 pixels would leave gaps between windows of 56x56.",
        ],
        [
            new PatchOptions { Input = PatchInput.ShortSide(2_000_000_000) },
            "Picture 'p.png' cannot be used: its longer side would have 2500000000 pixels if its shorter one were "
            + "resized to 2000000000.",
        ],
        [
            new PatchOptions { Input = PatchInput.ShortSide(1400) },
            "Picture 'p.png' would run with 12,500 patches together, expected at most 4,096 (MaximumPatches). Make it smaller, or "
            + "raise that limit.",
        ],
        [
            new PatchOptions { MaximumPatches = 15 },
            "Picture 'p.png' would run with 16 patches together, expected at most 15 (MaximumPatches). Make it smaller, or raise "
            + "that limit.",
        ],
        [
            new PatchOptions { Input = PatchInput.Windows(shortSide: 500_000) },
            "Picture 'p.png' resized to 499996x625002 (height x width) does not fit into one array.",
        ],
        [
            new PatchOptions { Layer = 1 },
            "Model 'mini-mlp-56x56' does not give the tokens of layer 1, only those of 2. Export it with '--layers 1'.",
        ],
        [new PatchOptions { Layer = 3 }, "Model 'mini-mlp-56x56' has no layer 3: its layers are 0 to 2."],
    ];

    [TestMethod]
    [DynamicData(nameof(Refused))]
    public void What_does_not_fit_is_refused(PatchOptions options, string message)
    {
        using var model = TipsModel.Load(TestModels.MiniFolder());
        using var picture = TestPictures.Random("refused", 60, 75);
        var error = Assert.ThrowsExactly<InvalidOperationException>(
            () => model.EmbedPatches(ImageSource.FromImage(picture, "p.png"), options));
        Assert.AreEqual(message, error.Message);
    }

    [TestMethod]
    public void Options_out_of_range_are_refused()
    {
        Assert.ThrowsExactly<ArgumentOutOfRangeException>(() => PatchInput.ShortSide(0));
        Assert.ThrowsExactly<ArgumentOutOfRangeException>(() => PatchInput.Windows(-14));
        Assert.ThrowsExactly<ArgumentOutOfRangeException>(() => PatchInput.Windows(28, 42));
        Assert.ThrowsExactly<ArgumentOutOfRangeException>(() => PatchInput.Windows(28, 14, 0));
        using var model = TipsModel.Load(TestModels.MiniFolder());
        using var picture = TestPictures.Random("range", 60, 75);
        foreach (var options in (PatchOptions[])
            [
                new() { Layer = -1 }, new() { MaximumPatches = 0 }, new() { ValuePath = true, Layer = 2 },
                new() { ValuePath = true, FinalNorm = false }, new() { Background = System.Drawing.Color.Transparent },
            ])
        {
            Assert.Throws<ArgumentException>(() => model.EmbedPatches(picture, options));
        }
    }

    private static MLImage Crop(byte[] pixels, int stride, int top, int left, int height, int width)
    {
        byte[] crop = new byte[height * width * 4];
        for (int y = 0; y < height; y++)
            pixels.AsSpan(((top + y) * stride + left) * 4, width * 4).CopyTo(crop.AsSpan(y * width * 4));
        return MLImage.CreateFromPixels(width, height, MLPixelFormat.Bgra32, crop);
    }
}
