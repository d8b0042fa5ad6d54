using Tips.OnnxExport.Checkpoints;

namespace Tips.OnnxExport.Towers;

/// <summary>
/// Reads an image encoder of the Scenic (JAX) release. It computes differently: tanh GELU, no layer scale, no position on the CLS tokens.
/// </summary>
internal static class ScenicVisionLayout
{
    private const float Epsilon = 1e-6f;

    private const string Patches = "ToTokenSequence_0/embedding", ClassTokens = "ToTokenSequence_0/cls";

    private const string Positions = "ToTokenSequence_0/posembed_input";

    public const string SignatureKey = Patches + "/kernel";

    public static bool Recognizes(ICheckpoint checkpoint) => checkpoint.Tensors.Keys.Any(k => ScenicKeys.EndsWith(k, SignatureKey));

    public static VisionTower Read(ICheckpoint checkpoint)
    {
        var keys = new ScenicKeys(new KeyReader(checkpoint));
        var kernel = keys.Shape(SignatureKey, "patch", "patch", "3", "D");
        int patch = kernel[0], width = kernel[3];
        if (kernel[1] != patch)
        {
            throw keys.Reader.Error(
                $"has key '{keys.Find(SignatureKey)}' with shape {TensorInfo.FormatShape(kernel)}, expected square patches");
        }

        var grid = keys.Shape(Positions, "1", "rows", "columns", $"{width}");
        var classTokens = keys.GetWeight(ClassTokens, 1, 2, width).Reshape(2, width);
        int count = keys.BlockCount(), heads = keys.Heads(AttentionModule(0), width);
        var tower = new VisionTower
        {
            Width = width,
            Heads = heads,
            PatchSize = patch,
            Grid = (grid[1], grid[2]),
            NormEpsilon = Epsilon,
            PatchEmbedding = new Linear(
                keys.GetWeight(SignatureKey, patch, patch, 3, width).Permute(3, 2, 0, 1), keys.GetWeight(Patches + "/bias", width)),
            FirstClassToken = classTokens.Rows(0, 1).Reshape(width),
            SecondClassToken = classTokens.Rows(1, 1).Reshape(width),
            Positions = keys.GetWeight(Positions, 1, grid[1], grid[2], width).Reshape(checked(grid[1] * grid[2]), width),
            Blocks = [.. Enumerable.Range(0, count).Select(i => ReadBlock(keys, i, width, heads))],
            FinalNorm = keys.Norm("encoder_norm", width),
        };
        keys.Reader.CheckAllUsed($"TIPS image encoder in the Scenic layout with {count} blocks");
        return tower;
    }

    private static string AttentionModule(int block) => $"encoderblock_{block}/MultiHeadDotProductAttention_0";

    private static VisionBlock ReadBlock(ScenicKeys keys, int i, int width, int heads)
    {
        var (query, key, value, output) = keys.Attention(AttentionModule(i), width, heads);
        return new VisionBlock(
            AttentionNorm: keys.Norm($"encoderblock_{i}/LayerNorm_0", width),
            Query: query,
            Key: key,
            Value: value,
            AttentionOutput: output,
            AttentionScale: null,
            FeedForwardNorm: keys.Norm($"encoderblock_{i}/LayerNorm_1", width),
            FeedForward: ReadFeedForward(keys, $"encoderblock_{i}/", width),
            FeedForwardScale: null);
    }

    private static FeedForward ReadFeedForward(ScenicKeys keys, string block, int width)
    {
        string gated = block + "FFNSwiGluFused_0/Dense_";
        if (keys.Has(gated + "0/kernel"))
        {
            int hidden = keys.Shape(gated + "0/kernel", $"{width}", "hidden")[1];
            return new SwiGluFeedForward(
                Gate: keys.Dense(gated + "0", width, hidden),
                Value: keys.Dense(gated + "1", width, hidden),
                Output: keys.Dense(gated + "2", hidden, width));
        }

        string plain = block + "MlpBlock_0/Dense_";
        int mlp = keys.Shape(plain + "0/kernel", $"{width}", "hidden")[1];
        return new MlpFeedForward(keys.Dense(plain + "0", width, mlp), GeluForm.Tanh, keys.Dense(plain + "1", mlp, width));
    }
}
