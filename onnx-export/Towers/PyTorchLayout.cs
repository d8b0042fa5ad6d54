namespace Tips.OnnxExport.Towers;

/// <summary>What both encoders of the PyTorch release have in common.</summary>
internal static class PyTorchLayout
{
    private const int SmallestHead = 16, LargestHead = 256;

    // The head size is the one thing the tensors do not tell: 64 in every released model but So400m, whose width is 1152 and head size 72.
    public static int HeadCount(int width, int? known, KeyReader keys, string source)
    {
        if (known is { } heads)
        {
            return heads > 0 && width % heads == 0 && width / heads is >= SmallestHead and <= LargestHead
                ? heads
                : throw keys.Fault($"has width {width} (from '{keys.NameOf(source)}'), which the {heads} heads that its configuration tells do not divide into {SmallestHead} to {LargestHead} each");
        }

        int headSize = width == 1152 ? 72 : 64;
        return width % headSize == 0 ? width / headSize : throw keys.Fault($"has width {width} (from '{keys.NameOf(source)}'), expected a multiple of the head size {headSize}");
    }

    public static Linear LinearAt(KeyReader keys, string key, int outputs, int inputs) => new(keys.Take(key + ".weight", outputs, inputs), keys.Take(key + ".bias", outputs));

    public static Norm NormAt(KeyReader keys, string key, int width) => new(keys.Take(key + ".weight", width), keys.Take(key + ".bias", width));
}
