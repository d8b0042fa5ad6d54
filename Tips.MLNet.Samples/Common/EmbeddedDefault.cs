namespace Tips.MLNet.Samples.Common;

/// <summary>The model and the pictures that come with the samples, so that they run with nothing downloaded.</summary>
internal static class EmbeddedDefault
{
    /// <summary>What to say wherever the small model is used.</summary>
    public const string Warning = "This model is tiny and was trained on emoji-like drawings only. It knows nothing about photographs: export an official checkpoint for real work.";

    /// <summary>Model folder of tips-tiny14, exported while the samples were built.</summary>
    public static string ModelFolder => Path.Combine(AppContext.BaseDirectory, "models", "tips-tiny14");

    private static string PictureFolder => Path.Combine(AppContext.BaseDirectory, "pictures");

    /// <summary>Drawings of 80 things: for training those the model has seen, for the test one of each thing by an artist it has not.</summary>
    public static PictureSet Pictures()
    {
        const int path = 0, label = 1;
        string[][] rows = [.. File.ReadLines(Path.Combine(PictureFolder, "labels.tsv")).Skip(1).Select(line => line.Split('\t'))];
        var training = rows.Where(r => r[path].StartsWith("seen/", StringComparison.Ordinal)).Select(ToPicture).ToArray();
        var known = training.Select(p => p.Label).ToHashSet();
        var test = rows.Where(r => r[path].StartsWith("unseen/", StringComparison.Ordinal)).Select(ToPicture).Where(p => known.Contains(p.Label)).ToArray();
        return new PictureSet(training, test);

        static Picture ToPicture(string[] row) => new() { Path = Path.Combine(PictureFolder, row[path].Replace('/', Path.DirectorySeparatorChar)), Label = row[label] };
    }
}
