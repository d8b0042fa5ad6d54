using System.Text.RegularExpressions;
using Tips.OnnxExport.Checkpoints;

namespace Tips.OnnxExport.Towers;

/// <summary>Reads a text encoder out of a checkpoint of the PyTorch release.</summary>
internal static partial class PyTorchTextLayout
{
    /// <summary>Epsilon of every layer norm of this layout (the image encoder has another).</summary>
    private const float Epsilon = 1e-5f;

    /// <summary>A key that no other layout has.</summary>
    public const string Mark = "token_embedding.weight";

    public static bool Recognizes(ICheckpoint checkpoint) => checkpoint.Tensors.ContainsKey(Mark);

    /// <param name="checkpoint">The checkpoint.</param>
    /// <param name="heads">Attention heads, where they are known from elsewhere; null takes what the width tells.</param>
    public static TextTower Read(ICheckpoint checkpoint, int? heads = null)
    {
        var keys = new KeyReader(checkpoint);
        var embedding = keys.Shape(Mark, "vocabulary", "D");
        int width = embedding[1];
        var tower = new TextTower
        {
            Width = width,
            Heads = PyTorchLayout.HeadCount(width, heads, keys, Mark),
            NormEpsilon = Epsilon,
            TokenEmbedding = keys.Take(Mark, embedding[0], width),
            Blocks = [.. Enumerable.Range(0, keys.BlockCount(BlockKey(), i => $"transformer.resblocks.{i}.ln_1.weight")).Select(i => Block(keys, $"transformer.resblocks.{i}.", width))],
            FinalNorm = PyTorchLayout.NormAt(keys, "ln_final", width),
            Temperature = ContrastiveTemperature.Take(keys, ContrastiveTemperature.Names.FirstOrDefault(keys.Has)),
        };
        keys.CheckNothingLeft($"TIPS text encoder in the PyTorch layout with {tower.Blocks.Count} blocks");
        return tower;
    }

    private static TextBlock Block(KeyReader keys, string prefix, int width)
    {
        var packed = new Linear(keys.Take(prefix + "attn.in_proj_weight", 3 * width, width), keys.Take(prefix + "attn.in_proj_bias", 3 * width));
        int hidden = keys.Shape(prefix + "mlp.c_fc.weight", "hidden", $"{width}")[0];
        return new TextBlock(
            AttentionNorm: PyTorchLayout.NormAt(keys, prefix + "ln_1", width),
            Query: packed.Outputs(0, width),
            Key: packed.Outputs(width, width),
            Value: packed.Outputs(2 * width, width),
            AttentionOutput: PyTorchLayout.LinearAt(keys, prefix + "attn.out_proj", width, width),
            FeedForwardNorm: PyTorchLayout.NormAt(keys, prefix + "ln_2", width),
            Hidden: PyTorchLayout.LinearAt(keys, prefix + "mlp.c_fc", hidden, width),
            Output: PyTorchLayout.LinearAt(keys, prefix + "mlp.c_proj", width, hidden));
    }

    [GeneratedRegex(@"^transformer\.resblocks\.([0-9]{1,6})\.", RegexOptions.CultureInvariant)]
    private static partial Regex BlockKey();
}
