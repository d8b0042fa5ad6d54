using System.Numerics.Tensors;
using System.Text.RegularExpressions;
using Tips.OnnxExport.Checkpoints;

namespace Tips.OnnxExport.Towers;

/// <summary>Reads an image encoder of the PyTorch release. Sizes are inferred from the tensors; every key and shape is checked.</summary>
internal static partial class PyTorchVisionLayout
{
    private const float Epsilon = 1e-6f;

    /// <summary>A key that no other layout has.</summary>
    public const string SignatureKey = "patch_embed.proj.weight";

    /// <param name="checkpoint">The encoder's tensors, named as in the release.</param>
    /// <param name="heads">Number of attention heads if a configuration states it; null to derive it from the width.</param>
    public static VisionTower Read(ICheckpoint checkpoint, int? heads = null)
    {
        var keys = new KeyReader(checkpoint);
        var kernel = keys.Shape(SignatureKey, "D", "3", "patch", "patch");
        int width = kernel[0], patch = kernel[2];
        if (kernel[3] != patch)
        {
            throw keys.Error(
                $"has key '{keys.FullKey(SignatureKey)}' with shape {TensorInfo.FormatShape(kernel)}, expected square patches");
        }

        int headCount = PyTorchLayout.HeadCount(width, heads, keys, SignatureKey);
        int positions = keys.Shape("pos_embed", "1", "1 + grid²", $"{width}")[1];
        int grid = (int)Math.Sqrt(positions - 1);
        if (grid < 1 || 1 + grid * grid != positions)
            throw keys.Error($"has key '{keys.FullKey("pos_embed")}' with {positions} rows, expected 1 + a square number");
        var positionRows = keys.GetWeight("pos_embed", 1, positions, width).Reshape(positions, width);
        var firstToken = keys.GetWeight("cls_token", 1, 1, width).Reshape(width);
        var firstPosition = positionRows.Rows(0, 1).Reshape(width);
        int blocks = keys.BlockCount(BlockKey(), i => $"blocks.{i}.norm1.weight");

        var tower = new VisionTower
        {
            Width = width,
            Heads = headCount,
            PatchSize = patch,
            Grid = (grid, grid),
            NormEpsilon = Epsilon,
            PatchEmbedding = new Linear(
                keys.GetWeight(SignatureKey, width, 3, patch, patch), keys.GetWeight("patch_embed.proj.bias", width)),
            FirstClassToken = new Weight([width], () => Sum(firstToken, firstPosition)),
            SecondClassToken = keys.GetWeight("register_tokens", 1, 1, width).Reshape(width),
            Positions = positionRows.Rows(1, grid * grid),
            Blocks = [.. Enumerable.Range(0, blocks).Select(i => ReadBlock(keys, $"blocks.{i}.", width))],
            FinalNorm = PyTorchLayout.ReadNorm(keys, "norm", width),
        };
        keys.Ignore("mask_token"); // only used in training
        keys.CheckAllUsed($"TIPS image encoder in the PyTorch layout with {blocks} blocks");
        return tower;
    }

    private static VisionBlock ReadBlock(KeyReader keys, string prefix, int width)
    {
        var packed = PyTorchLayout.ReadLinear(keys, prefix + "attn.qkv", 3 * width, width);
        return new VisionBlock(
            AttentionNorm: PyTorchLayout.ReadNorm(keys, prefix + "norm1", width),
            Query: packed.Outputs(0, width),
            Key: packed.Outputs(width, width),
            Value: packed.Outputs(2 * width, width),
            AttentionOutput: PyTorchLayout.ReadLinear(keys, prefix + "attn.proj", width, width),
            AttentionScale: keys.GetWeight(prefix + "ls1.gamma", width),
            FeedForwardNorm: PyTorchLayout.ReadNorm(keys, prefix + "norm2", width),
            FeedForward: ReadFeedForward(keys, prefix + "mlp.", width),
            FeedForwardScale: keys.GetWeight(prefix + "ls2.gamma", width));
    }

    private static FeedForward ReadFeedForward(KeyReader keys, string prefix, int width)
    {
        if (keys.Has(prefix + "w12.weight"))
        {
            int packed = keys.Shape(prefix + "w12.weight", "2 × hidden", $"{width}")[0];
            if (packed % 2 != 0)
                throw keys.Error($"has key '{keys.FullKey(prefix + "w12.weight")}' with {packed} rows, expected an even number");
            int half = packed / 2;
            var gateAndValue = PyTorchLayout.ReadLinear(keys, prefix + "w12", packed, width);
            var output = PyTorchLayout.ReadLinear(keys, prefix + "w3", width, half);
            return new SwiGluFeedForward(gateAndValue.Outputs(0, half), gateAndValue.Outputs(half, half), output);
        }

        int hidden = keys.Shape(prefix + "fc1.weight", "hidden", $"{width}")[0];
        return new MlpFeedForward(
            PyTorchLayout.ReadLinear(keys, prefix + "fc1", hidden, width),
            GeluForm.Exact,
            PyTorchLayout.ReadLinear(keys, prefix + "fc2", width, hidden));
    }

    private static float[] Sum(Weight a, Weight b)
    {
        float[] sum = new float[a.Count];
        TensorPrimitives.Add(a.Read(), b.Read(), sum);
        return sum;
    }

    [GeneratedRegex(@"^blocks\.([0-9]{1,6})\.", RegexOptions.CultureInvariant)]
    private static partial Regex BlockKey();
}
