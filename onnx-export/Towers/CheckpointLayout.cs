namespace Tips.OnnxExport.Towers;

/// <summary>How a checkpoint names and orders its tensors.</summary>
internal enum CheckpointLayout
{
    /// <summary>The PyTorch release: one file an encoder, kernels out × in.</summary>
    PyTorch,

    /// <summary>The Scenic (JAX, Flax) release: one file an encoder, kernels in × out, paths of modules as keys.</summary>
    Scenic,

    /// <summary>The Hugging Face repositories: both encoders in one file, each under a prefix, otherwise as <see cref="PyTorch"/>.</summary>
    HuggingFace,
}
