using System.Numerics.Tensors;
using System.Text.RegularExpressions;
using Tips.OnnxExport.Checkpoints;

namespace Tips.OnnxExport.Towers;

/// <summary>Reads the image encoder of the PyTorch release. Every size is inferred from the tensors; every key and shape is checked.</summary>
internal static partial class PyTorchVisionLayout
{
    private const float Epsilon = 1e-6f;

    /// <summary>A key that no other layout has.</summary>
    public const string Mark = "patch_embed.proj.weight";

    /// <summary>Whether the keys look like this layout at all, so that a wrong file is told from a damaged one.</summary>
    public static bool Recognizes(ICheckpoint checkpoint) => checkpoint.Tensors.ContainsKey(Mark);

    public static VisionTower Read(ICheckpoint checkpoint)
    {
        var keys = new KeyReader(checkpoint);
        var kernel = keys.Shape(Mark, "D", "3", "patch", "patch");
        int width = kernel[0], patch = kernel[2];
        if (kernel[3] != patch) throw keys.Fault($"has key '{keys.NameOf(Mark)}' with shape {TensorInfo.FormatShape(kernel)}, expected square patches");
        int heads = PyTorchLayout.HeadCount(width, known: null, keys, Mark);

        int positions = keys.Shape("pos_embed", "1", "1 + grid²", $"{width}")[1];
        int grid = (int)Math.Sqrt(positions - 1);
        if (grid < 1 || 1 + grid * grid != positions) throw keys.Fault($"has key '{keys.NameOf("pos_embed")}' with {positions} rows, expected 1 + a square number");
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
            PatchEmbedding = new Linear(keys.Take(Mark, width, 3, patch, patch), keys.Take("patch_embed.proj.bias", width)),
            FirstClassToken = new Weight([width], () => Sum(firstToken, firstPosition)),
            SecondClassToken = keys.Take("register_tokens", 1, 1, width).Reshape(width),
            Positions = positionRows.Rows(1, grid * grid),
            Blocks = [.. Enumerable.Range(0, keys.BlockCount(BlockKey(), i => $"blocks.{i}.norm1.weight")).Select(i => Block(keys, $"blocks.{i}.", width))],
            FinalNorm = PyTorchLayout.NormAt(keys, "norm", width),
        };
        keys.Skip("mask_token"); // used in training only
        keys.CheckNothingLeft($"TIPS image encoder in the PyTorch layout with {tower.Blocks.Count} blocks");
        return tower;
    }

    private static VisionBlock Block(KeyReader keys, string prefix, int width)
    {
        var packed = PyTorchLayout.LinearAt(keys, prefix + "attn.qkv", 3 * width, width);
        return new VisionBlock(
            AttentionNorm: PyTorchLayout.NormAt(keys, prefix + "norm1", width),
            Query: packed.Outputs(0, width),
            Key: packed.Outputs(width, width),
            Value: packed.Outputs(2 * width, width),
            AttentionOutput: PyTorchLayout.LinearAt(keys, prefix + "attn.proj", width, width),
            AttentionScale: keys.Take(prefix + "ls1.gamma", width),
            FeedForwardNorm: PyTorchLayout.NormAt(keys, prefix + "norm2", width),
            FeedForward: FeedForwardAt(keys, prefix + "mlp.", width),
            FeedForwardScale: keys.Take(prefix + "ls2.gamma", width));
    }

    private static FeedForward FeedForwardAt(KeyReader keys, string prefix, int width)
    {
        if (keys.Has(prefix + "w12.weight"))
        {
            int packed = keys.Shape(prefix + "w12.weight", "2 × hidden", $"{width}")[0];
            if (packed % 2 != 0) throw keys.Fault($"has key '{keys.NameOf(prefix)}w12.weight' with {packed} rows, expected an even number");
            int hidden = packed / 2;
            var gateAndValue = PyTorchLayout.LinearAt(keys, prefix + "w12", packed, width);
            return new SwiGluFeedForward(gateAndValue.Outputs(0, hidden), gateAndValue.Outputs(hidden, hidden), PyTorchLayout.LinearAt(keys, prefix + "w3", width, hidden));
        }

        int mlp = keys.Shape(prefix + "fc1.weight", "hidden", $"{width}")[0];
        return new MlpFeedForward(PyTorchLayout.LinearAt(keys, prefix + "fc1", mlp, width), GeluForm.Exact, PyTorchLayout.LinearAt(keys, prefix + "fc2", width, mlp));
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
