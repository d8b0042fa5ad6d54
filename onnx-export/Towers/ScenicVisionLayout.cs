using System.Text.RegularExpressions;
using Tips.OnnxExport.Checkpoints;

namespace Tips.OnnxExport.Towers;

/// <summary>
/// Reads the image encoder of the Scenic (JAX) release. Its arithmetic differs: GELU by tanh, no layer scale, no position on either CLS token.
/// </summary>
internal static partial class ScenicVisionLayout
{
    private const float Epsilon = 1e-6f;

    private const string Patches = "ToTokenSequence_0/embedding", Positions = "ToTokenSequence_0/posembed_input", ClassTokens = "ToTokenSequence_0/cls";

    public const string Mark = Patches + "/kernel";

    public static bool Recognizes(ICheckpoint checkpoint) => ScenicKeys.Find(checkpoint.Tensors.Keys, Mark) is not null;

    public static VisionTower Read(ICheckpoint checkpoint)
    {
        var keys = new KeyReader(checkpoint);
        var kernel = keys.Shape(ScenicKeys.Resolve(keys, Mark, "[patch, patch, 3, D]"), "patch", "patch", "3", "D");
        int patch = kernel[0], width = kernel[3];
        if (kernel[1] != patch) throw keys.Fault($"has key '{ScenicKeys.Resolve(keys, Mark, "")}' with shape {TensorInfo.FormatShape(kernel)}, expected square patches");
        var scenic = new ScenicKeys(keys, width);
        var grid = scenic.Shape(Positions, "1", "rows", "columns", $"{width}");
        var classTokens = scenic.Take(ClassTokens, 1, 2, width).Reshape(2, width);
        int count = keys.BlockCount(BlockKey(), i => $"encoderblock_{i}/LayerNorm_0/scale"), heads = scenic.Heads(Attention(0));
        var tower = new VisionTower
        {
            Width = width,
            Heads = heads,
            PatchSize = patch,
            Grid = (grid[1], grid[2]),
            NormEpsilon = Epsilon,
            PatchEmbedding = new Linear(scenic.Take(Mark, patch, patch, 3, width).Permute(3, 2, 0, 1), scenic.Take(Patches + "/bias", width)),
            FirstClassToken = classTokens.Rows(0, 1).Reshape(width),
            SecondClassToken = classTokens.Rows(1, 1).Reshape(width),
            Positions = scenic.Take(Positions, 1, grid[1], grid[2], width).Reshape(checked(grid[1] * grid[2]), width),
            Blocks = [.. Enumerable.Range(0, count).Select(i => Block(keys, scenic, i, width, heads))],
            FinalNorm = scenic.Norm("encoder_norm"),
        };
        keys.CheckNothingLeft($"TIPS image encoder in the Scenic layout with {count} blocks");
        return tower;
    }

    private static string Attention(int block) => $"encoderblock_{block}/MultiHeadDotProductAttention_0";

    private static VisionBlock Block(KeyReader keys, ScenicKeys scenic, int i, int width, int heads)
    {
        var (query, key, value, output) = scenic.Attention(Attention(i), heads);
        return new VisionBlock(
            AttentionNorm: scenic.Norm($"encoderblock_{i}/LayerNorm_0"),
            Query: query,
            Key: key,
            Value: value,
            AttentionOutput: output,
            AttentionScale: null,
            FeedForwardNorm: scenic.Norm($"encoderblock_{i}/LayerNorm_1"),
            FeedForward: FeedForwardAt(keys, scenic, $"encoderblock_{i}/", width),
            FeedForwardScale: null);
    }

    private static FeedForward FeedForwardAt(KeyReader keys, ScenicKeys scenic, string block, int width)
    {
        string gated = block + "FFNSwiGluFused_0/Dense_";
        if (keys.Keys.Any(k => ScenicKeys.EndsWith(k, gated + "0/kernel")))
        {
            int hidden = scenic.Shape(gated + "0/kernel", $"{width}", "hidden")[1];
            return new SwiGluFeedForward(scenic.Dense(gated + "0", width, hidden), scenic.Dense(gated + "1", width, hidden), scenic.Dense(gated + "2", hidden, width));
        }

        string plain = block + "MlpBlock_0/Dense_";
        int mlp = scenic.Shape(plain + "0/kernel", $"{width}", "hidden")[1];
        return new MlpFeedForward(scenic.Dense(plain + "0", width, mlp), GeluForm.Tanh, scenic.Dense(plain + "1", mlp, width));
    }

    [GeneratedRegex("(?:^|/)encoderblock_([0-9]{1,6})/", RegexOptions.CultureInvariant)]
    private static partial Regex BlockKey();
}
