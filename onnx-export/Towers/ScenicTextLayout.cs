using System.Text.RegularExpressions;
using Tips.OnnxExport.Checkpoints;

namespace Tips.OnnxExport.Towers;

/// <summary>Reads the text encoder of the Scenic (JAX) release.</summary>
internal static partial class ScenicTextLayout
{
    /// <summary>Epsilon of every layer norm of this layout, ten times less than in the PyTorch text encoder.</summary>
    private const float Epsilon = 1e-6f;

    public const string Mark = "token_emb/emb_var";

    public static bool Recognizes(ICheckpoint checkpoint) => ScenicKeys.Find(checkpoint.Tensors.Keys, Mark) is not null;

    public static TextTower Read(ICheckpoint checkpoint)
    {
        var keys = new KeyReader(checkpoint);
        var embedding = keys.Shape(ScenicKeys.Resolve(keys, Mark, "[vocabulary, D]"), "vocabulary", "D");
        int width = embedding[1];
        var scenic = new ScenicKeys(keys, width);
        int count = keys.BlockCount(BlockKey(), i => $"encoderblock_{i}/LayerNorm_0/scale"), heads = scenic.Heads(Attention(0));
        var tower = new TextTower
        {
            Width = width,
            Heads = heads,
            NormEpsilon = Epsilon,
            TokenEmbedding = scenic.Take(Mark, embedding[0], width),
            Blocks = [.. Enumerable.Range(0, count).Select(i => Block(scenic, i, width, heads))],
            FinalNorm = scenic.Norm("text_encoder_norm"),
            Temperature = ContrastiveTemperature.Take(keys, ContrastiveTemperature.Names.Select(n => ScenicKeys.Find(keys.Keys, n)).FirstOrDefault(k => k is not null)),
        };
        keys.CheckNothingLeft($"TIPS text encoder in the Scenic layout with {count} blocks");
        return tower;
    }

    private static string Attention(int block) => $"encoderblock_{block}/MultiHeadDotProductAttention_0";

    private static TextBlock Block(ScenicKeys scenic, int i, int width, int heads)
    {
        var (query, key, value, output) = scenic.Attention(Attention(i), heads);
        string mlp = $"encoderblock_{i}/MlpBlock_0/Dense_";
        int hidden = scenic.Shape(mlp + "0/kernel", $"{width}", "hidden")[1];
        return new TextBlock(
            AttentionNorm: scenic.Norm($"encoderblock_{i}/LayerNorm_0"),
            Query: query,
            Key: key,
            Value: value,
            AttentionOutput: output,
            FeedForwardNorm: scenic.Norm($"encoderblock_{i}/LayerNorm_1"),
            Hidden: scenic.Dense(mlp + "0", width, hidden),
            Output: scenic.Dense(mlp + "1", hidden, width));
    }

    [GeneratedRegex("(?:^|/)encoderblock_([0-9]{1,6})/", RegexOptions.CultureInvariant)]
    private static partial Regex BlockKey();
}
