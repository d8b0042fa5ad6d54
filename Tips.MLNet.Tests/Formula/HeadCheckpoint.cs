namespace Tips.MLNet.Tests.Formula;

/// <summary>Writes checkpoints of heads, with weights from the formula.</summary>
internal static class HeadCheckpoint
{
    /// <summary>Writes a head in flat names: with few channels, or with those of the released ones.</summary>
    /// <param name="path">The <c>.npz</c> to write.</param>
    /// <param name="width">Width of the encoder.</param>
    /// <param name="outputs">Outputs of the linear layer at the end.</param>
    /// <param name="isFull">Whether it has the channels of the released heads.</param>
    public static void WriteReleased(string path, int width, int outputs, bool isFull = false)
    {
        int channels = isFull ? 256 : 8;
        using var npz = NpzWriter.Create(path);
        for (int i = 0; i < 4; i++)
        {
            int level = isFull ? width >> (3 - i) : 4 * (i + 1), size = ((int[])[4, 2, 0, 3])[i];
            Add($"reassemble.out_projections.{i}.weight", level, width, 1, 1);
            Add($"reassemble.out_projections.{i}.bias", level);
            Add($"reassemble.readout_projects.{i}.weight", width, 2 * width);
            Add($"reassemble.readout_projects.{i}.bias", width);
            if (size > 0) Add($"reassemble.resize_layers.{i}.weight", level, level, size, size);
            if (size > 0) Add($"reassemble.resize_layers.{i}.bias", level);
            Add($"convs.{i}.weight", channels, level, 3, 3);
            foreach (string unit in i == 0 ? (string[])["main_unit"] : ["residual_unit", "main_unit"])
            {
                for (int n = 1; n <= 2; n++) Add($"fusion_blocks.{i}.{unit}.conv{n}.weight", channels, channels, 3, 3);
            }

            Add($"fusion_blocks.{i}.out_conv.weight", channels, channels, 1, 1);
            Add($"fusion_blocks.{i}.out_conv.bias", channels);
        }

        Add("project.weight", channels, channels, 3, 3);
        Add("project.bias", channels);
        Add("head.weight", outputs, channels);
        Add("head.bias", outputs);

        void Add(string key, params int[] shape) => npz.Add(key, shape, FormulaCheckpoint.Values(key, shape, seed: 6));
    }
}
