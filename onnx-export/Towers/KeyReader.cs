using System.Text.RegularExpressions;
using Tips.OnnxExport.Checkpoints;

namespace Tips.OnnxExport.Towers;

/// <summary>Gets tensors from a checkpoint by key, checks their shapes, and keeps track of the keys that have not been used.</summary>
internal sealed class KeyReader(ICheckpoint checkpoint)
{
    private readonly HashSet<string> _unused = [.. checkpoint.Tensors.Keys];

    public IEnumerable<string> Keys => checkpoint.Tensors.Keys;

    /// <summary>A key as it is in the file, for messages.</summary>
    public string FullKey(string key) => checkpoint.FullName(key);

    public bool Has(string key) => checkpoint.Tensors.ContainsKey(key);

    public int Rank(string key) => checkpoint.Tensors[key].Shape.Count;

    /// <summary>Gets the shape of a key and checks its rank and its fixed dimensions.</summary>
    /// <param name="key">The key.</param>
    /// <param name="pattern">One entry per dimension: a number where the size is fixed, otherwise a name for the message.</param>
    public IReadOnlyList<int> Shape(string key, params string[] pattern)
    {
        var info = Find(key, $"[{string.Join(", ", pattern)}]");
        bool fits = info.Shape.Count == pattern.Length
            && info.Shape.Zip(pattern).All(p => p.First > 0 && (!int.TryParse(p.Second, out int fixedSize) || p.First == fixedSize));
        if (!fits) throw WrongShape(info, $"[{string.Join(", ", pattern)}]");
        return info.Shape;
    }

    /// <summary>Gets a tensor of exactly this shape, whose values are read later. The key counts as used.</summary>
    public Weight GetWeight(string key, params int[] shape)
    {
        var info = Find(key, TensorInfo.FormatShape(shape));
        if (!info.Shape.SequenceEqual(shape)) throw WrongShape(info, TensorInfo.FormatShape(shape));
        if (!info.Type.IsFloatingPoint())
            throw Error($"has key '{FullKey(key)}' of type {info.Type.DisplayName()}, expected floating-point numbers");
        if (info.Count > Array.MaxLength)
        {
            throw Error(
                $"has key '{FullKey(key)}' with shape {info.ShapeText}, {info.Count:N0} values, expected at most {Array.MaxLength:N0}");
        }

        _unused.Remove(key);
        return new Weight(shape, () => checkpoint.Read(key));
    }

    /// <summary>The number of blocks, which must be numbered from 0 without gaps.</summary>
    /// <param name="blockKey">Matches every key of a block; its first group is the block number.</param>
    /// <param name="firstKey">Gives the first key of a block, for messages.</param>
    public int BlockCount(Regex blockKey, Func<int, string> firstKey)
    {
        var indices = Keys.Select(k => blockKey.Match(k)).Where(m => m.Success).Select(m => int.Parse(m.Groups[1].ValueSpan)).ToHashSet();
        if (indices.Count == 0) throw Error($"has no key '{FullKey(firstKey(0))}', expected at least one block");
        if (indices.Max() + 1 == indices.Count) return indices.Count;
        int missing = Enumerable.Range(0, indices.Max()).First(i => !indices.Contains(i));
        throw Error($"has no key '{FullKey(firstKey(missing))}', but has blocks up to {indices.Max()}");
    }

    /// <summary>Accepts a key that the graph does not need.</summary>
    public void Ignore(string key) => _unused.Remove(key);

    /// <param name="model">What the checkpoint is expected to be, for the message.</param>
    /// <exception cref="CheckpointException">The checkpoint has a key that was not used.</exception>
    public void CheckAllUsed(string model)
    {
        if (_unused.Count == 0) return;
        string[] some = [.. _unused.Order(StringComparer.Ordinal).Take(5).Select(k => $"'{FullKey(k)}' {checkpoint.Tensors[k].ShapeText}")];
        string more = _unused.Count > some.Length ? ", …" : "";
        throw Error($"has {_unused.Count} key(s) that a {model} does not have: {string.Join(", ", some)}{more}");
    }

    public CheckpointException Error(string message) => new($"Checkpoint '{checkpoint.Path}' {message}.");

    private TensorInfo Find(string key, string expected) => checkpoint.Tensors.TryGetValue(key, out var info)
        ? info
        : throw Error($"has no key '{FullKey(key)}', expected with shape {expected}{DescribeOther(FullKey(key))}");

    private string DescribeOther(string fullKey)
        => checkpoint.Others.TryGetValue(fullKey, out string? what) ? $"; there is one, but {what}" : "";

    private CheckpointException WrongShape(TensorInfo info, string expected)
        => Error($"has key '{FullKey(info.Name)}' with shape {info.ShapeText}, expected {expected}");
}
