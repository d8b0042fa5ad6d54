using Microsoft.ML.Data;
using Tips.MLNet.Images;
using Tips.MLNet.Samples.Common;

namespace Tips.MLNet.Samples.Dense;

/// <summary>Four bundled drawings in one picture, two by two: something to find things in.</summary>
internal static class Collage
{
    /// <summary>Side of a collage in pixels.</summary>
    public const int Side = 168;

    private const int BytesPerPixel = 4;

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
            return new DensePicture(name, name, ImageSource.FromImage(Create(files, Side)), labels);
        })];
    }

    /// <summary>Puts four drawings together, in reading order.</summary>
    internal static MLImage Create(string[] files, int side)
    {
        int half = side / 2;
        byte[] pixels = new byte[side * side * BytesPerPixel];
        var preprocessor = new ImagePreprocessor(half, half);
        float[] planes = new float[preprocessor.ValueCount];
        for (int i = 0; i < files.Length; i++)
        {
            using var drawing = ImageSource.FromFile(files[i]).Decode();
            preprocessor.Preprocess(drawing, planes);
            for (int j = 0; j < half * half; j++)
            {
                int at = ((i / 2 * half + j / half) * side + i % 2 * half + j % half) * BytesPerPixel;
                for (int channel = 0; channel < 3; channel++)
                    pixels[at + channel] = (byte)MathF.Round(planes[channel * half * half + j] * byte.MaxValue);
                pixels[at + 3] = byte.MaxValue;
            }
        }

        return MLImage.CreateFromPixels(side, side, MLPixelFormat.Rgba32, pixels);
    }
}
