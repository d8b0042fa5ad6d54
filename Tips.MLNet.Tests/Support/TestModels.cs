using Google.Protobuf;
using Tips.MLNet.Tests.Formula;
using Tips.OnnxExport.Export;
using Tips.OnnxExport.Graphs;
using Tips.OnnxExport.Towers;

namespace Tips.MLNet.Tests.Support;

/// <summary>Model folders that many tests use, each exported once per run.</summary>
[TestClass]
public static class TestModels
{
    private static readonly TemporaryFolder Root = new();
    private static readonly Dictionary<string, string> Folders = [];

    /// <summary>The tiny model of the samples: width 192, pictures of 84×84.</summary>
    internal static string TinyFolder => Path.Combine(AppContext.BaseDirectory, "models", "tips-tiny14");

    /// <summary>The tiny model exported in another precision.</summary>
    internal static string TinyFolderIn(WeightPrecision precision)
    {
        string name = $"tips-tiny14-{precision.Name()}";
        string checkpoints = Path.Combine(AppContext.BaseDirectory, "checkpoints", "tips_tiny14_");
        var text = (checkpoints + "text.npz", checkpoints + "tokenizer.model");
        return Folder(name, checkpoints + "vision.npz", (84, 84), text, precision);
    }

    /// <summary>The pictures of the samples.</summary>
    internal static string PictureFolder => Path.Combine(AppContext.BaseDirectory, "pictures");

    internal static TipsModel LoadTiny(TipsModelOptions? options = null) => TipsModel.Load(TinyFolder, options);

    /// <summary>A three-block image tower of width 128, from a file that NumPy wrote.</summary>
    internal static string MiniFolder(
        string feedForward = "mlp",
        int height = 56,
        int width = 56,
        WeightPrecision precision = WeightPrecision.Float32)
    {
        string name = $"mini-{feedForward}-{height}x{width}{Suffix(precision)}";
        return Folder(name, GoldenFiles.PathOf("mini", $"vision_{feedForward}.npz"), (height, width), precision: precision);
    }

    /// <summary>A three-block image tower, by the name of its file, that gives the tokens of every block.</summary>
    internal static string LayersFolder(string name)
        => Folder($"{name}-layers", GoldenFiles.PathOf("mini", $"{name}.npz"), (56, 56), layers: [0, 1, 2]);

    /// <summary>The image tower of four blocks that the golden heads belong to, with the three of them.</summary>
    internal static string HeadsFolder(WeightPrecision precision = WeightPrecision.Float32)
    {
        HeadSource[] heads = [.. HeadTasks.All.Select(t => new HeadSource(t, GoldenHead(t)))];
        return Folder("mini-heads" + Suffix(precision), FourBlocks(), (56, 56), precision: precision, heads: heads);
    }

    /// <summary>The tower of <see cref="HeadsFolder"/>: the three-block one with another block.</summary>
    internal static string FourBlocks()
    {
        string path = Root["vision_four_blocks.npz"];
        if (!File.Exists(path)) FormulaCheckpoint.WriteVision(path, TowerSize.Mini with { Layers = 4 }, grid: 4, seed: 3);
        return path;
    }

    /// <summary>A head of <see cref="HeadsFolder"/>.</summary>
    internal static string GoldenHead(HeadTask task) => GoldenFiles.PathOf("dense", $"head_{task.Name()}.zip");

    /// <summary>
    /// The three-block tower in the layout of the Scenic release, whose arithmetic differs.
    /// </summary>
    internal static string ScenicFolder(string feedForward, int height, int width)
        => Folder($"scenic-{feedForward}-{height}x{width}", ScenicVision(feedForward), (height, width));

    /// <summary>Both towers in the layout of the Scenic release.</summary>
    internal static string ScenicTextFolder()
        => Folder("scenic-text", ScenicVision("mlp"), (56, 56), (GoldenFiles.PathOf("mini", "scenic_text.npz"), SmallTokenizer()));

    /// <summary>The checkpoint of the three-block tower as Flax itself names and shapes it.</summary>
    internal static string ScenicVision(string feedForward) => GoldenFiles.PathOf("mini", $"scenic_vision_{feedForward}.npz");

