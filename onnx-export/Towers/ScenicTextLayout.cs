using Tips.OnnxExport.Checkpoints;

namespace Tips.OnnxExport.Towers;

/// <summary>Reads a text encoder of the Scenic (JAX) release.</summary>
internal static class ScenicTextLayout
{
    /// <summary>Epsilon of every layer norm in this layout, a tenth of the one in the PyTorch text encoder.</summary>
    private const float Epsilon = 1e-6f;

    public const string SignatureKey = "token_emb/emb_var";

    public static bool Recognizes(ICheckpoint checkpoint) => checkpoint.Tensors.Keys.Any(k => ScenicKeys.EndsWith(k, SignatureKey));

    public static TextTower Read(ICheckpoint checkpoint)
    {
        var keys = new ScenicKeys(new KeyReader(checkpoint));
        var embedding = keys.Shape(SignatureKey, "vocabulary", "D");
        int width = embedding[1];
        int count = keys.BlockCount(), heads = keys.Heads(AttentionModule(0), width);
        var tower = new TextTower
        {
            Width = width,
            Heads = heads,
            NormEpsilon = Epsilon,
            TokenEmbedding = keys.GetWeight(SignatureKey, embedding[0], width),
            Blocks = [.. Enumerable.Range(0, count).Select(i => ReadBlock(keys, i, width, heads))],
            FinalNorm = keys.Norm("text_encoder_norm", width),
            Temperature = keys.Temperature(),
        };
        keys.Reader.CheckAllUsed($"TIPS text encoder in the Scenic layout with {count} blocks");
        return tower;
    }

    private static string AttentionModule(int block) => $"encoderblock_{block}/MultiHeadDotProductAttention_0";

    private static TextBlock ReadBlock(ScenicKeys keys, int i, int width, int heads)
    {
        var (query, key, value, output) = keys.Attention(AttentionModule(i), width, heads);
        string mlp = $"encoderblock_{i}/MlpBlock_0/Dense_";
        int hidden = keys.Shape(mlp + "0/kernel", $"{width}", "hidden")[1];
        return new TextBlock(
            AttentionNorm: keys.Norm($"encoderblock_{i}/LayerNorm_0", width),
            Query: query,
            Key: key,
            Value: value,
            AttentionOutput: output,
            FeedForwardNorm: keys.Norm($"encoderblock_{i}/LayerNorm_1", width),
            Hidden: keys.Dense(mlp + "0", width, hidden),
            Output: keys.Dense(mlp + "1", hidden, width));
    }
}
