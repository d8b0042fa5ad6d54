using System.Drawing;
using Microsoft.ML.Data;
using Tips.MLNet.Images;
using Tips.MLNet.Tests.Support;

namespace Tips.MLNet.Tests.Images;

[TestClass]
public class ImagePreprocessorTests
{
    [TestMethod]
    public void Both_channel_orders_give_the_same_tensor()
    {
        byte[] bgra = TestPictures.RandomPixels("order", 31, 29), rgba = (byte[])bgra.Clone();
        for (int i = 0; i < rgba.Length; i += 4) (rgba[i], rgba[i + 2]) = (rgba[i + 2], rgba[i]);
        CollectionAssert.AreEqual(Run(bgra, 29, 31, MLPixelFormat.Bgra32), Run(rgba, 29, 31, MLPixelFormat.Rgba32));
    }

    [TestMethod]
    public void Planes_are_red_green_blue()
    {
        float[] planes = Run([10, 20, 30, 255], 1, 1, MLPixelFormat.Bgra32, side: 2);
        float[] expected = [.. Enumerable.Repeat(30 / 255f, 4), .. Enumerable.Repeat(20 / 255f, 4), .. Enumerable.Repeat(10 / 255f, 4)];
        CollectionAssert.AreEqual(expected, planes);
    }

    [TestMethod]
    [DataRow((byte)0, (byte)0, 255, 255)] // transparent: the background
    [DataRow((byte)0, (byte)128, 255, 127)] // half-transparent black over white
    [DataRow((byte)64, (byte)128, 255, 191)] // premultiplied
    [DataRow((byte)64, (byte)128, 0, 64)] // over black
    [DataRow((byte)200, (byte)128, 255, 255)] // not a valid premultiplied pixel: limited
    [DataRow((byte)77, (byte)255, 255, 77)] // opaque
    public void Transparent_pixels_are_composited_over_the_background(byte color, byte alpha, int background, int expected)
    {
        byte[] pixels = [color, color, color, alpha];
        float[] planes = Run(pixels, 1, 1, MLPixelFormat.Rgba32, side: 1, background: Color.FromArgb(background, background, background));
        CollectionAssert.AreEqual(new[] { expected / 255f, expected / 255f, expected / 255f }, planes);
    }

    [TestMethod]
    public void The_background_has_the_right_channels_in_either_order()
    {
        float[] expected = [1 / 255f, 2 / 255f, 3 / 255f];
        var background = Color.FromArgb(1, 2, 3);
        CollectionAssert.AreEqual(expected, Run([0, 0, 0, 0], 1, 1, MLPixelFormat.Rgba32, side: 1, background: background));
        CollectionAssert.AreEqual(expected, Run([0, 0, 0, 0], 1, 1, MLPixelFormat.Bgra32, side: 1, background: background));
    }

    // One transparent pixel anywhere must be noticed, wherever it falls in a vector register.
    [TestMethod]
    public void A_single_transparent_pixel_counts()
    {
        for (int at = 0; at < 37; at++)
        {
            byte[] pixels = new byte[37 * 4];
            for (int i = 0; i < 37; i++) pixels[i * 4 + 3] = 255;
            pixels[at * 4 + 3] = 0;
            byte[] black = (byte[])pixels.Clone();
            black[at * 4 + 3] = 255;
            float[] opaque = Run(black, 37, 1, MLPixelFormat.Rgba32, side: 37);
            CollectionAssert.AreNotEqual(opaque, Run(pixels, 37, 1, MLPixelFormat.Rgba32, side: 37));
        }
    }

    [TestMethod]
    public void A_transparent_png_becomes_white_and_not_the_color_stored_under_it()
    {
        using var folder = new TemporaryFolder();
        using (var bitmap = new SkiaSharp.SKBitmap(8, 8, SkiaSharp.SKColorType.Rgba8888, SkiaSharp.SKAlphaType.Unpremul))
        {
            bitmap.Erase(new SkiaSharp.SKColor(200, 10, 10, 0));
            using var file = File.Create(folder["clear.png"]);
            bitmap.Encode(file, SkiaSharp.SKEncodedImageFormat.Png, 100);
        }

        using var image = MLImage.CreateFromFile(folder["clear.png"]);
        float[] planes = new float[3 * 14 * 14];
        new ImagePreprocessor(14, 14).Preprocess(image, planes);
        Assert.IsTrue(planes.All(v => v == 1f));
    }

    [TestMethod]
    public void The_picture_is_only_read()
    {
        using var image = TestPictures.Random("read");
        byte[] before = image.Pixels.ToArray();
        float[] planes = new float[3 * 28 * 28];
        var preprocessor = new ImagePreprocessor(28, 28);
        preprocessor.Preprocess(image, planes);
        float[] first = (float[])planes.Clone();
        preprocessor.Preprocess(image, planes);
        CollectionAssert.AreEqual(first, planes);
        CollectionAssert.AreEqual(before, image.Pixels.ToArray());
    }

    [TestMethod]
    public void Wrong_arguments_are_named()
    {
        var preprocessor = new ImagePreprocessor(14, 28);
        Assert.AreEqual(3 * 14 * 28, preprocessor.ValueCount);
        float[] planes = new float[preprocessor.ValueCount];
        Assert.Contains("A 2×3 picture has 24 bytes, not 23.", Fails(new byte[23], planes, MLPixelFormat.Rgba32));
        Assert.Contains("The buffer has 7 elements; 1176 are needed.", Fails(new byte[24], new float[7], MLPixelFormat.Rgba32));
        Assert.Contains("Pixel format Unknown is not supported", Fails(new byte[24], planes, MLPixelFormat.Unknown));
        var transparent = Color.FromArgb(254, Color.White);
        string message = Assert.ThrowsExactly<ArgumentException>(() => new ImagePreprocessor(14, 14, transparent)).Message;
        Assert.Contains("its alpha is 254", message);
        Assert.ThrowsExactly<ArgumentOutOfRangeException>(() => new ImagePreprocessor(0, 14));
        Assert.ThrowsExactly<ArgumentOutOfRangeException>(() => new ImagePreprocessor(int.MaxValue, int.MaxValue));
        message = Assert.ThrowsExactly<ArgumentOutOfRangeException>(() => new ImagePreprocessor(40_000, 40_000)).Message;
        Assert.Contains("A picture can have at most 536,870,897 pixels.", message);
        Assert.ThrowsExactly<ArgumentOutOfRangeException>(() => preprocessor.Preprocess([], 0, 3, MLPixelFormat.Rgba32, planes));

        string Fails(byte[] pixels, float[] destination, MLPixelFormat format)
            => Assert.ThrowsExactly<ArgumentException>(() => preprocessor.Preprocess(pixels, 2, 3, format, destination)).Message;
    }

    private static float[] Run(byte[] pixels, int width, int height, MLPixelFormat format, int side = 14, Color? background = null)
    {
        float[] planes = new float[3 * side * side];
        new ImagePreprocessor(side, side, background).Preprocess(pixels, width, height, format, planes);
        return planes;
    }
}
