namespace Tips.MLNet.Tests.Formula;

/// <summary>
/// Writes checkpoints in the Scenic layout, with weights from the formula: the same values as the PyTorch checkpoints, but with other
/// shapes and names.
/// </summary>
internal static class ScenicCheckpoint
{
    private const int HeadSize = 64;

    /// <param name="path">The <c>.npz</c> to write.</param>
    /// <param name="size">The tower.</param>
    /// <param name="grid">Side of the position grid.</param>
    /// <param name="seed">Seed of the formula.</param>
    /// <param name="root">What comes before every key.</param>
    public static void WriteVision(string path, TowerSize size, int grid, ulong seed, string root = "encoder/")
    {
        int d = size.Width, h = size.Hidden;
        var shapes = FormulaCheckpoint.VisionShapes(size, grid).ToDictionary(s => s.Key, s => s.Shape);
        using var npz = NpzWriter.Create(path);
        var scenic = new Writer(npz, key => FormulaCheckpoint.TwinValues(key, shapes[key], seed), d);
        string tokens = root + "ToTokenSequence_0/";
        npz.Add(tokens + "embedding/kernel", [14, 14, 3, d], PatchKernel(scenic.Value("patch_embed.proj.weight"), d));
        scenic.Copy("patch_embed.proj.bias", tokens + "embedding/bias", d);
        npz.Add(tokens + "posembed_input", [1, grid, grid, d], scenic.Value("pos_embed").AsSpan(d));
        npz.Add(tokens + "cls", [1, 2, d], (float[])[.. scenic.Value("cls_token"), .. scenic.Value("register_tokens")]);
        for (int i = 0; i < size.Layers; i++)
        {
            string from = $"blocks.{i}.", to = $"{root}transformer/encoderblock_{i}/";
            scenic.Norm(from + "norm1", to + "LayerNorm_0");
            scenic.Norm(from + "norm2", to + "LayerNorm_1");
            scenic.Attention(from + "attn.qkv.weight", from + "attn.qkv.bias", from + "attn.proj", to);
            if (size.SwiGlu)
            {
                float[] weight = scenic.Value(from + "mlp.w12.weight"), bias = scenic.Value(from + "mlp.w12.bias");
                scenic.Dense(weight[..(h * d)], bias[..h], to + "FFNSwiGluFused_0/Dense_0", h, d);
                scenic.Dense(weight[(h * d)..], bias[h..], to + "FFNSwiGluFused_0/Dense_1", h, d);
                float[] output = scenic.Value(from + "mlp.w3.weight"), outputBias = scenic.Value(from + "mlp.w3.bias");
                scenic.Dense(output, outputBias, to + "FFNSwiGluFused_0/Dense_2", d, h);
            }
            else
            {
                scenic.Dense(scenic.Value(from + "mlp.fc1.weight"), scenic.Value(from + "mlp.fc1.bias"), to + "MlpBlock_0/Dense_0", h, d);
                scenic.Dense(scenic.Value(from + "mlp.fc2.weight"), scenic.Value(from + "mlp.fc2.bias"), to + "MlpBlock_0/Dense_1", d, h);
            }
        }

        scenic.Norm("norm", root + "encoder_norm");
    }

    /// <param name="path">The <c>.npz</c> to write.</param>
    /// <param name="size">The tower.</param>
    /// <param name="seed">Seed of the formula.</param>
    /// <param name="temperature">Temperature of the contrastive loss.</param>
    public static void WriteText(string path, TextTowerSize size, ulong seed, float temperature)
    {
        int d = size.Width, h = size.Hidden;
        var shapes = FormulaCheckpoint.TextShapes(size).ToDictionary(s => s.Key, s => s.Shape);
        using var npz = NpzWriter.Create(path);
        var scenic = new Writer(npz, key => FormulaCheckpoint.TwinValues(key, shapes[key], seed), d);
        scenic.Copy("token_embedding.weight", "token_emb/emb_var", size.Vocabulary, d);
        scenic.Norm("ln_final", "text_encoder_norm");
        npz.Add("temperature_contrastive", [], [temperature]);
        for (int i = 0; i < size.Layers; i++)
        {
            string from = $"transformer.resblocks.{i}.", to = $"transformer/encoderblock_{i}/";
            scenic.Norm(from + "ln_1", to + "LayerNorm_0");
            scenic.Norm(from + "ln_2", to + "LayerNorm_1");
            scenic.Attention(from + "attn.in_proj_weight", from + "attn.in_proj_bias", from + "attn.out_proj", to);
            scenic.Dense(scenic.Value(from + "mlp.c_fc.weight"), scenic.Value(from + "mlp.c_fc.bias"), to + "MlpBlock_0/Dense_0", h, d);
            scenic.Dense(scenic.Value(from + "mlp.c_proj.weight"), scenic.Value(from + "mlp.c_proj.bias"), to + "MlpBlock_0/Dense_1", d, h);
        }
    }

    // From D × 3 × 14 × 14 to 14 × 14 × 3 × D.
    private static float[] PatchKernel(float[] source, int width)
    {
        float[] result = new float[source.Length];
        for (int d = 0; d < width; d++)
        {
            for (int channel = 0; channel < 3; channel++)
            {
                for (int pixel = 0; pixel < 196; pixel++)
                    result[(pixel * 3 + channel) * width + d] = source[(d * 3 + channel) * 196 + pixel];
            }
        }

        return result;
    }

    private sealed class Writer(NpzWriter npz, Func<string, float[]> value, int width)
    {
        public float[] Value(string key) => value(key);

        public void Copy(string from, string to, params int[] shape) => npz.Add(to, shape, value(from));

        public void Norm(string from, string to)
        {
            Copy(from + ".weight", to + "/scale", width);
            Copy(from + ".bias", to + "/bias", width);
        }

        public void Dense(float[] weight, float[] bias, string to, int outputs, int inputs)
        {
            npz.Add(to + "/kernel", [inputs, outputs], Transposed(weight, outputs, inputs));
            npz.Add(to + "/bias", [outputs], bias);
        }

        public void Attention(string packedWeight, string packedBias, string output, string block)
        {
            int d = width, heads = width / HeadSize;
            string to = block + "MultiHeadDotProductAttention_0/";
            float[] weight = value(packedWeight), bias = value(packedBias);
            foreach (var (name, i) in ((string[])["query", "key", "value"]).Select((n, i) => (n, i)))
            {
                npz.Add($"{to}{name}/kernel", [d, heads, HeadSize], Transposed(weight[(i * d * d)..((i + 1) * d * d)], d, d));
                npz.Add($"{to}{name}/bias", [heads, HeadSize], bias.AsSpan(i * d, d));
            }

            npz.Add(to + "out/kernel", [heads, HeadSize, d], Transposed(value(output + ".weight"), d, d));
            Copy(output + ".bias", to + "out/bias", d);
        }

        private static float[] Transposed(float[] matrix, int rows, int columns)
        {
            float[] result = new float[matrix.Length];
            for (int row = 0; row < rows; row++)
            {
                for (int column = 0; column < columns; column++) result[column * rows + row] = matrix[row * columns + column];
            }

            return result;
        }
    }
}
