using Tips.OnnxExport.Checkpoints;
using Tips.OnnxExport.Towers;

namespace Tips.OnnxExport.Export;

/// <summary>Which blocks of an image encoder feed a head.</summary>
internal static class HeadLayers
{
    /// <param name="config">The configuration that came with the head, or null.</param>
    /// <param name="blocks">The number of the encoder's blocks.</param>
    /// <param name="encoder">Where the encoder is, for messages.</param>
    /// <exception cref="CheckpointException">The encoder has too few blocks, or none of those that the configuration names.</exception>
    public static int[] Of(HuggingFaceConfig? config, int blocks, string encoder)
    {
        if (blocks < DptHead.LevelCount)
        {
            throw new CheckpointException(
                $"The image encoder in '{encoder}' has {blocks} blocks, expected at least {DptHead.LevelCount}: a head takes the tokens of "
                + "four of them.");
        }

        if (config?.Heads is not { Layers: { } layers } heads) return Quarters(blocks);
        bool fits = layers.Count == DptHead.LevelCount && layers.All(layer => layer >= 0 && layer < blocks)
            && layers.Zip(layers.Skip(1)).All(pair => pair.First <= pair.Second);
        return fits
            ? [.. layers]
            : throw config.Error(
                $"has {heads.LayersKey} that stand for the blocks {string.Join(", ", layers)} from 0, expected "
                + $"{DptHead.LevelCount} of the blocks 0 to {blocks - 1}, in their order");
    }

    // The last block of each quarter, rounded up: those of the released models.
    private static int[] Quarters(int blocks)
        => [.. Enumerable.Range(1, DptHead.LevelCount).Select(k => (blocks * k + DptHead.LevelCount - 1) / DptHead.LevelCount - 1)];
}
