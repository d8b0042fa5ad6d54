namespace Tips.MLNet.Samples.Common;

/// <summary>Finds picture files: in folders as people have them, or in a table.</summary>
internal static class PictureFiles
{
    private static readonly string[] TableEndings = [".csv", ".tsv", ".tab", ".jsonl", ".ndjson", ".json", ".txt"];

    // What a folder without subfolders may have its labels in.
    private static readonly string[] TableNames = ["metadata", "labels"];

    /// <summary>The file itself, the pictures of a folder and its subfolders, or those of a table, without labels.</summary>
    public static IReadOnlyList<string> Find(string input, LeftOut leftOut) => [.. Read(input, leftOut).Images.Select(image => image.Path)];

    /// <summary>Full path of the folder that pictures are in: the input itself, or where a table or a picture is.</summary>
    public static string FolderOf(string? input)
    {
        if (input is null) return BundledAssets.UnseenFolder;
        string path = Path.GetFullPath(input);
        return Path.TrimEndingDirectorySeparator(File.Exists(path) ? Path.GetDirectoryName(path)! : path);
    }

    /// <summary>The same with what a table says about them, or the bundled drawings if the input is null.</summary>
    public static IReadOnlyList<Picture> OrBundled(string? input, LeftOut leftOut)
        => input is null ? BundledAssets.UnseenPictures() : Pictures(Read(input, leftOut));

    /// <summary>
    /// Pictures with labels if they have some: from a table, or from a folder with two subfolders or more and no pictures beside them.
    /// </summary>
    public static IReadOnlyList<Picture> WithLabelsIfAny(string input, LeftOut leftOut)
    {
        if (!Directory.Exists(input)) return Pictures(Read(input, leftOut));
        if (TableIn(input) is { } table) return Pictures(Read(table, leftOut));
        var found = Read(input, leftOut);
        string[] folders = [.. found.Images.Select(image => Path.GetRelativePath(input, image.Path).Split(Path.DirectorySeparatorChar)[0])];
        bool areClasses = folders.Distinct().Count() >= 2 && found.Images.Zip(folders).All(i => Path.GetFileName(i.First.Path) != i.Second);
        return [.. found.Images.Zip(folders, (image, folder) => new Picture { Path = image.Path, Label = areClasses ? folder : "" })];
    }

    /// <summary>The pictures of a folder whose captions lie beside them (a.jpg, a.txt), or of a table with a text column.</summary>
    public static IReadOnlyList<Picture> WithCaptions(string input, LeftOut leftOut)
    {
        var found = IsTable(input) ? ImageFolder.ReadTable(input) : ImageFolder.ReadCaptions(input);
        leftOut.Add(found.Skipped);
        return found.Images.All(image => image.Text.Length > 0)
            ? Pictures(found)
            : throw new SampleException($"'{input}' has pictures without a text, expected one for each.");
    }

    /// <summary>
    /// The pictures of a folder with one subfolder per class, of a table with a label column, or of a folder with such a table in it.
    /// </summary>
    /// <param name="input">The folder or the table.</param>
    /// <param name="namesFile">Names of the classes, if folders or labels are codes.</param>
    /// <param name="leftOut">Receives what is passed over.</param>
    public static IReadOnlyList<Picture> WithLabels(string input, string? namesFile, LeftOut leftOut)
    {
        var options = new ImageFolderOptions { NamesFile = namesFile };
        string? table = IsTable(input) ? input : TableIn(input);
        var found = table is null ? ImageFolder.ReadClasses(input, options) : ImageFolder.ReadTable(table, options);
        leftOut.Add(found.Skipped);
        if (found.EmptyClasses is [var empty, ..]) throw new SampleException($"Class '{empty}' in '{input}' has no pictures.");
        if (found.Images.Any(image => image.Label.Length == 0))
            throw new SampleException($"Table '{table}' has pictures without a label, expected a column 'label' with one for each.");
        if (found.Classes.Count < 2)
            throw new SampleException($"'{input}' has the class '{found.Classes[0]}' only, expected at least 2 classes.");
        return Pictures(found);
    }

    /// <summary>
    /// Splits pictures: the same share of every class goes to the test, and at least one picture to each side.
    /// </summary>
    /// <param name="pictures">The pictures.</param>
    /// <param name="testFraction">Share of the pictures for the test, between 0 and 1.</param>
    /// <param name="seed">Seed of the shuffle before the split.</param>
    public static PictureSet Split(IReadOnlyList<Picture> pictures, double testFraction, int seed)
    {
        var random = new Random(seed);
        List<Picture> training = [], test = [];
        foreach (var members in pictures.GroupBy(p => p.Label).OrderBy(g => g.Key, StringComparer.Ordinal))
        {
            Picture[] shuffled = [.. members];
            if (shuffled.Length < 2)
            {
                throw new SampleException(
                    $"Class '{members.Key}' has 1 picture, expected at least 2: one to train on and one for the test.");
            }

            random.Shuffle(shuffled);
            int testCount = Math.Clamp((int)Math.Round(shuffled.Length * testFraction), 1, shuffled.Length - 1);
            test.AddRange(shuffled[..testCount]);
            training.AddRange(shuffled[testCount..]);
        }

        return new PictureSet(training, test);
    }

    private static ImageFolder Read(string input, LeftOut leftOut)
    {
        var found = IsTable(input)
            ? ImageFolder.ReadTable(input, new ImageFolderOptions { PathsOnly = true })
            : ImageFolder.Read(input);
        leftOut.Add(found.Skipped);
        return found;
    }

    private static bool IsTable(string input)
        => TableEndings.Contains(Path.GetExtension(input), StringComparer.OrdinalIgnoreCase) && File.Exists(input);

    private static string? TableIn(string folder)
    {
        if (!Directory.Exists(folder) || Directory.EnumerateDirectories(folder).Any()) return null;
        return Directory.EnumerateFiles(folder).Order(StringComparer.Ordinal).FirstOrDefault(file => IsTable(file)
            && TableNames.Contains(Path.GetFileNameWithoutExtension(file), StringComparer.OrdinalIgnoreCase));
    }

    private static Picture[] Pictures(ImageFolder found)
        => [.. found.Images.Select(image => new Picture { Path = image.Path, Label = image.Label, Text = image.Text })];
}
