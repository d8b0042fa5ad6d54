using Tips.OnnxExport.Checkpoints;

namespace Tips.OnnxExport.Towers;

/// <summary>
/// The names in the released files of heads, as those of PyTorch. There are two forms: paths of Flax modules, and the flat names of
/// PyTorch. What comes before them may be missing, and the linear layer at the end has several names, which do not tell its task.
/// </summary>
internal static class DptReleaseNames
{
    private const string FlaxRoot = "decoder/", FlaxTrunk = "dpt/", FlatTrunk = "dpt.";

    private static readonly string[] Heads =
        ["head", "pixel_segmentation", "pixel_depth_classif", "pixel_depth_regress", "pixel_normals", "segmentation_head"];

    private static readonly Dictionary<string, string> FlaxNames = Names(t => t.Flax, '/');

    private static readonly Dictionary<string, string> FlatNames = Names(t => t.Name, '.');

    /// <summary>Whether the checkpoint has any tensor of a head.</summary>
    public static bool Recognizes(ICheckpoint checkpoint) => checkpoint.Tensors.Keys.Any(key => Find(key) is not null);

    public static bool IsFlax(ICheckpoint checkpoint)
        => checkpoint.Tensors.Keys.Any(key => Find(key) is not null && key.Contains('/', StringComparison.Ordinal));

    /// <exception cref="CheckpointException">Two keys are the same tensor.</exception>
    public static RenamedCheckpoint Rename(ICheckpoint checkpoint)
    {
        var sources = new Dictionary<string, string[]>(StringComparer.Ordinal);
        foreach (string key in checkpoint.Tensors.Keys)
        {
            if (IsOverruled(checkpoint, key)) continue;
            string name = Find(key) ?? (key == FlatTrunk + "bin_centers" ? "bin_centers" : key);
            if (!sources.TryAdd(name, [key])) throw RenamedCheckpoint.Doubled(checkpoint, sources[name][0], key);
        }

        string[] starts = [.. sources.Values.Select(s => s[0])];
        bool isFlax = IsFlax(checkpoint);
        string root = isFlax && starts.Any(k => k.StartsWith(FlaxRoot, StringComparison.Ordinal)) ? FlaxRoot : "";
        string trunk = isFlax ? FlaxTrunk : FlatTrunk;
        if (!starts.Any(k => k.StartsWith(root + trunk, StringComparison.Ordinal))) trunk = "";
        return new RenamedCheckpoint(checkpoint, name => ExpectedKey(name, isFlax, root, trunk), sources);
    }

    private static Dictionary<string, string> Names(Func<DptTensor, string> nameOf, char separator)
    {
        var names = DptTensor.All.Where(t => !t.IsHead).ToDictionary(nameOf, t => t.Name, StringComparer.Ordinal);
        foreach (var tensor in DptTensor.All.Where(t => t.IsHead))
        {
            string ending = nameOf(tensor)[nameOf(tensor).IndexOf(separator, StringComparison.Ordinal)..];
            foreach (string head in Heads) names.Add(head + ending, tensor.Name);
        }

        foreach (var (name, canonical) in names.ToArray())
        {
            if (Other(name) is { } other) names.Add(other, canonical);
        }

        return names;
    }

    // The 1×1 convolution of a fusion has two names in Flax; the one that Flax itself gives counts.
    private static string? Other(string flaxName)
        => flaxName.Contains("/Conv_0/", StringComparison.Ordinal)
            ? flaxName.Replace("/Conv_0/", "/out_conv/", StringComparison.Ordinal)
            : null;

    private static bool IsOverruled(ICheckpoint checkpoint, string key)
    {
        int module = key.IndexOf("/out_conv/", StringComparison.Ordinal);
        return module >= 0
            && ((string[])["kernel", "bias"]).Any(part => checkpoint.Tensors.ContainsKey($"{key[..module]}/Conv_0/{part}"));
    }

    private static string? Find(string key)
    {
        bool isFlax = key.Contains('/', StringComparison.Ordinal);
        string name = isFlax ? Without(FlaxTrunk, Without(FlaxRoot, key)) : Without(FlatTrunk, key);
        return (isFlax ? FlaxNames : FlatNames).GetValueOrDefault(name);
    }

    private static string Without(string start, string key) => key.StartsWith(start, StringComparison.Ordinal) ? key[start.Length..] : key;

    private static string ExpectedKey(string name, bool isFlax, string root, string trunk)
    {
        if (DptTensor.All.FirstOrDefault(t => t.Name == name) is not { } tensor) return name;
        if (!tensor.IsHead) return root + trunk + (isFlax ? tensor.Flax : name);
        var names = (isFlax ? FlaxNames : FlatNames).Where(n => n.Value == name).Select(n => root + n.Key);
        return string.Join("' or '", names);
    }
}
