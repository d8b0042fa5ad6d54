using System.Text.RegularExpressions;
using Tips.OnnxExport.Checkpoints;

namespace Tips.OnnxExport.Towers;

/// <summary>What both encoders of the PyTorch release have in common.</summary>
internal static class PyTorchLayout
{
    // The head size is the one thing the tensors do not tell: 64 in every released model but So400m, whose width is 1152 and head size 72.
    public static int HeadCount(int width, KeyReader keys, string source)
    {
        int headSize = width == 1152 ? 72 : 64;
        return width % headSize == 0 ? width / headSize : throw keys.Fault($"has width {width} (from '{source}'), expected a multiple of the head size {headSize}");
    }

    /// <summary>Number of blocks, which must be numbered from 0 without a gap.</summary>
    public static int Depth(ICheckpoint checkpoint, KeyReader keys, Regex blockKey, string prefix, string firstKey)
    {
        var indices = checkpoint.Tensors.Keys.Select(k => blockKey.Match(k)).Where(m => m.Success).Select(m => int.Parse(m.Groups[1].ValueSpan)).ToHashSet();
        if (indices.Count == 0) throw keys.Fault($"has no key '{prefix}0.{firstKey}', expected at least one block");
        return indices.Max() + 1 == indices.Count
            ? indices.Count
            : throw keys.Fault($"has no key '{prefix}{Enumerable.Range(0, indices.Max()).First(i => !indices.Contains(i))}.{firstKey}', but has blocks up to {indices.Max()}");
    }

    public static Linear LinearAt(KeyReader keys, string key, int outputs, int inputs) => new(keys.Take(key + ".weight", outputs, inputs), keys.Take(key + ".bias", outputs));

    public static Norm NormAt(KeyReader keys, string key, int width) => new(keys.Take(key + ".weight", width), keys.Take(key + ".bias", width));
}
