using SkiaSharp;

namespace Tips.MLNet.Samples.Drawing;

/// <summary>
/// A color for each class, as TIPS's decoder notebook chooses them: hues at steps of the golden ratio, channels cut off to 8 bits.
/// </summary>
internal static class ClassPalette
{
    private const double GoldenRatio = 0.618033988749895;

    public static SKColor Color(int classIndex)
    {
        double hue = classIndex * GoldenRatio % 1;
        double saturation = 0.7 + 0.03 * (classIndex * 7 % 10), value = 0.6 + 0.04 * (classIndex * 3 % 10);
        int sector = (int)(hue * 6);
        double fraction = hue * 6 - sector;
        double low = value * (1 - saturation), falling = value * (1 - saturation * fraction);
        double rising = value * (1 - saturation * (1 - fraction));
        var (red, green, blue) = (sector % 6) switch
        {
            0 => (value, rising, low),
            1 => (falling, value, low),
            2 => (low, value, rising),
            3 => (low, falling, value),
            4 => (rising, low, value),
            _ => (value, low, falling),
        };
        return new SKColor((byte)(255 * red), (byte)(255 * green), (byte)(255 * blue));
    }
}
