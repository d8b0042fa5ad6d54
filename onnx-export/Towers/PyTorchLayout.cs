namespace Tips.OnnxExport.Towers;

/// <summary>What both encoders of the PyTorch release have in common.</summary>
internal static class PyTorchLayout
{
    private const int MinimumHeadSize = 8, MaximumHeadSize = 256;

    /// <summary>
    /// The number of attention heads. It is the one size that the tensors do not show: heads have 64 values in every released model except
    /// So400m, whose width is 1152 and whose head size is 72.
    /// </summary>
    /// <param name="width">Width of the tower.</param>
    /// <param name="known">The number of heads if a configuration states it; null to derive it from the width.</param>
    /// <param name="keys">The checkpoint, for messages.</param>
    /// <param name="source">The key that gave the width, for messages.</param>
    public static int HeadCount(int width, int? known, KeyReader keys, string source)
    {
        string described = $"has width {width} (from '{keys.FullKey(source)}')";
        if (known is { } heads)
        {
            if (heads > 0 && width % heads != 0)
                throw keys.Error($"{described} and {heads} heads (from its configuration), expected a divisor of the width");
            return heads > 0 && width / heads is >= MinimumHeadSize and <= MaximumHeadSize
                ? heads
                : throw keys.Error(
                    $"{described} and {heads} heads (from its configuration), "
                    + $"expected {MinimumHeadSize} to {MaximumHeadSize} values per head");
        }

        int headSize = width == 1152 ? 72 : 64;
        return width % headSize == 0
            ? width / headSize
            : throw keys.Error($"{described}, expected a multiple of the head size {headSize}");
    }

    public static Linear ReadLinear(KeyReader keys, string key, int outputs, int inputs)
        => new(keys.GetWeight(key + ".weight", outputs, inputs), keys.GetWeight(key + ".bias", outputs));

    public static Norm ReadNorm(KeyReader keys, string key, int width)
        => new(keys.GetWeight(key + ".weight", width), keys.GetWeight(key + ".bias", width));
}
