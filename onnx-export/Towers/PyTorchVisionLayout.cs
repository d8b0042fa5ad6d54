using System.Numerics.Tensors;
using System.Text.RegularExpressions;
using Tips.OnnxExport.Checkpoints;

namespace Tips.OnnxExport.Towers;

/// <summary>Reads the image encoder of the PyTorch release. Every size is inferred from the tensors; every key and shape is checked.</summary>
internal static partial class PyTorchVisionLayout
{
    private const float Epsilon = 1e-6f;

    /// <summary>Whether the keys look like this layout at all, so that a wrong file is told from a damaged one.</summary>
    public static bool Recognizes(ICheckpoint checkpoint) => checkpoint.Tensors.ContainsKey("patch_embed.proj.weight");

    public static VisionTower Read(ICheckpoint checkpoint)
    {
        var keys = new KeyReader(checkpoint);
        var kernel = keys.Shape("patch_embed.proj.weight", "D", "3", "patch", "patch");
        int width = kernel[0], patch = kernel[2];
        if (kernel[3] != patch) throw keys.Fault($"has key 'patch_embed.proj.weight' with shape {TensorInfo.FormatShape(kernel)}, expected square patches");
        int heads = HeadCount(width, keys);

        int positions = keys.Shape("pos_embed", "1", "1 + grid²", $"{width}")[1];
        int grid = (int)Math.Sqrt(positions - 1);
        if (grid < 1 || 1 + grid * grid != positions) throw keys.Fault($"has key 'pos_embed' with {positions} rows, expected 1 + a square number");
        var positionRows = keys.Take("pos_embed", 1, positions, width).Reshape(positions, width);
        var firstToken = keys.Take("cls_token", 1, 1, width).Reshape(width);
        var firstPosition = positionRows.Rows(0, 1).Reshape(width);

        var tower = new VisionTower
        {
            Width = width,
            Heads = heads,
            PatchSize = patch,
            Grid = (grid, grid),
            NormEpsilon = Epsilon,
            PatchEmbedding = new Linear(keys.Take("patch_embed.proj.weight", width, 3, patch, patch), keys.Take("patch_embed.proj.bias", width)),
            FirstClassToken = new Weight([width], () => Sum(firstToken, firstPosition)),
            SecondClassToken = keys.Take("register_tokens", 1, 1, width).Reshape(width),
            Positions = positionRows.Rows(1, grid * grid),
            Blocks = [.. Enumerable.Range(0, Depth(checkpoint, keys)).Select(i => Block(keys, $"blocks.{i}.", width))],
            FinalNorm = NormAt(keys, "norm", width),
        };
        keys.Skip("mask_token"); // used in training only
        keys.CheckNothingLeft($"TIPS image encoder in the PyTorch layout with {tower.Blocks.Count} blocks");
        return tower;
    }

    // The head size is the one thing the tensors do not tell: 64 in every released model but So400m, whose width is 1152 and head size 72.
    private static int HeadCount(int width, KeyReader keys)
    {
        int headSize = width == 1152 ? 72 : 64;
        return width % headSize == 0 ? width / headSize : throw keys.Fault($"has width {width} (from 'patch_embed.proj.weight'), expected a multiple of the head size {headSize}");
    }

    private static int Depth(ICheckpoint checkpoint, KeyReader keys)
    {
        var indices = checkpoint.Tensors.Keys.Select(k => BlockKey().Match(k)).Where(m => m.Success).Select(m => int.Parse(m.Groups[1].ValueSpan)).ToHashSet();
        if (indices.Count == 0) throw keys.Fault("has no key 'blocks.0.norm1.weight', expected at least one block");
        return indices.Max() + 1 == indices.Count
            ? indices.Count
            : throw keys.Fault($"has no key 'blocks.{Enumerable.Range(0, indices.Max()).First(i => !indices.Contains(i))}.norm1.weight', but has blocks up to {indices.Max()}");
    }

    private static VisionBlock Block(KeyReader keys, string prefix, int width)
    {
        var packed = LinearAt(keys, prefix + "attn.qkv", 3 * width, width);
        return new VisionBlock(
            AttentionNorm: NormAt(keys, prefix + "norm1", width),
            Query: packed.Outputs(0, width),
            Key: packed.Outputs(width, width),
            Value: packed.Outputs(2 * width, width),
            AttentionOutput: LinearAt(keys, prefix + "attn.proj", width, width),
            AttentionScale: keys.Take(prefix + "ls1.gamma", width),
            FeedForwardNorm: NormAt(keys, prefix + "norm2", width),
            FeedForward: FeedForwardAt(keys, prefix + "mlp.", width),
            FeedForwardScale: keys.Take(prefix + "ls2.gamma", width));
    }

    private static FeedForward FeedForwardAt(KeyReader keys, string prefix, int width)
    {
        if (keys.Has(prefix + "w12.weight"))
        {
            int packed = keys.Shape(prefix + "w12.weight", "2 × hidden", $"{width}")[0];
            if (packed % 2 != 0) throw keys.Fault($"has key '{prefix}w12.weight' with {packed} rows, expected an even number");
            int hidden = packed / 2;
            var gateAndValue = LinearAt(keys, prefix + "w12", packed, width);
            return new SwiGluFeedForward(gateAndValue.Outputs(0, hidden), gateAndValue.Outputs(hidden, hidden), LinearAt(keys, prefix + "w3", width, hidden));
        }

        int mlp = keys.Shape(prefix + "fc1.weight", "hidden", $"{width}")[0];
        return new MlpFeedForward(LinearAt(keys, prefix + "fc1", mlp, width), LinearAt(keys, prefix + "fc2", width, mlp));
    }

    private static Linear LinearAt(KeyReader keys, string key, int outputs, int inputs)
        => new(keys.Take(key + ".weight", outputs, inputs), keys.Take(key + ".bias", outputs));

    private static Norm NormAt(KeyReader keys, string key, int width) => new(keys.Take(key + ".weight", width), keys.Take(key + ".bias", width));

    private static float[] Sum(Weight a, Weight b)
    {
        float[] sum = new float[a.Count];
        TensorPrimitives.Add(a.Read(), b.Read(), sum);
        return sum;
    }

    [GeneratedRegex(@"^blocks\.([0-9]{1,6})\.", RegexOptions.CultureInvariant)]
    private static partial Regex BlockKey();
}
