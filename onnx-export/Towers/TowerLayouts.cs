using Tips.OnnxExport.Checkpoints;

namespace Tips.OnnxExport.Towers;

/// <summary>Recognizes the layout of a checkpoint and reads its towers. After that, the layout no longer matters.</summary>
internal static class TowerLayouts
{
    /// <summary>Prefixes of the two towers in a file that holds both.</summary>
    private const string VisionPrefix = "vision_encoder.", TextPrefix = "text_encoder.";

    /// <summary>The layout of an image encoder, or null if this is not one.</summary>
    public static CheckpointLayout? VisionLayoutOf(ICheckpoint checkpoint)
        => LayoutOf(checkpoint, PyTorchVisionLayout.Recognizes, ScenicVisionLayout.Recognizes, VisionPrefix);

    /// <summary>The layout of a text encoder, or null if this is not one.</summary>
    public static CheckpointLayout? TextLayoutOf(ICheckpoint checkpoint)
        => LayoutOf(checkpoint, PyTorchTextLayout.Recognizes, ScenicTextLayout.Recognizes, TextPrefix);

    /// <exception cref="CheckpointException">This is not an image encoder, or a key is missing, unknown or of the wrong shape.</exception>
    public static VisionTower ReadVision(ICheckpoint checkpoint)
    {
        var tower = ReadVisionTower(checkpoint);
        var (kind, hidden) = (tower.FeedForward.Kind, tower.FeedForward.HiddenWidth);
        int other = tower.Blocks.ToList().FindIndex(b => b.FeedForward.Kind != kind || b.FeedForward.HiddenWidth != hidden);
        if (other < 0) return tower;
        var different = tower.Blocks[other].FeedForward;
        throw new CheckpointException(
            $"Checkpoint '{checkpoint.Path}' has blocks of different kinds: block 0 has {kind} with {hidden} hidden values, "
            + $"block {other} has {different.Kind} with {different.HiddenWidth}.");
    }

    /// <param name="checkpoint">The checkpoint.</param>
    /// <param name="heads">Number of attention heads if a configuration states it; null to take it from the checkpoint.</param>
    /// <exception cref="CheckpointException">This is not a text encoder, or a key is missing, unknown or of the wrong shape.</exception>
    public static TextTower ReadText(ICheckpoint checkpoint, int? heads = null)
    {
        var tower = ReadTextTower(checkpoint, heads);
        int other = tower.Blocks.ToList().FindIndex(b => b.Hidden.Weight.Shape[0] != tower.HiddenWidth);
        return other < 0
            ? tower
            : throw new CheckpointException(
                $"Checkpoint '{checkpoint.Path}' has blocks of different kinds: block 0 has an MLP with {tower.HiddenWidth} hidden values, "
                + $"block {other} has one with {tower.Blocks[other].Hidden.Weight.Shape[0]}.");
    }

    private static VisionTower ReadVisionTower(ICheckpoint checkpoint) => VisionLayoutOf(checkpoint) switch
    {
        CheckpointLayout.PyTorch => PyTorchVisionLayout.Read(checkpoint),
        CheckpointLayout.Scenic => ScenicVisionLayout.Read(checkpoint),
        CheckpointLayout.HuggingFace => PyTorchVisionLayout.Read(EncoderOf(checkpoint, VisionPrefix)),
        _ => throw Unrecognized(checkpoint, "image", PyTorchVisionLayout.SignatureKey, ScenicVisionLayout.SignatureKey),
    };

    private static TextTower ReadTextTower(ICheckpoint checkpoint, int? heads) => TextLayoutOf(checkpoint) switch
    {
        CheckpointLayout.PyTorch => PyTorchTextLayout.Read(checkpoint, heads),
        CheckpointLayout.Scenic => ScenicTextLayout.Read(checkpoint),
        CheckpointLayout.HuggingFace
            => WithTemperatureOf(checkpoint, PyTorchTextLayout.Read(EncoderOf(checkpoint, TextPrefix), heads)),
        _ => throw Unrecognized(checkpoint, "text", PyTorchTextLayout.SignatureKey, ScenicTextLayout.SignatureKey),
    };

    private static CheckpointLayout? LayoutOf(
        ICheckpoint checkpoint, Func<ICheckpoint, bool> pyTorch, Func<ICheckpoint, bool> scenic, string prefix)
    {
        if (pyTorch(checkpoint)) return CheckpointLayout.PyTorch;
        if (scenic(checkpoint)) return CheckpointLayout.Scenic;
        return pyTorch(new CheckpointPart(checkpoint, prefix)) ? CheckpointLayout.HuggingFace : null;
    }

    // Every key belongs to one encoder or the other, except the temperature, which belongs to both.
    private static CheckpointPart EncoderOf(ICheckpoint checkpoint, string prefix)
    {
        var keys = new KeyReader(checkpoint);
        foreach (string key in checkpoint.Tensors.Keys.Where(IsPartOfModel)) keys.Ignore(key);

        keys.CheckAllUsed("TIPS model in the Hugging Face layout");
        return new CheckpointPart(checkpoint, prefix);

        static bool IsPartOfModel(string key) => key.StartsWith(VisionPrefix, StringComparison.Ordinal)
            || key.StartsWith(TextPrefix, StringComparison.Ordinal)
            || ContrastiveTemperature.Names.Contains(key);
    }

    private static TextTower WithTemperatureOf(ICheckpoint whole, TextTower tower)
    {
        var keys = new KeyReader(whole);
        string[] found = [.. ContrastiveTemperature.Names.Where(keys.Has)];
        if (found.Length + (tower.Temperature is null ? 0 : 1) > 1)
        {
            string all = string.Join(" and ", found.Select(k => $"'{k}'"));
            throw keys.Error($"has more than one temperature: {all}{(tower.Temperature is null ? "" : $" and one under '{TextPrefix}'")}");
        }

        return found.Length == 0 ? tower : tower with { Temperature = ContrastiveTemperature.Read(keys, found[0]) };
    }

    private static CheckpointException Unrecognized(ICheckpoint checkpoint, string encoder, string pyTorchKey, string scenicEnding)
    {
        string keys = checkpoint.Tensors.Count == 0
            ? "It is empty"
            : $"Its first keys are {string.Join(", ", checkpoint.Tensors.Keys.Take(3).Select(k => $"'{k}'"))}";
        return new CheckpointException(
            $"Checkpoint '{checkpoint.Path}' is not a TIPS {encoder} encoder: it has neither a key '{pyTorchKey}' (PyTorch layout) "
            + $"nor one that ends in '{scenicEnding}' (Scenic layout). {keys}.");
    }
}