    /// <summary>The three-block image tower with its text tower, and a tokenizer of a few pieces.</summary>
    internal static string MiniTextFolder(WeightPrecision precision = WeightPrecision.Float32)
    {
        var text = (GoldenFiles.PathOf("mini", "text.npz"), SmallTokenizer());
        return Folder("mini-text" + Suffix(precision), GoldenFiles.PathOf("mini", "vision_mlp.npz"), (56, 56), text, precision);
    }

    /// <summary>The text tower of <see cref="MiniTextFolder"/> alone.</summary>
    internal static string TextOnlyFolder() => Folder("text-only", null, null, (GoldenFiles.PathOf("mini", "text.npz"), SmallTokenizer()));

    /// <summary>Both towers of a released size, filled by formula, with a tokenizer of a few pieces.</summary>
    internal static string FormulaTextFolder(TextTowerSize size, int side = 224)
    {
        string name = side == 224 ? size.Variant + "-text" : $"{size.Variant}-text-{side}";
        if (Folders.TryGetValue(name, out string? folder)) return folder;
        var (vision, text) = FormulaCheckpoints(size);
        return Folder(name, vision, (side, side), (text, SmallTokenizer()));
    }

    /// <summary>The checkpoints of <see cref="FormulaTextFolder"/>.</summary>
    internal static (string Vision, string Text) FormulaCheckpoints(TextTowerSize size)
    {
        string vision = Root[$"{size.Variant}-224.npz"], text = Root[$"{size.Variant}-text.npz"];
        var visionSize = TowerSize.All.Single(s => s.Variant == size.Variant);
        if (!File.Exists(vision)) FormulaCheckpoint.WriteVision(vision, visionSize, grid: 16, seed: 1);
        if (!File.Exists(text)) FormulaCheckpoint.WriteText(text, size, seed: 1);
        return (vision, text);
    }

    /// <summary>An image tower of a released size, filled by formula.</summary>
    internal static string FormulaFolder(
        TowerSize size, int grid, int height, int width, WeightPrecision precision = WeightPrecision.Float32)
    {
        string name = $"{size.Variant}-{grid}-{height}x{width}{Suffix(precision)}", checkpoint = Root[$"{size.Variant}-{grid}.npz"];
        if (Folders.TryGetValue(name, out string? folder)) return folder;
        if (!File.Exists(checkpoint)) FormulaCheckpoint.WriteVision(checkpoint, size, grid / 14, seed: 1);
        return Folder(name, checkpoint, (height, width), precision: precision);
    }

    /// <summary>Deletes the files of a large model.</summary>
    internal static void Forget(TowerSize size)
    {
        foreach (string name in Folders.Keys.Where(k => k.StartsWith(size.Variant + "-", StringComparison.Ordinal)).ToArray())
        {
            Directory.Delete(Folders[name], recursive: true);
            Folders.Remove(name);
        }

        foreach (string file in Directory.GetFiles(Root.Path, size.Variant + "-*.npz")) File.Delete(file);
    }

    internal static void Copy(string model, string folder)
    {
        Directory.CreateDirectory(folder);
        foreach (string file in Directory.GetFiles(model)) File.Copy(file, Path.Combine(folder, Path.GetFileName(file)));
    }

    [AssemblyCleanup]
    public static void Cleanup() => Root.Dispose();

    internal static string SmallTokenizer()
    {
        string path = Root["small.model"];
        if (!File.Exists(path)) File.WriteAllBytes(path, SmallSentencePieceModel.Create().ToByteArray());
        return path;
    }

    private static string Suffix(WeightPrecision precision) => precision == WeightPrecision.Float32 ? "" : "-" + precision.Name();

    private static string Folder(
        string name,
        string? checkpoint,
        (int Height, int Width)? size,
        (string Checkpoint, string Tokenizer)? text = null,
        WeightPrecision precision = WeightPrecision.Float32,
        int[]? layers = null,
        HeadSource[]? heads = null)
    {
        if (Folders.TryGetValue(name, out string? folder)) return folder;
        folder = Root[name];
        ModelExporter.Export(new ExportRequest(checkpoint, folder)
        {
            ImageSize = size,
            Text = text is var (encoder, tokenizer) ? new TextSource(encoder, tokenizer) : null,
            Precision = precision,
            Layers = layers ?? [],
            Heads = heads ?? [],
            Name = name,
            License = "none: test data",
        });
        Folders.Add(name, folder);
        return folder;
    }
}
