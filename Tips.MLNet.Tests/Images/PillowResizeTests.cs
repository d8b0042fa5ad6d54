using CsCheck;
using Tips.MLNet.Images;
using Tips.MLNet.Tests.Support;

namespace Tips.MLNet.Tests.Images;

[TestClass]
public class PillowResizeTests
{
    [TestMethod]
    public void Resizing_equals_the_plain_reference_at_any_size()
    {
        var sides = Gen.Int[1, 70];
        Gen.Select(sides, sides, sides, sides, Gen.Int[0, 1000], Gen.Bool).Sample(
            (width, height, newWidth, newHeight, name, bicubic) =>
            {
                byte[] source = TestPictures.RandomPixels($"{name}", height, width);
                byte[] expected = ReferenceResize.Resize(source, width, height, newWidth, newHeight, bicubic);
                var kernel = bicubic ? ResizeKernel.Bicubic : ResizeKernel.Bilinear;
                CollectionAssert.AreEqual(expected, Resize(source, width, height, newWidth, newHeight, kernel));
            },
            iter: 400);
    }

    [TestMethod]
    [DataRow(640, 480, 448, 448)]
    [DataRow(97, 1, 448, 448)]
    [DataRow(1, 1, 84, 84)]
    [DataRow(2000, 3, 224, 224)]
    [DataRow(3, 9000, 14, 84)]
    [DataRow(448, 600, 448, 448)]
    [DataRow(600, 448, 448, 448)]
    public void Resizing_equals_the_plain_reference_at_real_sizes(int width, int height, int newWidth, int newHeight)
    {
        byte[] source = TestPictures.RandomPixels("real", height, width);
        byte[] expected = ReferenceResize.Resize(source, width, height, newWidth, newHeight);
        CollectionAssert.AreEqual(expected, Resize(source, width, height, newWidth, newHeight));
    }

    [TestMethod]
    public void A_picture_of_one_color_keeps_it() => Gen.Select(Gen.Int[1, 90], Gen.Int[1, 90], Gen.Byte).Sample(
        (size, newSize, value) =>
        {
            byte[] source = new byte[size * size * 4];
            Array.Fill(source, value);
            Assert.IsTrue(Resize(source, size, size, newSize, newSize).All(b => b == value));
        },
        iter: 200);

    [TestMethod]
    public void Resizing_to_the_same_size_is_a_copy()
    {
        byte[] source = TestPictures.RandomPixels("same", 33, 47);
        CollectionAssert.AreEqual(source, Resize(source, 47, 33, 47, 33));
    }

    /// <summary>A scanned strip or a long web page: few pixels in total, but a hundred megabytes if only the width changes.</summary>
    [TestMethod]
    [DataRow(1, 200_000)]
    [DataRow(200_000, 1)]
    public void A_strip_uses_little_memory(int width, int height)
    {
        byte[] source = TestPictures.RandomPixels("strip", height, width);
        long before = GC.GetTotalAllocatedBytes();
        byte[] resized = Resize(source, width, height, 84, 84);
        Assert.IsLessThan(20L << 20, GC.GetTotalAllocatedBytes() - before);

        // Along its short side a strip has one color, so a single row or column determines all others.
        var (lineWidth, lineHeight) = width == 1 ? (1, 84) : (84, 1);
        byte[] line = ReferenceResize.Resize(source, width, height, lineWidth, lineHeight);
        for (int i = 0; i < 84 * 84; i++)
        {
            int at = width == 1 ? i / 84 : i % 84;
            Assert.IsTrue(resized.AsSpan(i * 4, 4).SequenceEqual(line.AsSpan(at * 4, 4)));
        }
    }

    private static byte[] Resize(
        byte[] source, int width, int height, int newWidth, int newHeight, ResizeKernel kernel = ResizeKernel.Bilinear)
    {
        byte[] result = new byte[newWidth * newHeight * 4];
        PillowResize.Resize(source, width, height, result, newWidth, newHeight, kernel);
        return result;
    }
}
