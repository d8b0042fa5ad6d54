using Tips.OnnxExport.Checkpoints;

namespace Tips.OnnxExport.Towers;

/// <summary>How a checkpoint orders the dimensions of a head's kernels.</summary>
internal enum KernelOrder
{
    /// <summary>
    /// As PyTorch has them: linear layers out × in, kernels out × in × height × width, transposed kernels in × out × height × width.
    /// </summary>
    PyTorch,

    /// <summary>
    /// The same, but both axes of the transposed kernels are reversed: the publisher's own reader turns them for flat names, too.
    /// </summary>
    PyTorchReversed,

    /// <summary>
    /// Linear layers in × out, kernels height × width × in × out. Flax applies transposed kernels reversed, compared with PyTorch.
    /// </summary>
    Flax,
}

/// <summary>Gets the layers of a head, whose names are those of PyTorch, in the order that PyTorch has.</summary>
internal sealed class DptKernels(KeyReader keys, KernelOrder order)
{
    public KeyReader Keys => keys;

    private bool IsFlax => order == KernelOrder.Flax;

    /// <summary>Width D of the encoder, from a layer with 2D inputs and D outputs.</summary>
    public int Width(string name)
    {
        string key = name + ".weight";
        string[] pattern = IsFlax ? ["2 × D", "D"] : ["D", "2 × D"];
        var shape = keys.Shape(key, pattern);
        var (outputs, inputs) = IsFlax ? (shape[1], shape[0]) : (shape[0], shape[1]);
        return inputs == 2L * outputs
            ? outputs
            : throw keys.Error(
                $"has key '{keys.FullKey(key)}' with shape {TensorInfo.FormatShape(shape)}, expected [{string.Join(", ", pattern)}]");
    }

    /// <summary>The number of outputs of a linear layer.</summary>
    public int LinearOutputs(string name, int inputs)
        => IsFlax ? keys.Shape(name + ".weight", $"{inputs}", "outputs")[1] : keys.Shape(name + ".weight", "outputs", $"{inputs}")[0];

    /// <summary>The number of outputs of a convolution.</summary>
    public int Outputs(string name, int inputs, int size) => IsFlax
        ? keys.Shape(name + ".weight", $"{size}", $"{size}", $"{inputs}", "channels")[3]
        : keys.Shape(name + ".weight", "channels", $"{inputs}", $"{size}", $"{size}")[0];

    public Linear Linear(string name, int inputs, int outputs) => new(
        IsFlax ? keys.GetWeight(name + ".weight", inputs, outputs).Transpose() : keys.GetWeight(name + ".weight", outputs, inputs),
        Bias(name, outputs));

    public Linear Convolution(string name, int inputs, int outputs, int size)
        => new(Kernel(name, inputs, outputs, size), Bias(name, outputs));

    /// <summary>The kernel of a convolution without bias.</summary>
    public Weight Kernel(string name, int inputs, int outputs, int size) => IsFlax
        ? keys.GetWeight(name + ".weight", size, size, inputs, outputs).Permute(3, 2, 0, 1)
        : keys.GetWeight(name + ".weight", outputs, inputs, size, size);

    /// <summary>A transposed convolution with as many outputs as inputs.</summary>
    public Linear Transposed(string name, int channels, int size)
    {
        var stored = IsFlax
            ? keys.GetWeight(name + ".weight", size, size, channels, channels).Permute(2, 3, 0, 1)
            : keys.GetWeight(name + ".weight", channels, channels, size, size);
        return new Linear(order == KernelOrder.PyTorch ? stored : stored.ReverseKernels(), Bias(name, channels));
    }

    private Weight Bias(string name, int outputs) => keys.GetWeight(name + ".bias", outputs);
}
