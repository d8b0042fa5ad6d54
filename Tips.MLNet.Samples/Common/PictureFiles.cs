using Tips.CommandLine;

namespace Tips.MLNet.Samples.Common;

/// <summary>Finds picture files.</summary>
internal static class PictureFiles
{
    /// <summary>The file itself, or the pictures of a folder and its subfolders, in ordinal order of their paths.</summary>
    public static IReadOnlyList<string> Find(string fileOrFolder)
    {
        if (File.Exists(fileOrFolder)) return [fileOrFolder];
        if (!Directory.Exists(fileOrFolder)) throw new SampleException($"There is no file or folder '{fileOrFolder}'.");
        string[] files = PictureFolder.Find(fileOrFolder);
        return files.Length > 0
            ? files
            : throw new SampleException($"Folder '{fileOrFolder}' has no pictures ({PictureFolder.ExtensionList}).");
    }

    /// <summary>The pictures of a folder and its subfolders without labels, or the bundled drawings if the folder is null.</summary>
    public static IReadOnlyList<Picture> OrBundled(string? folder)
        => folder is null ? BundledAssets.UnseenPictures() : [.. Find(folder).Select(path => new Picture { Path = path })];

    /// <summary>The pictures of a folder with one subfolder per class.</summary>
    public static IReadOnlyList<Picture> ByClassFolder(string folder) => [.. ClassFolders(folder).SelectMany(PicturesOfClass)];

    /// <summary>
    /// Splits the pictures of a folder with one subfolder per class: the same share of every class goes to the test, and at least one
    /// picture to each side.
    /// </summary>
    /// <param name="folder">The folder.</param>
    /// <param name="testFraction">Share of the pictures for the test, between 0 and 1.</param>
    /// <param name="seed">Seed of the shuffle before the split.</param>
    public static PictureSet FromClassFolders(string folder, double testFraction, int seed)
    {
        string[] classes = ClassFolders(folder);
        var random = new Random(seed);
        List<Picture> training = [], test = [];
        foreach (string classFolder in classes)
        {
            Picture[] pictures = [.. PicturesOfClass(classFolder)];
            if (pictures.Length < 2)
            {
                throw new SampleException(
                    $"Class folder '{classFolder}' has 1 picture, expected at least 2: one to train on and one for the test.");
            }

            random.Shuffle(pictures);
            int testCount = Math.Clamp((int)Math.Round(pictures.Length * testFraction), 1, pictures.Length - 1);
            test.AddRange(pictures[..testCount]);
            training.AddRange(pictures[testCount..]);
        }

        return new PictureSet(training, test);
    }

    private static IEnumerable<Picture> PicturesOfClass(string classFolder)
        => Find(classFolder).Select(path => new Picture { Path = path, Label = Path.GetFileName(classFolder) });

    private static string[] ClassFolders(string folder)
    {
        if (!Directory.Exists(folder)) throw new SampleException($"There is no folder '{folder}'.");
        var options = new EnumerationOptions { AttributesToSkip = FileAttributes.Hidden, IgnoreInaccessible = false };
        string[] classes =
        [
            .. Directory.EnumerateDirectories(folder, "*", options)
                .Where(c => !PictureFolder.IsHiddenName(Path.GetFileName(c)))
                .Order(StringComparer.Ordinal),
        ];
        if (classes.Length < 2)
        {
            throw new SampleException(
                $"Folder '{folder}' has {classes.Length} subfolder(s), expected one for each of at least 2 classes.");
        }

        return classes;
    }
}
