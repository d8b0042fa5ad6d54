
namespace Tips.MLNet.Samples.Common;

/// <summary>The model and the pictures that come with the samples, so that they run without downloads.</summary>
internal static class BundledAssets
{
    /// <summary>Printed wherever the tiny model is used.</summary>
    public const string Warning = "This model is tiny and was trained on emoji-like drawings only. It knows nothing about photographs: "
        + "get an official model for real work (tips-onnx-export get b14-hr).";

    /// <summary>Model folder of tips-tiny14, which the build of the samples exports.</summary>
    public static string ModelFolder => Path.Combine(AppContext.BaseDirectory, "models", "tips-tiny14");

    private static string PictureFolder => Path.Combine(AppContext.BaseDirectory, "pictures");

    /// <summary>The prompts that the tiny model was trained on, to be used together.</summary>
    public static IReadOnlyList<PromptTemplate> Templates { get; } =
    [
        "{}", "a photo of a {}", "a picture of a {}", "a drawing of a {}", "an illustration of a {}", "an icon of a {}",
    ];

    /// <summary>The folder of <see cref="UnseenPictures"/>.</summary>
    public static string UnseenFolder => Path.Combine(PictureFolder, "unseen");

    /// <summary>Drawings of 286 things, by artists whose work the model has not seen.</summary>
    public static IReadOnlyList<Picture> UnseenPictures() => [.. Rows("unseen/")];

    /// <summary>Drawings of 80 things: for training, those that the model has seen; for the test, one of each by another artist.</summary>
    public static PictureSet Pictures()
    {
        Picture[] training = [.. Rows("seen/")];
        var known = training.Select(p => p.Label).ToHashSet();
        return new PictureSet(training, [.. Rows("unseen/").Where(p => known.Contains(p.Label))]);
    }

    private static IEnumerable<Picture> Rows(string folder)
    {
        const int path = 0, label = 1;
        var rows = File.ReadLines(Path.Combine(PictureFolder, "labels.tsv")).Skip(1).Select(line => line.Split('\t'));
        return rows.Where(row => row[path].StartsWith(folder, StringComparison.Ordinal)).Select(row => new Picture
        {
            Path = Path.Combine(PictureFolder, row[path].Replace('/', Path.DirectorySeparatorChar)),
            Label = row[label],
        });
    }
}
