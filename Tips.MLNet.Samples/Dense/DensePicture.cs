using SkiaSharp;
using Tips.MLNet.Samples.Common;
using Tips.MLNet.Samples.Drawing;

namespace Tips.MLNet.Samples.Dense;

/// <summary>A picture whose patches are used.</summary>
/// <param name="Name">The beginning of the names of output files: <see cref="Stem"/>, or what makes it different from others.</param>
/// <param name="Stem">Its path within its folder without the extension.</param>
/// <param name="Source">The picture.</param>
/// <param name="Labels">What is in it, if that is known.</param>
internal sealed record DensePicture(string Name, string Stem, ImageSource Source, IReadOnlyList<string> Labels)
{
    /// <summary>Small pictures are enlarged to this when they are drawn.</summary>
    private const int LeastShownSide = 336;

    /// <summary>The pictures of a folder, or the file itself; collages of the bundled drawings if null.</summary>
    public static IReadOnlyList<DensePicture> Find(string? fileOrFolder, SampleContext context)
    {
        if (fileOrFolder is null) return Collage.Defaults();
        var files = PictureFiles.Find(fileOrFolder, context.LeftOut);
        string folder = File.Exists(fileOrFolder) ? Path.GetDirectoryName(Path.GetFullPath(fileOrFolder))! : Path.GetFullPath(fileOrFolder);
        string[] names = [.. files.Select(f => Path.GetRelativePath(folder, Path.GetFullPath(f)))];
        // a.png and a.jpg must not overwrite each other's results; nor may a.png.png those of a.png.
        var taken = names.GroupBy(WithoutExtension).Where(g => g.Count() > 1).Select(g => g.Key).ToHashSet();
        bool keepAll = names.Select(WithoutExtension).Any(names.Contains);
        return [.. files.Zip(names, (file, name) => new DensePicture(
            keepAll || taken.Contains(WithoutExtension(name)) ? name : WithoutExtension(name),
            WithoutExtension(name),
            context.Open(file),
            []))];
    }

    /// <summary>Reads pictures one by one, and shows the progress. Those that cannot be read are left out.</summary>
    /// <param name="pictures">The pictures.</param>
    /// <param name="task">What the progress says is being done.</param>
    /// <param name="context">Where progress goes, and what is left out.</param>
    /// <param name="read">Reads a picture, and does no more than that.</param>
    public static IEnumerable<(DensePicture Picture, T Value)> Read<T>(
        IReadOnlyList<DensePicture> pictures, string task, SampleContext context, Func<DensePicture, T> read)
    {
        using var progress = context.StartProgress(task, pictures.Count);
        foreach (var picture in pictures)
        {
            if (context.LeftOut.TryRead(() => read(picture), out var value)) yield return (picture, value);
            progress.Tick();
        }

        progress.Complete();
    }

    /// <summary>The file of a result in a folder, which is created if it does not exist.</summary>
    public string OutputIn(string folder, string ending)
    {
        string file = Path.Combine(folder, Name + ending);
        Directory.CreateDirectory(Path.GetDirectoryName(Path.GetFullPath(file))!);
        return file;
    }

    /// <summary>The picture as it is drawn.</summary>
    public SKBitmap Show(out int height, out int width)
    {
        using var image = Source.Decode();
        (height, width) = (image.Height, image.Width);
        using var bitmap = Bitmaps.From(image);
        return Bitmaps.ForShow(bitmap, LeastShownSide);
    }

    private static string WithoutExtension(string name) => Path.ChangeExtension(name, null);
}
