using Tips.OnnxExport.Checkpoints;

namespace Tips.OnnxExport.Towers;

/// <summary>
/// Reads a head whose tensors are named as in PyTorch. Sizes are inferred from the tensors; every key and shape is checked.
/// </summary>
internal static class DptLayout
{
    private const int NormalsOutputs = 3, LeastOutputs = 2;

    /// <param name="checkpoint">The head's tensors.</param>
    /// <param name="order">How the checkpoint orders the dimensions of kernels.</param>
    /// <param name="task">The task, if it is known: its number of outputs is checked.</param>
    public static DptHead Read(ICheckpoint checkpoint, KernelOrder order, HeadTask? task)
    {
        var kernels = new DptKernels(new KeyReader(checkpoint), order);
        int width = kernels.Width("reassemble.readout_projects.0");
        int first = kernels.Outputs("reassemble.out_projections.0", width, 1);
        int channels = kernels.Outputs("convs.0", first, 3);
        int outputs = kernels.LinearOutputs("head", channels);
        if (task is { } known) CheckOutputs(kernels.Keys, known, outputs);
        var head = new DptHead
        {
            Levels = [.. Enumerable.Range(0, DptHead.LevelCount).Select(i => ReadLevel(kernels, i, width, channels))],
            Fusions = [.. Enumerable.Range(0, DptHead.LevelCount).Select(i => ReadFusion(kernels, i, channels))],
            Project = kernels.Convolution("project", channels, channels, 3),
            Output = kernels.Linear("head", channels, outputs),
        };
        kernels.Keys.Ignore("bin_centers"); // follows from the range of depths
        kernels.Keys.CheckAllUsed("DPT head");
        return head;
    }

    private static DptLevel ReadLevel(DptKernels kernels, int i, int width, int decoderChannels)
    {
        int channels = kernels.Outputs($"reassemble.out_projections.{i}", width, 1);
        string resize = $"reassemble.resize_layers.{i}";
        return new DptLevel(
            Readout: kernels.Linear($"reassemble.readout_projects.{i}", 2 * width, width),
            Projection: PerToken(kernels.Convolution($"reassemble.out_projections.{i}", width, channels, 1)),
            Resize: i switch
            {
                0 => kernels.Transposed(resize, channels, 4),
                1 => kernels.Transposed(resize, channels, 2),
                2 => null,
                _ => kernels.Convolution(resize, channels, channels, 3),
            },
            Convolution: kernels.Kernel($"convs.{i}", channels, decoderChannels, 3));
    }

    private static DptFusion ReadFusion(DptKernels kernels, int i, int channels)
    {
        string name = $"fusion_blocks.{i}.";
        return new DptFusion(
            Lateral: i == 0 ? null : Unit("residual_unit"),
            Main: Unit("main_unit"),
            Output: kernels.Convolution(name + "out_conv", channels, channels, 1));

        ResidualUnit Unit(string unit) => new(
            kernels.Kernel($"{name}{unit}.conv1", channels, channels, 3), kernels.Kernel($"{name}{unit}.conv2", channels, channels, 3));
    }

    // A 1×1 convolution of a map is a linear layer for each token.
    private static Linear PerToken(Linear convolution)
        => convolution with { Weight = convolution.Weight.Reshape(convolution.Weight.Shape[0], convolution.Weight.Shape[1]) };

    private static void CheckOutputs(KeyReader keys, HeadTask task, int outputs)
    {
        string? expected = task switch
        {
            HeadTask.Normals when outputs != NormalsOutputs => "3 for normals",
            HeadTask.Depth when outputs == NormalsOutputs => "the number of bins of depth; 3 is what a head for normals has",
            HeadTask.Depth when outputs < LeastOutputs => "the number of bins of depth",
            HeadTask.Segmentation when outputs < LeastOutputs => "the number of classes",
            _ => null,
        };
        if (expected is null) return;
        throw keys.Error($"has key '{keys.FullKey("head.weight")}' with {outputs} output(s), expected {expected}");
    }
}
