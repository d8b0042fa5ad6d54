using System.Text.RegularExpressions;
using Tips.OnnxExport.Checkpoints;

namespace Tips.OnnxExport.Towers;

/// <summary>Takes tensors out of a checkpoint by key, checks their shapes, and remembers which keys nobody took.</summary>
internal sealed class KeyReader(ICheckpoint checkpoint)
{
    private readonly HashSet<string> _left = [.. checkpoint.Tensors.Keys];

    public IEnumerable<string> Keys => checkpoint.Tensors.Keys;

    /// <summary>A key as the file has it, for messages.</summary>
    public string NameOf(string key) => checkpoint.Prefix + key;

    public bool Has(string key) => checkpoint.Tensors.ContainsKey(key);

    public int Rank(string key) => checkpoint.Tensors[key].Shape.Count;

    /// <summary>The shape of a key of any size; <paramref name="pattern"/> names the dimensions for the message, with a number where one is fixed.</summary>
    public IReadOnlyList<int> Shape(string key, params string[] pattern)
    {
        var info = Find(key, $"[{string.Join(", ", pattern)}]");
        bool fits = info.Shape.Count == pattern.Length
            && info.Shape.Zip(pattern).All(p => p.First > 0 && (!int.TryParse(p.Second, out int fixedSize) || p.First == fixedSize));
        if (!fits) throw Misshapen(info, $"[{string.Join(", ", pattern)}]");
        return info.Shape;
    }

    public Weight Take(string key, params int[] shape)
    {
        var info = Find(key, TensorInfo.FormatShape(shape));
        if (!info.Shape.SequenceEqual(shape)) throw Misshapen(info, TensorInfo.FormatShape(shape));
        if (!info.Type.IsFloatingPoint()) throw Fault($"has key '{checkpoint.Prefix}{key}' of type {info.Type.DisplayName()}, expected floating-point numbers");
        if (info.Count > Array.MaxLength) throw Fault($"has key '{checkpoint.Prefix}{key}' with shape {info.ShapeText}, {info.Count:N0} values, expected at most {Array.MaxLength:N0}");
        _left.Remove(key);
        return new Weight(shape, () => checkpoint.Read(key));
    }

    /// <summary>Number of blocks, which must be numbered from 0 without a gap.</summary>
    /// <param name="blockKey">Matches every key of a block; its first group is the block's number.</param>
    /// <param name="firstKey">Name of the first key of a block, for the message.</param>
    public int BlockCount(Regex blockKey, Func<int, string> firstKey)
    {
        var indices = Keys.Select(k => blockKey.Match(k)).Where(m => m.Success).Select(m => int.Parse(m.Groups[1].ValueSpan)).ToHashSet();
        if (indices.Count == 0) throw Fault($"has no key '{checkpoint.Prefix}{firstKey(0)}', expected at least one block");
        return indices.Max() + 1 == indices.Count
            ? indices.Count
            : throw Fault($"has no key '{checkpoint.Prefix}{firstKey(Enumerable.Range(0, indices.Max()).First(i => !indices.Contains(i)))}', but has blocks up to {indices.Max()}");
    }

    /// <summary>Accepts a key that the graph does not need.</summary>
    public void Skip(string key) => _left.Remove(key);

    /// <exception cref="CheckpointException">A key is left over.</exception>
    public void CheckNothingLeft(string model)
    {
        if (_left.Count == 0) return;
        string[] some = [.. _left.Order(StringComparer.Ordinal).Take(5).Select(k => $"'{checkpoint.Prefix}{k}' {checkpoint.Tensors[k].ShapeText}")];
        throw new CheckpointException($"Checkpoint '{checkpoint.Path}' has {_left.Count} key(s) that a {model} does not have: {string.Join(", ", some)}{(_left.Count > some.Length ? ", …" : "")}.");
    }

    public CheckpointException Fault(string message) => new($"Checkpoint '{checkpoint.Path}' {message}.");

    private TensorInfo Find(string key, string expected) => checkpoint.Tensors.TryGetValue(key, out var info)
        ? info
        : throw Fault($"has no key '{checkpoint.Prefix}{key}', expected with shape {expected}");

    private CheckpointException Misshapen(TensorInfo info, string expected) => Fault($"has key '{checkpoint.Prefix}{info.Name}' with shape {info.ShapeText}, expected {expected}");
}
