using Microsoft.ML.Data;
using Tips.MLNet;
using Tips.MLNet.Images;

namespace Tips.OnnxExport.Verification;

/// <summary>The pictures a verification runs on: those of a folder, or some that are drawn here.</summary>
internal sealed class VerificationPictures
{
    private const int DrawnCount = 16, DrawnSide = 320, BytesPerPixel = 4;

    private readonly string[] _files;

    private VerificationPictures(string[] files, string passedOver) => (_files, PassedOver) = (files, passedOver);

    public int Count => _files.Length == 0 ? DrawnCount : _files.Length;

    /// <summary>What was passed over in the folder, counted by kind; empty if nothing was.</summary>
    public string PassedOver { get; }

    /// <param name="folder">A folder with pictures; null for the drawn ones.</param>
    /// <exception cref="DirectoryNotFoundException">There is no such folder.</exception>
    /// <exception cref="InvalidDataException">It has no pictures.</exception>
    public static VerificationPictures Open(string? folder)
    {
        if (folder is null) return new VerificationPictures([], "");
        if (!Directory.Exists(folder)) throw new DirectoryNotFoundException($"There is no folder '{folder}'.");
        var found = ImageFolder.Read(folder);
        return new VerificationPictures([.. found.Images.Select(image => image.Path)], SkippedFile.Summarize(found.Skipped));
    }

    /// <summary>The input tensor of a picture for a model.</summary>
    /// <exception cref="InvalidDataException">The picture cannot be read.</exception>
    public float[] Read(int index, TipsModel model)
    {
        float[] values = new float[model.PixelValuesPerImage];
        using var picture = _files.Length == 0 ? Draw(index) : ImageSource.FromFile(_files[index]).Decode();
        new ImagePreprocessor(model.ImageHeight, model.ImageWidth).Preprocess(picture, values);
        return values;
    }

    // Discs and bars of different colors, sizes and places on a brightness gradient: all different, and the same on every machine.
    private static MLImage Draw(int index)
    {
        byte[] pixels = new byte[DrawnSide * DrawnSide * BytesPerPixel];
        int radius = 30 + 8 * index, centerX = 60 + 97 * index % 200, centerY = 60 + 61 * index % 200, period = 6 + 5 * index;
        for (int y = 0; y < DrawnSide; y++)
        {
            for (int x = 0; x < DrawnSide; x++)
            {
                int slope = (index % 2 == 0 ? x : y) * 200 / DrawnSide;
                bool inside = (x - centerX) * (x - centerX) + (y - centerY) * (y - centerY) < radius * radius, bar = index % 3 == 1
                    && (x + y) / period % 2 == 0;
                var pixel = pixels.AsSpan((y * DrawnSide + x) * BytesPerPixel, BytesPerPixel);
                pixel[0] = (byte)(inside ? 37 * index : slope);
                pixel[1] = (byte)(inside ? 255 - 15 * index : bar ? 255 - slope : slope / 2);
                pixel[2] = (byte)(inside ? 91 * index + 40 : 255 - slope);
                pixel[3] = byte.MaxValue;
            }
        }

        return MLImage.CreateFromPixels(DrawnSide, DrawnSide, MLPixelFormat.Bgra32, pixels);
    }
}
