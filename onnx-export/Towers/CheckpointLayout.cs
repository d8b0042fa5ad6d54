namespace Tips.OnnxExport.Towers;

/// <summary>How a checkpoint names and orders its tensors.</summary>
internal enum CheckpointLayout
{
    /// <summary>The PyTorch release: one file per encoder, kernels out × in.</summary>
    PyTorch,

    /// <summary>The Scenic (JAX, Flax) release: one file per encoder, kernels in × out, module paths as keys.</summary>
    Scenic,

    /// <summary>The Hugging Face repositories: both encoders in one file, each under a prefix, otherwise <see cref="PyTorch"/>.</summary>
    HuggingFace,
}
