using Microsoft.ML.Data;
using Tips.MLNet.Samples.Common;

namespace Tips.MLNet.Samples.Dense;

/// <summary>A picture and the mask of its foreground.</summary>
internal sealed record MaskedPicture(DensePicture Picture, ImageSource Mask)
{
    private const string MaskEnding = ".mask";

    private static readonly string[] Drawings
        = ["red apple", "rocket", "banana", "palm tree", "elephant", "guitar", "owl", "strawberry", "laptop", "butterfly"];

    /// <summary>The pictures of a folder, each with its mask.</summary>
    public static IReadOnlyList<MaskedPicture> Find(string folder, string? masks, SampleContext context)
    {
        if (!Directory.Exists(folder)) throw new SampleException($"There is no folder '{folder}'.");
        bool isApart = masks is not null && IsBelow(masks, folder);
        return [.. DensePicture.Find(folder, context)
            .Where(p => !p.Stem.EndsWith(MaskEnding, StringComparison.OrdinalIgnoreCase))
            .Where(p => !isApart || !IsBelow(p.Source.Name, masks!))
            .Select(p => new MaskedPicture(p, context.Open(MaskOf(p, masks ?? folder))))];
    }

    /// <summary>Bundled drawings; their foreground is whatever is not white.</summary>
    public static IReadOnlyList<MaskedPicture> Bundled()
    {
        var drawings = BundledAssets.UnseenPictures().ToDictionary(p => p.Label, p => p.Path);
        return [.. Drawings.Select(label =>
        {
            string file = drawings[label];
            string name = Path.GetFileNameWithoutExtension(file);
            var picture = new DensePicture(name, name, ImageSource.FromFile(file), [label]);
            return new MaskedPicture(picture, ImageSource.FromImage(NotWhite(file), $"{name}{MaskEnding}"));
        })];
    }

    private static MLImage NotWhite(string file)
    {
        const byte nearlyWhite = 250;
        using var drawing = ImageSource.FromFile(file).Decode();
        byte[] mask = new byte[drawing.Pixels.Length];
        for (int i = 0; i < mask.Length; i += 4)
        {
            var pixel = drawing.Pixels.Slice(i, 3);
            bool isDrawn = pixel[0] < nearlyWhite || pixel[1] < nearlyWhite || pixel[2] < nearlyWhite;
            mask.AsSpan(i, 4).Fill(isDrawn ? byte.MaxValue : (byte)0);
        }

        return MLImage.CreateFromPixels(drawing.Width, drawing.Height, MLPixelFormat.Bgra32, mask);
    }

    private static string MaskOf(DensePicture picture, string folder)
    {
        string stem = Path.Combine(folder, picture.Stem), own = Path.GetFullPath(picture.Source.Name);
        string[] endings = [MaskEnding + ".png", MaskEnding + ".PNG", ".png", ".PNG"];
        return endings.Select(ending => stem + ending).FirstOrDefault(name => File.Exists(name) && Path.GetFullPath(name) != own)
            ?? throw new SampleException($"Picture '{picture.Source.Name}' has no mask: there is no '{stem}{endings[0]}'.");
    }

    private static bool IsBelow(string file, string folder)
        => Path.GetFullPath(file).StartsWith(Path.GetFullPath(folder) + Path.DirectorySeparatorChar, StringComparison.Ordinal);
}
