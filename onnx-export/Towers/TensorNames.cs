using System.Text.RegularExpressions;

namespace Tips.OnnxExport.Towers;

/// <summary>
/// The names that Hugging Face's transformers gives to the tensors of an encoder, as those of the PyTorch release. Saved folders mix both,
/// so each rule holds by itself.
/// </summary>
internal sealed partial class TensorNames
{
    public static readonly TensorNames Vision = new(
        ["vision_encoder.", "vision_model.", "backbone."], // the last in a dense model
        [
            ("embeddings.cls_token", "cls_token"),
            ("embeddings.register_tokens", "register_tokens"),
            ("embeddings.mask_token", "mask_token"),
            ("embeddings.position_embeddings", "pos_embed"),
            ("embeddings.patch_embeddings.projection.", "patch_embed.proj."),
            ("encoder.layer.", "blocks."),
            ("layernorm.", "norm."),
        ],
        VisionBlock(),
        [
            ("attention.o_proj.", "attn.proj."),
            ("layer_scale1.lambda1", "ls1.gamma"),
            ("layer_scale2.lambda1", "ls2.gamma"),
            ("mlp.fc1.", "mlp.fc1."), // their own name, too, which counts where a name is turned back
            ("mlp.fc2.", "mlp.fc2."),
            ("mlp.c_fc.", "mlp.fc1."),
            ("mlp.c_proj.", "mlp.fc2."),
            ("mlp.down_proj.", "mlp.w3."),
        ],
        [
            new("attention.{0}.weight", ["q_proj", "k_proj", "v_proj"], "attn.qkv.weight"),
            new("attention.{0}.bias", ["q_proj", "k_proj", "v_proj"], "attn.qkv.bias"),
            new("mlp.{0}.weight", ["gate_proj", "up_proj"], "mlp.w12.weight"),
            new("mlp.{0}.bias", ["gate_proj", "up_proj"], "mlp.w12.bias"),
        ]);

    public static readonly TensorNames Text = new(
        ["text_encoder.", "text_model."],
        [
            ("embeddings.token_embedding.weight", "token_embedding.weight"),
            ("encoder.layers.", "transformer.resblocks."),
            ("final_layer_norm.", "ln_final."),
        ],
        TextBlock(),
        [
            ("self_attn.out_proj.", "attn.out_proj."),
            ("layer_norm1.", "ln_1."),
            ("layer_norm2.", "ln_2."),
            ("mlp.fc1.", "mlp.c_fc."),
            ("mlp.fc2.", "mlp.c_proj."),
        ],
        [
            new("self_attn.{0}.weight", ["q_proj", "k_proj", "v_proj"], "attn.in_proj_weight"),
            new("self_attn.{0}.bias", ["q_proj", "k_proj", "v_proj"], "attn.in_proj_bias"),
        ]);

    private readonly (string From, string To)[] _starts, _blockStarts;
    private readonly Regex _block;
    private readonly Stacked[] _stacked;

    private TensorNames(
        string[] prefixes,
        (string From, string To)[] starts,
        Regex block,
        (string From, string To)[] blockStarts,
        Stacked[] stacked)
    {
        Prefixes = prefixes;
        (_starts, _block, _blockStarts, _stacked) = (starts, block, blockStarts, stacked);
    }

    /// <summary>What the encoder's keys begin with in a file that holds both encoders; the publisher's own prefix first.</summary>
    public IReadOnlyList<string> Prefixes { get; }

    /// <summary>The name of the PyTorch release for a key without its prefix.</summary>
    public RenamedKey Rename(string key)
    {
        key = Replace(key, _starts);
        var block = _block.Match(key);
        if (!block.Success) return new RenamedKey(key, null, 0);
        string start = block.Value, rest = Replace(key[start.Length..], _blockStarts);
        foreach (var stacked in _stacked)
        {
            int part = Array.FindIndex(stacked.Parts, p => rest == stacked.Key(p));
            if (part >= 0) return new RenamedKey(start + stacked.Name, stacked, part);
        }

        return new RenamedKey(start + rest, null, 0);
    }

    /// <summary>What transformers calls a tensor of the PyTorch release; the first of its parts if it has several.</summary>
    public string OwnName(string name)
    {
        string key = Replace(name, [.. _starts.Select(rule => (rule.To, rule.From))]);
        var block = _block.Match(name);
        if (!block.Success) return key;
        string rest = name[block.Length..];
        if (_stacked.FirstOrDefault(s => s.Name == rest) is { } stacked) rest = stacked.Key(stacked.Parts[0]);
        else rest = Replace(rest, [.. _blockStarts.Select(rule => (rule.To, rule.From))]);
        return Replace(block.Value, [.. _starts.Select(rule => (rule.To, rule.From))]) + rest;
    }

    private static string Replace(string key, (string From, string To)[] rules)
    {
        foreach (var (from, to) in rules)
        {
            // A rule that ends in a dot is for every key that begins so.
            if (from[^1] == '.' ? key.StartsWith(from, StringComparison.Ordinal) : key == from) return to + key[from.Length..];
        }

        return key;
    }

    [GeneratedRegex(@"^blocks\.[0-9]{1,6}\.", RegexOptions.CultureInvariant)]
    private static partial Regex VisionBlock();

    [GeneratedRegex(@"^transformer\.resblocks\.[0-9]{1,6}\.", RegexOptions.CultureInvariant)]
    private static partial Regex TextBlock();

    /// <summary>Tensors that the PyTorch release stacks into one, in this order.</summary>
    /// <param name="Pattern">Their keys within a block, with {0} for the part.</param>
    /// <param name="Parts">The parts.</param>
    /// <param name="Name">The stacked tensor's key within a block.</param>
    public sealed record Stacked(string Pattern, string[] Parts, string Name)
    {
        public string Key(string part) => Pattern.Replace("{0}", part, StringComparison.Ordinal);
    }
}

/// <summary>A key as the PyTorch release names it.</summary>
/// <param name="Name">The name.</param>
/// <param name="Stacked">What the tensor is a part of; null if it is a whole one.</param>
/// <param name="Part">Which part it is.</param>
internal readonly record struct RenamedKey(string Name, TensorNames.Stacked? Stacked, int Part);
