using Tips.OnnxExport.Checkpoints;

namespace Tips.OnnxExport.Towers;

/// <summary>
/// Takes tensors out of a Scenic (Flax) checkpoint. Its keys are paths of modules, and what stands before the last modules depends on how
/// the training program wrapped the tower, so a key is found by how it ends. Kernels are in × out there, and attention splits them into heads.
/// </summary>
internal sealed class ScenicKeys(KeyReader keys, int width)
{
    public static string? Find(IEnumerable<string> all, string ending) => all.FirstOrDefault(k => EndsWith(k, ending));

    /// <summary>Whether a key ends in these modules, the whole of each.</summary>
    public static bool EndsWith(string key, string ending) => key == ending || key.EndsWith("/" + ending, StringComparison.Ordinal);

    /// <exception cref="CheckpointException">No key ends so, or more than one.</exception>
    public static string Resolve(KeyReader keys, string ending, string expected)
    {
        string[] found = [.. keys.Keys.Where(k => EndsWith(k, ending))];
        return found.Length switch
        {
            1 => found[0],
            0 => throw keys.Fault($"has no key that ends in '{ending}', expected with shape {expected}"),
            _ => throw keys.Fault($"has {found.Length} keys that end in '{ending}', expected one: '{found[0]}', '{found[1]}'"),
        };
    }

    public Weight Take(string ending, params int[] shape) => keys.Take(Resolve(keys, ending, TensorInfo.FormatShape(shape)), shape);

    public IReadOnlyList<int> Shape(string ending, params string[] pattern) => keys.Shape(Resolve(keys, ending, $"[{string.Join(", ", pattern)}]"), pattern);

    public Norm Norm(string module) => new(Take(module + "/scale", width), Take(module + "/bias", width));

    /// <summary>A dense layer; its kernel is inputs × outputs.</summary>
    public Linear Dense(string module, int inputs, int outputs) => new(Take(module + "/kernel", inputs, outputs).Transpose(), Take(module + "/bias", outputs));

    /// <summary>The projections of an attention module: query, key, value, output.</summary>
    public (Linear Query, Linear Key, Linear Value, Linear Output) Attention(string module, int heads)
    {
        int size = width / heads;
        return (Projection("query"), Projection("key"), Projection("value"), new Linear(Take(module + "/out/kernel", heads, size, width).Reshape(width, width).Transpose(), Take(module + "/out/bias", width)));

        Linear Projection(string name)
            => new(Take($"{module}/{name}/kernel", width, heads, size).Reshape(width, width).Transpose(), Take($"{module}/{name}/bias", heads, size).Reshape(width));
    }

    /// <summary>The head count, which the tensors of this layout tell.</summary>
    public int Heads(string module)
    {
        var shape = Shape(module + "/query/kernel", $"{width}", "heads", "head size");
        return (long)shape[1] * shape[2] == width
            ? shape[1]
            : throw keys.Fault($"has key '{Resolve(keys, module + "/query/kernel", "")}' with {shape[1]} heads of {shape[2]}, expected {width} together");
    }
}
