using System.Text.RegularExpressions;
using Tips.OnnxExport.Checkpoints;

namespace Tips.OnnxExport.Towers;

/// <summary>
/// Gets tensors from a Scenic (Flax) checkpoint. Its keys are module paths, and what comes before the last modules depends on how the
/// training program wrapped the tower, so keys are found by their endings. Kernels are in × out; those of attention are split into heads.
/// </summary>
internal sealed partial class ScenicKeys
{
    private readonly ILookup<string, string> _byEnding;

    public ScenicKeys(KeyReader keys)
    {
        Reader = keys;
        _byEnding = keys.Keys.SelectMany(key => Endings(key).Select(ending => (ending, key)))
            .ToLookup(p => p.ending, p => p.key, StringComparer.Ordinal);
    }

    public KeyReader Reader { get; }

    /// <summary>Whether a key ends in these modules. Only whole module names match.</summary>
    public static bool EndsWith(string key, string ending)
        => key.EndsWith(ending, StringComparison.Ordinal) && (key.Length == ending.Length || key[^(ending.Length + 1)] == '/');

    public bool Has(string ending) => _byEnding.Contains(ending);

    /// <summary>The first full key with this ending, or null.</summary>
    public string? Find(string ending) => _byEnding[ending].FirstOrDefault();

    /// <exception cref="CheckpointException">No key has this ending, or several do.</exception>
    public string Resolve(string ending, string expected)
    {
        string[] found = [.. _byEnding[ending]];
        return found.Length switch
        {
            1 => found[0],
            0 => throw Reader.Error($"has no key that ends in '{ending}', expected with shape {expected}"),
            _ => throw Reader.Error($"has {found.Length} keys that end in '{ending}', expected one: '{found[0]}', '{found[1]}'"),
        };
    }

    public Weight GetWeight(string ending, params int[] shape)
        => Reader.GetWeight(Resolve(ending, TensorInfo.FormatShape(shape)), shape);

    public IReadOnlyList<int> Shape(string ending, params string[] pattern)
        => Reader.Shape(Resolve(ending, $"[{string.Join(", ", pattern)}]"), pattern);

    /// <summary>The number of blocks, which must be numbered from 0 without gaps and belong to one module.</summary>
    public int BlockCount()
    {
        var matches = Reader.Keys.Select(k => BlockKey().Match(k)).Where(m => m.Success);
        string[] modules = [.. matches.Select(m => m.Groups["module"].Value).Distinct()];
        if (modules.Length > 1)
            throw Reader.Error($"has blocks in {modules.Length} modules, expected them in one: '{modules[0]}' and '{modules[1]}'");
        return Reader.BlockCount(BlockKey(), i => $"encoderblock_{i}/LayerNorm_0/scale");
    }

    public Norm Norm(string module, int width) => new(GetWeight(module + "/scale", width), GetWeight(module + "/bias", width));

    /// <summary>A dense layer, whose kernel is inputs × outputs.</summary>
    public Linear Dense(string module, int inputs, int outputs)
        => new(GetWeight(module + "/kernel", inputs, outputs).Transpose(), GetWeight(module + "/bias", outputs));

    /// <summary>The projections of an attention module: query, key, value, output.</summary>
    public (Linear Query, Linear Key, Linear Value, Linear Output) Attention(string module, int width, int heads)
    {
        int size = width / heads;
        var outputKernel = GetWeight(module + "/out/kernel", heads, size, width).Reshape(width, width).Transpose();
        var output = new Linear(outputKernel, GetWeight(module + "/out/bias", width));
        return (Projection("query"), Projection("key"), Projection("value"), output);

        Linear Projection(string name)
            => new(
                GetWeight($"{module}/{name}/kernel", width, heads, size).Reshape(width, width).Transpose(),
                GetWeight($"{module}/{name}/bias", heads, size).Reshape(width));
    }

    /// <summary>The number of heads, which the kernels of this layout show.</summary>
    public int Heads(string module, int width)
    {
        var shape = Shape(module + "/query/kernel", $"{width}", "heads", "head size");
        return (long)shape[1] * shape[2] == width
            ? shape[1]
            : throw Reader.Error(
                $"has key '{Find(module + "/query/kernel")}' with {shape[1]} heads of {shape[2]}, expected {width} values in total");
    }

    /// <summary>The temperature of the contrastive loss, or null.</summary>
    public Weight? Temperature()
        => ContrastiveTemperature.Read(Reader, ContrastiveTemperature.Names.Select(Find).FirstOrDefault(k => k is not null));

    private static IEnumerable<string> Endings(string key)
    {
        yield return key;
        for (int slash = key.IndexOf('/', StringComparison.Ordinal); slash >= 0; slash = key.IndexOf('/', slash + 1))
            yield return key[(slash + 1)..];
    }

    // Group 1 is the block number, "module" is what comes before the block.
    [GeneratedRegex("^(?<module>|.*/)encoderblock_([0-9]{1,6})/", RegexOptions.CultureInvariant)]
    private static partial Regex BlockKey();
}
