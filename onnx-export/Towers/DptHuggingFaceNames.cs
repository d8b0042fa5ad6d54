using Tips.OnnxExport.Checkpoints;

namespace Tips.OnnxExport.Towers;

/// <summary>
/// The names of heads in Hugging Face's files, as those of PyTorch: the publisher's, those that transformers gives, or a mixture.
/// </summary>
internal static class DptHuggingFaceNames
{
    /// <summary>What the keys of a head begin with in a model that has no other.</summary>
    private static readonly string[] SinglePrefixes = ["neck.", "decoder."];

    private static readonly string[] EncoderPrefixes = [.. TensorNames.Vision.Prefixes, .. TensorNames.Text.Prefixes];

    private static readonly Dictionary<string, string> Names = DptTensor.All
        .SelectMany(t => t.MixedNames().Select(mixed => (mixed, t.Name))).ToDictionary(StringComparer.Ordinal);

    /// <summary>Whether a key is one of a model with a single head, so that it does not tell the task.</summary>
    public static bool IsSingle(string key) => StartsWithAny(key, SinglePrefixes);

    /// <summary>Whether a key names the head for a task.</summary>
    public static bool IsOf(string key, HeadTask task) => StartsWithAny(key, Prefixes(task));

    /// <summary>Whether a key belongs to a head.</summary>
    public static bool IsOfAny(string key) => IsSingle(key) || HeadTasks.All.Any(task => IsOf(key, task));

    /// <summary>Gets the tensors of one head. Those of the encoder and of the other heads are left out.</summary>
    /// <exception cref="CheckpointException">
    /// The head is missing, two keys are the same tensor, or a key belongs to no part of a dense model.
    /// </exception>
    public static RenamedCheckpoint Get(ICheckpoint checkpoint, HeadTask task)
    {
        CheckEveryKeyBelongs(checkpoint);
        string[] prefixes = [.. Prefixes(task), .. SinglePrefixes];
        var sources = new Dictionary<string, string[]>(StringComparer.Ordinal);
        foreach (string key in checkpoint.Tensors.Keys)
        {
            if (!StartsWithAny(key, prefixes)) continue;
            string name = Find(key, prefixes, task) ?? key;
            if (!sources.TryAdd(name, [key])) throw RenamedCheckpoint.Doubled(checkpoint, sources[name][0], key);
        }

        if (sources.Count == 0)
        {
            throw new CheckpointException(
                $"Checkpoint '{checkpoint.Path}' has no head for {task.Name()}: no key begins with "
                + $"{string.Join(", ", Prefixes(task).Select(p => $"'{p}'"))}, 'neck.' or 'decoder.'.");
        }

        return new RenamedCheckpoint(checkpoint, name => ExpectedKey(checkpoint, name, task), sources);
    }

    private static string[] Prefixes(HeadTask task) => [$"{task.Name()}_head.", $"{task.Name()}_neck.", $"{task.Name()}_decoder."];

    private static string? Find(string key, string[] prefixes, HeadTask task)
    {
        string rest = key[prefixes.First(p => key.StartsWith(p, StringComparison.Ordinal)).Length..];
        // The publisher calls the linear layer as the whole head: 'depth_head.depth_head.weight'.
        string head = Prefixes(task)[0];
        if (rest.StartsWith(head, StringComparison.Ordinal)) rest = DptTensor.HeadModule + rest[head.Length..];
        return Names.GetValueOrDefault(rest);
    }

    // As the other keys are named: by the publisher, or by transformers with or without the task.
    private static string ExpectedKey(ICheckpoint checkpoint, string name, HeadTask task)
    {
        if (DptTensor.All.FirstOrDefault(t => t.Name == name) is not { } tensor) return name;
        string[] prefixes = Prefixes(task);
        string part = tensor.IsDecoder ? "decoder." : "neck.";
        if (checkpoint.Tensors.Keys.Any(IsSingle)) return part + tensor.OwnName;
        bool isOwn = checkpoint.Tensors.Keys.Any(k => StartsWithAny(k, prefixes[1..]));
        if (isOwn) return $"{task.Name()}_{part}{tensor.OwnName}";
        return prefixes[0] + (tensor.IsHead ? prefixes[0] + name[DptTensor.HeadModule.Length..] : name);
    }

    private static void CheckEveryKeyBelongs(ICheckpoint checkpoint)
    {
        string[] known = [.. EncoderPrefixes, .. SinglePrefixes, .. HeadTasks.All.SelectMany(Prefixes)];
        var keys = new KeyReader(checkpoint);
        foreach (string key in checkpoint.Tensors.Keys)
        {
            if (StartsWithAny(key, known) || ContrastiveTemperature.Names.Contains(key)) keys.Ignore(key);
        }

        keys.CheckAllUsed("dense TIPS model in the Hugging Face layout");
    }

    private static bool StartsWithAny(string key, IEnumerable<string> prefixes)
        => prefixes.Any(p => key.StartsWith(p, StringComparison.Ordinal));
}
