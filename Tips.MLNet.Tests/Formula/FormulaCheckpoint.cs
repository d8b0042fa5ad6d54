namespace Tips.MLNet.Tests.Formula;

/// <summary>Sizes of a vision tower in the released family.</summary>
internal sealed record TowerSize(string Variant, int Width, int Layers, int Hidden, bool SwiGlu = false)
{
    public static TowerSize Mini { get; } = new("mini", 128, 3, 512);

    public static TowerSize MiniSwiGlu { get; } = new("mini", 128, 3, 344, SwiGlu: true);

    public static TowerSize Small { get; } = new("S", 384, 12, 1536);

    public static TowerSize Base { get; } = new("B", 768, 12, 3072);

    public static TowerSize Large { get; } = new("L", 1024, 24, 4096);

    public static TowerSize So400m { get; } = new("So400m", 1152, 27, 4304);

    public static TowerSize Giant { get; } = new("g", 1536, 40, 4096, SwiGlu: true);

    public static TowerSize[] All { get; } = [Small, Base, Large, So400m, Giant];
}

/// <summary>Sizes of a text tower in the released family.</summary>
internal sealed record TextTowerSize(string Variant, int Width, int Layers, int Hidden, int Vocabulary = 32_000)
{
    public static TextTowerSize Mini { get; } = new("mini", 128, 3, 512, 512);

    public static TextTowerSize[] All { get; } =
    [
        new("S", 384, 12, 1536), new("B", 768, 12, 3072), new("L", 1024, 12, 4096), new("So400m", 1152, 27, 4304), new("g", 1536, 12, 6144),
    ];
}

/// <summary>Writes checkpoints in the PyTorch layout, with weights from the formula.</summary>
internal static class FormulaCheckpoint
{
    /// <param name="path">The <c>.npz</c> to write.</param>
    /// <param name="size">The tower.</param>
    /// <param name="grid">Side of the position grid.</param>
    /// <param name="seed">Seed of the formula.</param>
    public static void WriteVision(string path, TowerSize size, int grid, ulong seed)
        => Write(path, VisionShapes(size, grid), (key, shape) => Values(key, shape, seed));

    /// <summary>Writes the same model as ScenicCheckpoint, in the PyTorch layout.</summary>
    /// <param name="path">The <c>.npz</c> to write.</param>
    /// <param name="size">The tower.</param>
    /// <param name="grid">Side of the position grid.</param>
    /// <param name="seed">Seed of the formula.</param>
    public static void WriteVisionTwin(string path, TowerSize size, int grid, ulong seed)
        => Write(path, VisionShapes(size, grid), (key, shape) => TwinValues(key, shape, seed));

    /// <param name="path">The <c>.npz</c> to write.</param>
    /// <param name="size">The tower.</param>
    /// <param name="seed">Seed of the formula.</param>
    public static void WriteText(string path, TextTowerSize size, ulong seed)
        => Write(path, TextShapes(size), (key, shape) => Values(key, shape, seed));

    public static float[] Values(string key, int[] shape, ulong seed)
    {
        float[] values = new float[shape.Aggregate(1, (a, b) => a * b)];
        FormulaValues.Fill(key, shape, seed, values);
        return values;
    }

    /// <summary>
    /// The formula's values as far as the Scenic layout can hold them: layer scales are 1, and the first CLS token has no position.
    /// </summary>
    public static float[] TwinValues(string key, int[] shape, ulong seed)
    {
        float[] values = Values(key, shape, seed);
        if (key.EndsWith("gamma", StringComparison.Ordinal)) Array.Fill(values, 1f);
        if (key == "pos_embed") Array.Clear(values, 0, shape[2]);
        return values;
    }

    private static void Write(string path, IEnumerable<(string Key, int[] Shape)> tensors, Func<string, int[], float[]> values)
    {
        using var npz = NpzWriter.Create(path);
        foreach (var (key, shape) in tensors) npz.Add(key, shape, values(key, shape));
    }

    public static IEnumerable<(string Key, int[] Shape)> TextShapes(TextTowerSize size)
    {
        int d = size.Width;
        yield return ("token_embedding.weight", [size.Vocabulary, d]);
        for (int i = 0; i < size.Layers; i++)
        {
            string block = $"transformer.resblocks.{i}.";
            foreach (string norm in (string[])["ln_1", "ln_2"])
            {
                yield return (block + norm + ".weight", [d]);
                yield return (block + norm + ".bias", [d]);
            }

            yield return (block + "attn.in_proj_weight", [3 * d, d]);
            yield return (block + "attn.in_proj_bias", [3 * d]);
            yield return (block + "attn.out_proj.weight", [d, d]);
            yield return (block + "attn.out_proj.bias", [d]);
            yield return (block + "mlp.c_fc.weight", [size.Hidden, d]);
            yield return (block + "mlp.c_fc.bias", [size.Hidden]);
            yield return (block + "mlp.c_proj.weight", [d, size.Hidden]);
            yield return (block + "mlp.c_proj.bias", [d]);
        }

        yield return ("ln_final.weight", [d]);
        yield return ("ln_final.bias", [d]);
    }

    public static IEnumerable<(string Key, int[] Shape)> VisionShapes(TowerSize size, int grid)
    {
        int d = size.Width, h = size.Hidden;
        yield return ("cls_token", [1, 1, d]);
        yield return ("register_tokens", [1, 1, d]);
        yield return ("mask_token", [1, d]);
        yield return ("pos_embed", [1, 1 + grid * grid, d]);
        yield return ("patch_embed.proj.weight", [d, 3, 14, 14]);
        yield return ("patch_embed.proj.bias", [d]);
        for (int i = 0; i < size.Layers; i++)
        {
            string block = $"blocks.{i}.";
            foreach (string norm in (string[])["norm1", "norm2"])
            {
                yield return (block + norm + ".weight", [d]);
                yield return (block + norm + ".bias", [d]);
            }

            yield return (block + "attn.qkv.weight", [3 * d, d]);
            yield return (block + "attn.qkv.bias", [3 * d]);
            yield return (block + "attn.proj.weight", [d, d]);
            yield return (block + "attn.proj.bias", [d]);
            yield return (block + "ls1.gamma", [d]);
            yield return (block + "ls2.gamma", [d]);
            var (first, second, rows) = size.SwiGlu ? ("mlp.w12", "mlp.w3", 2 * h) : ("mlp.fc1", "mlp.fc2", h);
            yield return (block + first + ".weight", [rows, d]);
            yield return (block + first + ".bias", [rows]);
            yield return (block + second + ".weight", [d, h]);
            yield return (block + second + ".bias", [d]);
        }

        yield return ("norm.weight", [d]);
        yield return ("norm.bias", [d]);
    }
}
