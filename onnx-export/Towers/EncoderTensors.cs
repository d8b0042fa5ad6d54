using Tips.OnnxExport.Checkpoints;

namespace Tips.OnnxExport.Towers;

/// <summary>
/// One encoder's tensors under the names of the PyTorch release, out of any checkpoint that names them so or as Hugging Face's
/// transformers does: alone or beside the other encoder, with or without a prefix.
/// </summary>
internal static class EncoderTensors
{
    private static readonly string[] Prefixes = [.. TensorNames.Vision.Prefixes, .. TensorNames.Text.Prefixes];

    /// <summary>The key in the file that is called <paramref name="name"/> in the PyTorch release; null if there is none.</summary>
    public static string? Find(ICheckpoint checkpoint, TensorNames names, string name)
        => checkpoint.Tensors.Keys.FirstOrDefault(key => names.Rename(WithoutPrefix(key, names)).Name == name);

    /// <summary>Whether keys begin with the encoder that they belong to.</summary>
    public static bool HasPrefixes(ICheckpoint checkpoint) => checkpoint.Tensors.Keys.Any(key => StartsWithAny(key, Prefixes));

    /// <summary>Gets the tensors of an encoder. Those of the other encoder and of heads are left alone.</summary>
    /// <exception cref="CheckpointException">
    /// A key belongs to neither encoder, two keys are the same tensor, or a part of a stacked tensor is missing.
    /// </exception>
    public static RenamedCheckpoint Get(ICheckpoint checkpoint, TensorNames names)
    {
        bool isPrefixed = HasPrefixes(checkpoint);
        if (isPrefixed) CheckEveryKeyBelongs(checkpoint);
        var sources = new Dictionary<string, string[]>(StringComparer.Ordinal);
        bool isOwn = false; // whether any name is transformers' own
        var stacks = new Dictionary<string, TensorNames.Stacked>(StringComparer.Ordinal);
        foreach (string key in checkpoint.Tensors.Keys)
        {
            if (isPrefixed && !StartsWithAny(key, names.Prefixes)) continue;
            string bare = WithoutPrefix(key, names);
            var (name, stacked, part) = names.Rename(bare);
            isOwn |= name != bare;
            string[] parts = sources.TryGetValue(name, out string[]? found)
                ? found
                : sources[name] = new string[stacked?.Parts.Length ?? 1];
            if (parts.Length != (stacked?.Parts.Length ?? 1) || parts[part] is not null)
                throw RenamedCheckpoint.Doubled(checkpoint, parts.First(p => p is not null), key);
            parts[part] = key;
            if (stacked is not null) stacks[name] = stacked;
        }

        foreach (var (name, stacked) in stacks) CheckComplete(checkpoint, stacked, sources[name]);
        string prefix = isPrefixed
            ? names.Prefixes.FirstOrDefault(p => checkpoint.Tensors.Keys.Any(k => k.StartsWith(p, StringComparison.Ordinal)))
                ?? names.Prefixes[0]
            : "";
        return new RenamedCheckpoint(checkpoint, name => prefix + (isOwn ? names.OwnName(name) : name), sources);
    }

    private static string WithoutPrefix(string key, TensorNames names)
        => names.Prefixes.FirstOrDefault(p => key.StartsWith(p, StringComparison.Ordinal)) is { } prefix ? key[prefix.Length..] : key;

    private static bool StartsWithAny(string key, IEnumerable<string> prefixes)
        => prefixes.Any(p => key.StartsWith(p, StringComparison.Ordinal));

    // In a file with prefixes, every key belongs to an encoder or a head, except the temperature, which belongs to both encoders.
    private static void CheckEveryKeyBelongs(ICheckpoint checkpoint)
    {
        var keys = new KeyReader(checkpoint);
        foreach (string key in checkpoint.Tensors.Keys)
        {
            bool isKnown = StartsWithAny(key, Prefixes) || DptHuggingFaceNames.IsOfAny(key) || ContrastiveTemperature.Names.Contains(key);
            if (isKnown) keys.Ignore(key);
        }

        keys.CheckAllUsed("TIPS model in the Hugging Face layout");
    }

    private static void CheckComplete(ICheckpoint checkpoint, TensorNames.Stacked stacked, string[] keys)
    {
        int missing = Array.IndexOf(keys, null);
        if (missing < 0) return;
        int there = Array.FindIndex(keys, k => k is not null);
        string key = keys[there], pattern = stacked.Key(stacked.Parts[there]);
        string expected = key[..^pattern.Length] + stacked.Key(stacked.Parts[missing]);
        throw new CheckpointException(
            $"Checkpoint '{checkpoint.Path}' has no key '{expected}', expected with shape {checkpoint.Tensors[key].ShapeText} beside "
            + $"'{key}'.");
    }
}
