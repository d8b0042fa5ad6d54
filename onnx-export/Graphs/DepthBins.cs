using Tips.OnnxExport.Towers;

namespace Tips.OnnxExport.Graphs;

/// <summary>How the logits of bins become meters.</summary>
internal static class DepthBins
{
    /// <summary>
    /// A 1×1 convolution that makes two sums of <c>p = relu(logits) + minimum</c> over the bins, from <c>relu(logits)</c>: that of p times
    /// the bin's depth, and that of p. Their quotient is the depth.
    /// </summary>
    public static Linear Sums(int bins, HeadOptions options)
    {
        float[] depths = Depths(bins, options);
        float[] ones = new float[bins];
        Array.Fill(ones, 1f);
        double total = depths.Sum(d => (double)d) * options.MinDepth, count = (double)bins * options.MinDepth;
        return new Linear(
            new Weight([2, bins, 1, 1], () => [.. depths, .. ones]), new Weight([2], () => [(float)total, (float)count]));
    }

    /// <summary>The bins' depths: evenly spaced in float32, from both ends to the middle, as PyTorch does it.</summary>
    private static float[] Depths(int bins, HeadOptions options)
    {
        float step = (options.MaxDepth - options.MinDepth) / Math.Max(bins - 1, 1);
        float[] depths = new float[bins];
        for (int i = 0; i < bins; i++)
            depths[i] = i < bins / 2 ? options.MinDepth + step * i : options.MaxDepth - step * (bins - 1 - i);
        return depths;
    }
}
