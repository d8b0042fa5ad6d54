using Tips.MLNet.Tests.Support;

namespace Tips.MLNet.Tests.Samples;

/// <summary>Every command on a few small pictures whose names are long, have blanks, and characters that take two cells.</summary>
internal sealed class CommandTable : IDisposable
{
    private const string First = "日本語のとても長いクラスの名前 with blanks", Second = "another-class-with-a-rather-long-name-that-fills-a-column";

    private readonly TemporaryFolder _folder = new();

    public CommandTable()
    {
        string[] drawings = [.. Directory.GetFiles(Path.Combine(TestModels.PictureFolder, "seen")).Order(StringComparer.Ordinal)];
        for (int i = 0; i < 8; i++)
        {
            string file = Path.Combine(Pictures, i < 4 ? First : Second, $"a long name of a picture, with blanks and 絵文字 {i}.png");
            Directory.CreateDirectory(Path.GetDirectoryName(file)!);
            File.Copy(drawings[5 * i], file);
        }

        Directory.CreateDirectory(_folder["masked"]);
        for (int i = 0; i < 2; i++)
        {
            string name = _folder[$"masked/a long name of a picture that has a mask beside it, {i}"];
            File.Copy(drawings[5 * i], name + ".png");
            using var image = ImageSource.FromFile(name + ".png").Decode();
            TestPictures.WriteLeftHalfMask(name + ".mask.png", image.Height, image.Width);
        }

        File.WriteAllLines(_folder["labels.txt"], ["a bird of which much can be said, and more still, so that it is cut", "日本語"]);
    }

    /// <summary>The commands, and key figures that their results have in JSON.</summary>
    public static IReadOnlyDictionary<string, string[]> Figures { get; } = new Dictionary<string, string[]>
    {
        ["knn"] = ["model", "trainingPictures", "classes", "scores.accuracy", "scores.topKAccuracy", "pipeline", "top"],
        ["zero-shot"] = ["model", "classes", "prompts", "scores.accuracy", "scores.mistakes"],
        ["probe"] = ["model", "classes", "sweep", "l2", "scores.accuracy", "pipeline", "pipelineBytes"],
        ["audit"] = ["model", "pictures", "exactDuplicates", "nearDuplicates", "outliers", "findings", "contactSheet"],
        ["index"] = ["model", "index", "storeFolder", "pictures", "embedded", "added"],
        ["search"] = ["model", "pictures", "queries", "duplicates", "contactSheet"],
        ["cluster"] = ["model", "pictures", "clusters", "contactSheet"],
        ["embed"] = ["model", "embeddingDimension", "count", "format", "output"],
        ["patches"] = ["model", "folder", "arrays"],
        ["pca"] = ["model", "folder", "files"],
        ["heatmap"] = ["model", "folder", "found"],
        ["segment"] = ["model", "folder", "pictures", "classes"],
        ["foreground"] = ["model", "folder", "pictures", "classifier", "leaveOneOut"],
        ["depth"] = ["model", "folder", "pictures"],
        ["normals"] = ["model", "folder", "files"],
        ["predict"] = ["pipeline", "count", "format", "output"],
    };

    /// <summary>The folder of pictures, with a subfolder for each class.</summary>
    public string Pictures => _folder["in"];

    /// <summary>A command with its arguments.</summary>
    public string[] Arguments(string command)
    {
        string picture = Directory.GetFiles(Path.Combine(Pictures, First)).Order(StringComparer.Ordinal).First(), output = _folder["out"];
        string[] more = command switch
        {
            "knn" => ["--images", Pictures, "-k", "1", "--output", _folder["p.zip"]],
            "zero-shot" => ["--images", Pictures],
            "probe" => ["--images", Pictures, "--output", _folder["p.zip"]],
            "audit" => ["--images", Pictures, "--output", _folder["a.png"]],
            "index" => [Pictures, "--output", _folder["i.index"]],
            "search" => ["--images", Pictures, "-q", "a 'bird' (日本語)", "--top", "2", "--duplicates", "0", "--output", _folder["s.png"]],
            "cluster" => ["--images", Pictures, "-k", "2", "--output", _folder["s.png"]],
            "embed" => ["--images", Pictures, "--output", _folder["e.jsonl"]],
            "patches" or "pca" => ["--images", picture, "--output", output],
            "heatmap" => ["--images", picture, "--text", "a bird of which much can be said, and more still", "--output", output],
            "segment" => ["--images", picture, "--labels", _folder["labels.txt"], "--mode", "whole", "--output", output],
            "foreground" => ["--images", _folder["masked"], "--image-height", "56", "--output", output],
            "depth" or "normals" => ["--model", TestModels.HeadsFolder(), "--images", picture, "--output", output],
            "predict" => ["--pipeline", Pipeline(), "--images", Pictures, "--output", _folder["predictions.csv"]],
            _ => throw new ArgumentException($"The table has no arguments for '{command}'."),
        };
        return [command, .. more];
    }

    /// <summary>Whether a line is nothing but a path, which may be too long.</summary>
    public bool IsPath(string line)
    {
        string path = line.Trim().Trim('\'', '.');
        return path.Length > 0 && Path.Exists(Path.Combine(Pictures, path)); // an absolute one counts for itself
    }

    // Saved once, by another command.
    private string Pipeline()
    {
        string file = _folder["predict.zip"];
        if (File.Exists(file)) return file;
        var (code, _, error) = SampleRun.Run("knn", "--images", Pictures, "-k", "1", "--save", file).GetAwaiter().GetResult();
        return code == 0 ? file : throw new InvalidOperationException(error);
    }

    public void Dispose() => _folder.Dispose();
}
