using System.Text.RegularExpressions;
using Tips.OnnxExport.Checkpoints;

namespace Tips.OnnxExport.Towers;

/// <summary>
/// Takes tensors out of a Scenic (Flax) checkpoint. Its keys are paths of modules, and what stands before the last modules depends on how
/// the training program wrapped the tower, so a key is found by how it ends. Kernels are in × out there, and attention splits them into heads.
/// </summary>
internal sealed partial class ScenicKeys
{
    private readonly ILookup<string, string> _byEnding;

    public ScenicKeys(KeyReader keys)
    {
        Reader = keys;
        _byEnding = keys.Keys.SelectMany(key => Endings(key).Select(ending => (ending, key))).ToLookup(p => p.ending, p => p.key, StringComparer.Ordinal);
    }

    public KeyReader Reader { get; }

    /// <summary>Whether a key ends in these modules, the whole of each.</summary>
    public static bool EndsWith(string key, string ending) => key.EndsWith(ending, StringComparison.Ordinal) && (key.Length == ending.Length || key[^(ending.Length + 1)] == '/');

    public bool Has(string ending) => _byEnding.Contains(ending);

    /// <summary>The whole key; null if none ends so.</summary>
    public string? Find(string ending) => _byEnding[ending].FirstOrDefault();

    /// <exception cref="CheckpointException">No key ends so, or more than one.</exception>
    public string Resolve(string ending, string expected)
    {
        string[] found = [.. _byEnding[ending]];
        return found.Length switch
        {
            1 => found[0],
            0 => throw Reader.Fault($"has no key that ends in '{ending}', expected with shape {expected}"),
            _ => throw Reader.Fault($"has {found.Length} keys that end in '{ending}', expected one: '{found[0]}', '{found[1]}'"),
        };
    }

    public Weight Take(string ending, params int[] shape) => Reader.Take(Resolve(ending, TensorInfo.FormatShape(shape)), shape);

    public IReadOnlyList<int> Shape(string ending, params string[] pattern) => Reader.Shape(Resolve(ending, $"[{string.Join(", ", pattern)}]"), pattern);

    /// <summary>Number of blocks, which are numbered from 0 without a gap and lie in one module.</summary>
    public int BlockCount()
    {
        string[] modules = [.. Reader.Keys.Select(k => BlockKey().Match(k)).Where(m => m.Success).Select(m => m.Groups[2].Value).Distinct()];
        if (modules.Length > 1) throw Reader.Fault($"has blocks in {modules.Length} modules, expected in one: '{modules[0]}' and '{modules[1]}'");
        return Reader.BlockCount(BlockKey(), i => $"encoderblock_{i}/LayerNorm_0/scale");
    }

    public Norm Norm(string module, int width) => new(Take(module + "/scale", width), Take(module + "/bias", width));

    /// <summary>A dense layer; its kernel is inputs × outputs.</summary>
    public Linear Dense(string module, int inputs, int outputs) => new(Take(module + "/kernel", inputs, outputs).Transpose(), Take(module + "/bias", outputs));

    /// <summary>The projections of an attention module: query, key, value, output.</summary>
    public (Linear Query, Linear Key, Linear Value, Linear Output) Attention(string module, int width, int heads)
    {
        int size = width / heads;
        return (Projection("query"), Projection("key"), Projection("value"), new Linear(Take(module + "/out/kernel", heads, size, width).Reshape(width, width).Transpose(), Take(module + "/out/bias", width)));

        Linear Projection(string name)
            => new(Take($"{module}/{name}/kernel", width, heads, size).Reshape(width, width).Transpose(), Take($"{module}/{name}/bias", heads, size).Reshape(width));
    }

    /// <summary>The head count, which the tensors of this layout tell.</summary>
    public int Heads(string module, int width)
    {
        var shape = Shape(module + "/query/kernel", $"{width}", "heads", "head size");
        return (long)shape[1] * shape[2] == width
            ? shape[1]
            : throw Reader.Fault($"has key '{Find(module + "/query/kernel")}' with {shape[1]} heads of {shape[2]}, expected {width} together");
    }

    /// <summary>The temperature of the contrastive loss; null if there is none.</summary>
    public Weight? Temperature() => ContrastiveTemperature.Take(Reader, ContrastiveTemperature.Names.Select(Find).FirstOrDefault(k => k is not null));

    private static IEnumerable<string> Endings(string key)
    {
        yield return key;
        for (int slash = key.IndexOf('/', StringComparison.Ordinal); slash >= 0; slash = key.IndexOf('/', slash + 1)) yield return key[(slash + 1)..];
    }

    // The number of a block, and the module it lies in.
    [GeneratedRegex("^(?<module>|.*/)encoderblock_([0-9]{1,6})/", RegexOptions.CultureInvariant)]
    private static partial Regex BlockKey();
}
