using Tips.OnnxExport.Checkpoints;

namespace Tips.OnnxExport.Towers;

/// <summary>Tells which layout a checkpoint has, and reads the tower out of it; after that the layout is gone.</summary>
internal static class TowerLayouts
{
    /// <summary>Prefixes of the two towers where one file holds both.</summary>
    private const string VisionPrefix = "vision_encoder.", TextPrefix = "text_encoder.";

    /// <summary>The layout of an image encoder, or null if this is none.</summary>
    public static CheckpointLayout? VisionLayoutOf(ICheckpoint checkpoint) => LayoutOf(checkpoint, PyTorchVisionLayout.Recognizes, ScenicVisionLayout.Recognizes, VisionPrefix);

    /// <summary>The layout of a text encoder, or null if this is none.</summary>
    public static CheckpointLayout? TextLayoutOf(ICheckpoint checkpoint) => LayoutOf(checkpoint, PyTorchTextLayout.Recognizes, ScenicTextLayout.Recognizes, TextPrefix);

    /// <exception cref="CheckpointException">This is no image encoder, or a key is missing, left over or misshapen.</exception>
    public static VisionTower ReadVision(ICheckpoint checkpoint)
    {
        var tower = ReadVisionTower(checkpoint);
        int other = tower.Blocks.ToList().FindIndex(b => b.FeedForward.Kind != tower.FeedForward.Kind || b.FeedForward.HiddenWidth != tower.FeedForward.HiddenWidth);
        if (other < 0) return tower;
        var odd = tower.Blocks[other].FeedForward;
        throw new CheckpointException($"Checkpoint '{checkpoint.Path}' has blocks of different kinds: block 0 has {tower.FeedForward.Kind} of {tower.FeedForward.HiddenWidth}, block {other} {odd.Kind} of {odd.HiddenWidth}.");
    }

    /// <param name="checkpoint">The checkpoint.</param>
    /// <param name="heads">Attention heads, where a file beside the checkpoint tells them.</param>
    /// <exception cref="CheckpointException">This is no text encoder, or a key is missing, left over or misshapen.</exception>
    public static TextTower ReadText(ICheckpoint checkpoint, int? heads = null)
    {
        var tower = ReadTextTower(checkpoint, heads);
        int other = tower.Blocks.ToList().FindIndex(b => b.Hidden.Weight.Shape[0] != tower.HiddenWidth);
        return other < 0
            ? tower
            : throw new CheckpointException($"Checkpoint '{checkpoint.Path}' has blocks of different kinds: block 0 has an MLP of {tower.HiddenWidth}, block {other} of {tower.Blocks[other].Hidden.Weight.Shape[0]}.");
    }

    private static VisionTower ReadVisionTower(ICheckpoint checkpoint) => VisionLayoutOf(checkpoint) switch
    {
        CheckpointLayout.PyTorch => PyTorchVisionLayout.Read(checkpoint),
        CheckpointLayout.Scenic => ScenicVisionLayout.Read(checkpoint),
        CheckpointLayout.HuggingFace => PyTorchVisionLayout.Read(Part(checkpoint, VisionPrefix)),
        _ => throw Unknown(checkpoint, "image", PyTorchVisionLayout.Mark, ScenicVisionLayout.Mark),
    };

    private static TextTower ReadTextTower(ICheckpoint checkpoint, int? heads) => TextLayoutOf(checkpoint) switch
    {
        CheckpointLayout.PyTorch => PyTorchTextLayout.Read(checkpoint, heads),
        CheckpointLayout.Scenic => ScenicTextLayout.Read(checkpoint),
        CheckpointLayout.HuggingFace => WithTemperatureOf(checkpoint, PyTorchTextLayout.Read(Part(checkpoint, TextPrefix), heads)),
        _ => throw Unknown(checkpoint, "text", PyTorchTextLayout.Mark, ScenicTextLayout.Mark),
    };

    private static CheckpointLayout? LayoutOf(ICheckpoint checkpoint, Func<ICheckpoint, bool> pyTorch, Func<ICheckpoint, bool> scenic, string prefix)
    {
        if (pyTorch(checkpoint)) return CheckpointLayout.PyTorch;
        if (scenic(checkpoint)) return CheckpointLayout.Scenic;
        return pyTorch(new CheckpointPart(checkpoint, prefix)) ? CheckpointLayout.HuggingFace : null;
    }

    // Every key belongs to one encoder or the other, but for the temperature, which belongs to both.
    private static CheckpointPart Part(ICheckpoint checkpoint, string prefix)
    {
        var keys = new KeyReader(checkpoint);
        foreach (string key in checkpoint.Tensors.Keys)
        {
            if (key.StartsWith(VisionPrefix, StringComparison.Ordinal) || key.StartsWith(TextPrefix, StringComparison.Ordinal) || ContrastiveTemperature.Names.Contains(key)) keys.Skip(key);
        }

        keys.CheckNothingLeft("TIPS model in the Hugging Face layout");
        return new CheckpointPart(checkpoint, prefix);
    }

    private static TextTower WithTemperatureOf(ICheckpoint whole, TextTower tower)
    {
        var keys = new KeyReader(whole);
        string[] found = [.. ContrastiveTemperature.Names.Where(keys.Has)];
        if (found.Length + (tower.Temperature is null ? 0 : 1) > 1)
            throw keys.Fault($"has more than one temperature: {string.Join(" and ", found.Select(k => $"'{k}'"))}{(tower.Temperature is null ? "" : $" beside one below '{TextPrefix}'")}");
        return found.Length == 0 ? tower : tower with { Temperature = ContrastiveTemperature.Take(keys, found[0]) };
    }

    private static CheckpointException Unknown(ICheckpoint checkpoint, string encoder, string pyTorchKey, string scenicEnding)
    {
        string keys = checkpoint.Tensors.Count == 0 ? "It is empty" : $"Its first keys are {string.Join(", ", checkpoint.Tensors.Keys.Take(3).Select(k => $"'{k}'"))}";
        return new CheckpointException($"Checkpoint '{checkpoint.Path}' is not a TIPS {encoder} encoder: it has neither a key '{pyTorchKey}' (PyTorch layout) nor one that ends in '{scenicEnding}' (Scenic layout). {keys}.");
    }
}
