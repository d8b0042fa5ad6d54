using SkiaSharp;
using Tips.MLNet.Images;
using Tips.MLNet.Tests.Support;

namespace Tips.MLNet.Tests.Images;

[TestClass]
public class OrientationTests
{
    private const int Width = 67, Height = 45;

    /// <summary>As the EXIF standard describes them: where row 0 and column 0 of the stored picture are seen.</summary>
    [TestMethod]
    [DataRow(SKEncodedOrigin.TopLeft)]
    [DataRow(SKEncodedOrigin.TopRight)]
    [DataRow(SKEncodedOrigin.BottomRight)]
    [DataRow(SKEncodedOrigin.BottomLeft)]
    [DataRow(SKEncodedOrigin.LeftTop)]
    [DataRow(SKEncodedOrigin.RightTop)]
    [DataRow(SKEncodedOrigin.RightBottom)]
    [DataRow(SKEncodedOrigin.LeftBottom)]
    public void Every_orientation_is_turned_upright(SKEncodedOrigin origin)
    {
        byte[] stored = TestPictures.RandomPixels("turn", Height, Width), seen = new byte[stored.Length];
        bool swaps = Orientation.SwapsSides(origin);
        if (swaps)
        {
            Orientation.Transpose(stored, Width, Height, origin, seen);
        }
        else
        {
            stored.CopyTo(seen, 0);
            Orientation.Mirror(seen, Width, Height, origin);
        }

        int seenWidth = swaps ? Height : Width;
        for (int y = 0; y < Height; y++)
        {
            for (int x = 0; x < Width; x++)
            {
                var (row, column) = origin switch
                {
                    SKEncodedOrigin.TopLeft => (y, x),
                    SKEncodedOrigin.TopRight => (y, Width - 1 - x),
                    SKEncodedOrigin.BottomRight => (Height - 1 - y, Width - 1 - x),
                    SKEncodedOrigin.BottomLeft => (Height - 1 - y, x),
                    SKEncodedOrigin.LeftTop => (x, y),
                    SKEncodedOrigin.RightTop => (x, Height - 1 - y),
                    SKEncodedOrigin.RightBottom => (Width - 1 - x, Height - 1 - y),
                    _ => (Width - 1 - x, y),
                };
                var expected = stored.AsSpan((y * Width + x) * 4, 4);
                Assert.IsTrue(expected.SequenceEqual(seen.AsSpan((row * seenWidth + column) * 4, 4)), $"{origin} at {x},{y}");
            }
        }
    }

    [TestMethod]
    [DataRow(true)]
    [DataRow(false)]
    public void A_PNG_may_have_an_orientation(bool littleEndian)
    {
        byte[] png = File.ReadAllBytes(FormatPictures.PathOf("rgb.png")); // 200x150
        var upright = new ImageDecodingOptions { Upright = true };
        using var stored = ImageSource.FromBytes(png).Decode();
        for (byte orientation = 0; orientation <= 9; orientation++)
        {
            byte[] bytes = TestPictures.WithOrientation(png, orientation, littleEndian);
            using var turned = ImageSource.FromBytes(bytes).WithDecoding(upright).Decode();
            bool swaps = orientation is >= 5 and <= 8;
            Assert.AreEqual(swaps ? (150, 200) : (200, 150), (turned.Width, turned.Height), $"orientation {orientation}");
            if (orientation is 3) Assert.IsTrue(stored.Pixels[..4].SequenceEqual(turned.Pixels[^4..]));
            using var untouched = ImageSource.FromBytes(bytes).Decode();
            Assert.IsTrue(stored.Pixels.SequenceEqual(untouched.Pixels), "as stored by default");
        }
    }

    /// <summary>Files of one picture, each stored in another orientation that its EXIF names, or with none.</summary>
    [TestMethod]
    public void Files_are_turned_as_their_EXIF_says()
    {
        var upright = new ImageDecodingOptions { Upright = true };
        using var stored = ImageSource.FromFile(FormatPictures.PathOf("exif1.jpg")).Decode();
        foreach (int orientation in Enumerable.Range(1, 7))
        {
            using var turned = ImageSource.FromFile(FormatPictures.PathOf($"exif{orientation}.jpg")).WithDecoding(upright).Decode();
            var expectedSize = orientation > 4 ? (stored.Height, stored.Width) : (stored.Width, stored.Height);
            Assert.AreEqual(expectedSize, (turned.Width, turned.Height), $"orientation {orientation}");
            // The stored pixels are the same in all of them.
            var pixel = stored.Pixels[..4];
            var (x, y) = orientation switch
            {
                1 or 5 => (0, 0),
                2 or 6 => (turned.Width - 1, 0),
                3 or 7 => (turned.Width - 1, turned.Height - 1),
                _ => (0, turned.Height - 1),
            };
            Assert.IsTrue(pixel.SequenceEqual(turned.Pixels.Slice((y * turned.Width + x) * 4, 4)), $"orientation {orientation}");
        }
    }
}
