using System.Text.RegularExpressions;
using Tips.OnnxExport.Checkpoints;

namespace Tips.OnnxExport.Towers;

/// <summary>Reads a text encoder from a checkpoint of the PyTorch release.</summary>
internal static partial class PyTorchTextLayout
{
    /// <summary>Epsilon of every layer norm in this layout. The image encoder has another one.</summary>
    private const float Epsilon = 1e-5f;

    /// <summary>A key that no other layout has.</summary>
    public const string SignatureKey = "token_embedding.weight";

    /// <param name="checkpoint">The encoder's tensors, named as in the release.</param>
    /// <param name="heads">Number of attention heads if a configuration states it; null to derive it from the width.</param>
    public static TextTower Read(ICheckpoint checkpoint, int? heads = null)
    {
        var keys = new KeyReader(checkpoint);
        var embedding = keys.Shape(SignatureKey, "vocabulary", "D");
        int width = embedding[1];
        int blocks = keys.BlockCount(BlockKey(), i => $"{BlockPrefix(i)}ln_1.weight");
        var tower = new TextTower
        {
            Width = width,
            Heads = PyTorchLayout.HeadCount(width, heads, keys, SignatureKey),
            NormEpsilon = Epsilon,
            TokenEmbedding = keys.GetWeight(SignatureKey, embedding[0], width),
            Blocks = [.. Enumerable.Range(0, blocks).Select(i => ReadBlock(keys, BlockPrefix(i), width))],
            FinalNorm = PyTorchLayout.ReadNorm(keys, "ln_final", width),
            Temperature = ContrastiveTemperature.Read(keys, ContrastiveTemperature.Names.FirstOrDefault(keys.Has)),
        };
        keys.CheckAllUsed($"TIPS text encoder in the PyTorch layout with {blocks} blocks");
        return tower;
    }

    private static string BlockPrefix(int block) => $"transformer.resblocks.{block}.";

    private static TextBlock ReadBlock(KeyReader keys, string prefix, int width)
    {
        var packed = new Linear(
            keys.GetWeight(prefix + "attn.in_proj_weight", 3 * width, width), keys.GetWeight(prefix + "attn.in_proj_bias", 3 * width));
        int hidden = keys.Shape(prefix + "mlp.c_fc.weight", "hidden", $"{width}")[0];
        return new TextBlock(
            AttentionNorm: PyTorchLayout.ReadNorm(keys, prefix + "ln_1", width),
            Query: packed.Outputs(0, width),
            Key: packed.Outputs(width, width),
            Value: packed.Outputs(2 * width, width),
            AttentionOutput: PyTorchLayout.ReadLinear(keys, prefix + "attn.out_proj", width, width),
            FeedForwardNorm: PyTorchLayout.ReadNorm(keys, prefix + "ln_2", width),
            Hidden: PyTorchLayout.ReadLinear(keys, prefix + "mlp.c_fc", hidden, width),
            Output: PyTorchLayout.ReadLinear(keys, prefix + "mlp.c_proj", width, hidden));
    }

    [GeneratedRegex(@"^transformer\.resblocks\.([0-9]{1,6})\.", RegexOptions.CultureInvariant)]
    private static partial Regex BlockKey();
}
