using Tips.OnnxExport.Checkpoints;

namespace Tips.OnnxExport.Towers;

/// <summary>Recognizes the layout of a checkpoint and reads its towers. After that, the layout no longer matters.</summary>
internal static class TowerLayouts
{
    /// <summary>The layout of an image encoder, or null if this is not one.</summary>
    public static CheckpointLayout? VisionLayoutOf(ICheckpoint checkpoint)
        => LayoutOf(checkpoint, ScenicVisionLayout.Recognizes, TensorNames.Vision, PyTorchVisionLayout.SignatureKey);

    /// <summary>The layout of a text encoder, or null if this is not one.</summary>
    public static CheckpointLayout? TextLayoutOf(ICheckpoint checkpoint)
        => LayoutOf(checkpoint, ScenicTextLayout.Recognizes, TensorNames.Text, PyTorchTextLayout.SignatureKey);

    /// <param name="checkpoint">The checkpoint.</param>
    /// <param name="heads">Number of attention heads if a configuration states it; null to take it from the checkpoint.</param>
    /// <exception cref="CheckpointException">This is not an image encoder, or a key is missing, unknown or of the wrong shape.</exception>
    public static VisionTower ReadVision(ICheckpoint checkpoint, int? heads = null)
    {
        var tower = ReadVisionTower(checkpoint, heads);
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

    private static VisionTower ReadVisionTower(ICheckpoint checkpoint, int? heads) => VisionLayoutOf(checkpoint) switch
    {
        CheckpointLayout.Scenic => ScenicVisionLayout.Read(checkpoint),
        { } => PyTorchVisionLayout.Read(EncoderTensors.Get(checkpoint, TensorNames.Vision), heads),
        _ => throw Unrecognized(checkpoint, "image", PyTorchVisionLayout.SignatureKey, ScenicVisionLayout.SignatureKey),
    };

    private static TextTower ReadTextTower(ICheckpoint checkpoint, int? heads) => TextLayoutOf(checkpoint) switch
    {
        CheckpointLayout.Scenic => ScenicTextLayout.Read(checkpoint),
        { } => WithTemperatureOf(checkpoint, PyTorchTextLayout.Read(EncoderTensors.Get(checkpoint, TensorNames.Text), heads)),
        _ => throw Unrecognized(checkpoint, "text", PyTorchTextLayout.SignatureKey, ScenicTextLayout.SignatureKey),
    };

    private static CheckpointLayout? LayoutOf(
        ICheckpoint checkpoint, Func<ICheckpoint, bool> isScenic, TensorNames names, string signature)
    {
        if (isScenic(checkpoint)) return CheckpointLayout.Scenic;
        string? found = EncoderTensors.Find(checkpoint, names, signature);
        return found is null ? null : found == signature ? CheckpointLayout.PyTorch : CheckpointLayout.HuggingFace;
    }

    // In a file with prefixes, the temperature belongs to both encoders and has none.
    private static TextTower WithTemperatureOf(ICheckpoint whole, TextTower tower)
    {
        if (!EncoderTensors.HasPrefixes(whole)) return tower;
        var keys = new KeyReader(whole);
        string[] found = [.. ContrastiveTemperature.Names.Where(keys.Has)];
        if (found.Length + (tower.Temperature is null ? 0 : 1) > 1)
        {
            string all = string.Join(" and ", found.Select(k => $"'{k}'"));
            string inside = tower.Temperature is null ? "" : " and one among the keys of the text encoder";
            throw keys.Error($"has more than one temperature: {all}{inside}");
        }

        return found.Length == 0 ? tower : tower with { Temperature = ContrastiveTemperature.Read(keys, found[0]) };
    }

    private static CheckpointException Unrecognized(ICheckpoint checkpoint, string encoder, string pyTorchKey, string scenicEnding)
    {
        if (DptLayouts.Recognizes(checkpoint) || DptLayouts.IsHuggingFace(checkpoint))
        {
            throw new CheckpointException(
                $"Checkpoint '{checkpoint.Path}' has a head for dense prediction, but no {encoder} encoder. Give it with --head, beside "
                + "the image encoder that it belongs to.");
        }

        string keys = checkpoint.Tensors.Count == 0
            ? "It is empty"
            : $"Its first keys are {string.Join(", ", checkpoint.Tensors.Keys.Take(3).Select(k => $"'{k}'"))}";
        return new CheckpointException(
            $"Checkpoint '{checkpoint.Path}' is not a TIPS {encoder} encoder: it has neither a key '{pyTorchKey}' (PyTorch layout) "
            + $"nor one that ends in '{scenicEnding}' (Scenic layout). {keys}.");
    }
}
