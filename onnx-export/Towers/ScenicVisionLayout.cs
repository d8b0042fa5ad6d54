using Tips.OnnxExport.Checkpoints;

namespace Tips.OnnxExport.Towers;

/// <summary>
/// Reads the image encoder of the Scenic (JAX) release. Its arithmetic differs: GELU by tanh, no layer scale, no position on either CLS token.
/// </summary>
internal static class ScenicVisionLayout
{
    private const float Epsilon = 1e-6f;

    private const string Patches = "ToTokenSequence_0/embedding", Positions = "ToTokenSequence_0/posembed_input", ClassTokens = "ToTokenSequence_0/cls";

    public const string Mark = Patches + "/kernel";

    public static bool Recognizes(ICheckpoint checkpoint) => checkpoint.Tensors.Keys.Any(k => ScenicKeys.EndsWith(k, Mark));

    public static VisionTower Read(ICheckpoint checkpoint)
    {
        var keys = new ScenicKeys(new KeyReader(checkpoint));
        var kernel = keys.Shape(Mark, "patch", "patch", "3", "D");
        int patch = kernel[0], width = kernel[3];
        if (kernel[1] != patch) throw keys.Reader.Fault($"has key '{keys.Find(Mark)}' with shape {TensorInfo.FormatShape(kernel)}, expected square patches");
        var grid = keys.Shape(Positions, "1", "rows", "columns", $"{width}");
        var classTokens = keys.Take(ClassTokens, 1, 2, width).Reshape(2, width);
        int count = keys.BlockCount(), heads = keys.Heads(Attention(0), width);
        var tower = new VisionTower
        {
            Width = width,
            Heads = heads,
            PatchSize = patch,
            Grid = (grid[1], grid[2]),
            NormEpsilon = Epsilon,
            PatchEmbedding = new Linear(keys.Take(Mark, patch, patch, 3, width).Permute(3, 2, 0, 1), keys.Take(Patches + "/bias", width)),
            FirstClassToken = classTokens.Rows(0, 1).Reshape(width),
            SecondClassToken = classTokens.Rows(1, 1).Reshape(width),
            Positions = keys.Take(Positions, 1, grid[1], grid[2], width).Reshape(checked(grid[1] * grid[2]), width),
            Blocks = [.. Enumerable.Range(0, count).Select(i => Block(keys, i, width, heads))],
            FinalNorm = keys.Norm("encoder_norm", width),
        };
        keys.Reader.CheckNothingLeft($"TIPS image encoder in the Scenic layout with {count} blocks");
        return tower;
    }

    private static string Attention(int block) => $"encoderblock_{block}/MultiHeadDotProductAttention_0";

    private static VisionBlock Block(ScenicKeys keys, int i, int width, int heads)
    {
        var (query, key, value, output) = keys.Attention(Attention(i), width, heads);
        return new VisionBlock(
            AttentionNorm: keys.Norm($"encoderblock_{i}/LayerNorm_0", width),
            Query: query,
            Key: key,
            Value: value,
            AttentionOutput: output,
            AttentionScale: null,
            FeedForwardNorm: keys.Norm($"encoderblock_{i}/LayerNorm_1", width),
            FeedForward: FeedForwardAt(keys, $"encoderblock_{i}/", width),
            FeedForwardScale: null);
    }

    private static FeedForward FeedForwardAt(ScenicKeys keys, string block, int width)
    {
        string gated = block + "FFNSwiGluFused_0/Dense_";
        if (keys.Has(gated + "0/kernel"))
        {
            int hidden = keys.Shape(gated + "0/kernel", $"{width}", "hidden")[1];
            return new SwiGluFeedForward(keys.Dense(gated + "0", width, hidden), keys.Dense(gated + "1", width, hidden), keys.Dense(gated + "2", hidden, width));
        }

        string plain = block + "MlpBlock_0/Dense_";
        int mlp = keys.Shape(plain + "0/kernel", $"{width}", "hidden")[1];
        return new MlpFeedForward(keys.Dense(plain + "0", width, mlp), GeluForm.Tanh, keys.Dense(plain + "1", mlp, width));
    }
}
