using Microsoft.ML.Data;
using Tips.MLNet.Images;
using Tips.MLNet.Samples.Common;

namespace Tips.MLNet.Samples.Dense;

/// <summary>Four bundled drawings in one picture, two by two: something to find things in.</summary>
internal static class Collage
{
    /// <summary>Side of a collage in pixels.</summary>
    public const int Side = 168;

    private const int Half = Side / 2, BytesPerPixel = 4;

    private static readonly string[][] Contents =
    [
        ["red apple", "dolphin", "rocket", "palm tree"],
        ["banana", "elephant", "guitar", "closed umbrella"],
        ["balloon", "owl", "bicycle", "strawberry"],
    ];

    public static IReadOnlyList<DensePicture> Defaults()
    {
        var drawings = BundledAssets.UnseenPictures().ToDictionary(p => p.Label, p => p.Path);
        return [.. Contents.Select((labels, i) =>
        {
            string[] files = [.. labels.Select(label => drawings[label])];
            string name = $"collage-{i + 1}";
            return new DensePicture(name, name, ImageSource.FromImage(Create(files)), () => Create(files), labels);
        })];
    }

    /// <summary>Puts four drawings together, in reading order.</summary>
    private static MLImage Create(string[] files)
    {
        byte[] pixels = new byte[Side * Side * BytesPerPixel];
        var preprocessor = new ImagePreprocessor(Half, Half);
        float[] planes = new float[preprocessor.ValueCount];
        for (int i = 0; i < files.Length; i++)
        {
            using var drawing = MLImage.CreateFromFile(files[i]);
            preprocessor.Preprocess(drawing, planes);
            for (int j = 0; j < Half * Half; j++)
            {
                int at = ((i / 2 * Half + j / Half) * Side + i % 2 * Half + j % Half) * BytesPerPixel;
                for (int channel = 0; channel < 3; channel++)
                    pixels[at + channel] = (byte)MathF.Round(planes[channel * Half * Half + j] * byte.MaxValue);
                pixels[at + 3] = byte.MaxValue;
            }
        }

        return MLImage.CreateFromPixels(Side, Side, MLPixelFormat.Rgba32, pixels);
    }
}
