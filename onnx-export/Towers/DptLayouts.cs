using Tips.OnnxExport.Checkpoints;

namespace Tips.OnnxExport.Towers;

/// <summary>Reads heads out of checkpoints of every layout. After that, the layout no longer matters.</summary>
internal static class DptLayouts
{
    /// <summary>Whether this is a released file of a head: one head and nothing else.</summary>
    public static bool Recognizes(ICheckpoint checkpoint) => DptReleaseNames.Recognizes(checkpoint);

    /// <summary>Reads a released file of a head, in Flax's or in PyTorch's names. Neither tells the task.</summary>
    /// <param name="checkpoint">The checkpoint.</param>
    /// <param name="task">The task, if it is known: its number of outputs is checked.</param>
    /// <exception cref="CheckpointException">This is not a head, or a key is missing, unknown or of the wrong shape.</exception>
    public static DptHead Read(ICheckpoint checkpoint, HeadTask? task = null)
    {
        if (!Recognizes(checkpoint)) throw Unrecognized(checkpoint);
        var order = DptReleaseNames.IsFlax(checkpoint) ? KernelOrder.Flax : KernelOrder.PyTorchReversed;
        return DptLayout.Read(DptReleaseNames.Rename(checkpoint), order, task);
    }

    /// <summary>Whether this is a file in the Hugging Face layout with a head or several.</summary>
    public static bool IsHuggingFace(ICheckpoint checkpoint) => checkpoint.Tensors.Keys.Any(DptHuggingFaceNames.IsOfAny);

    /// <summary>Reads one head out of a dense model in the Hugging Face layout. Its other tensors are left alone.</summary>
    /// <exception cref="CheckpointException">
    /// There is no such head, or a key is missing, unknown or of the wrong shape.
    /// </exception>
    public static DptHead ReadHuggingFace(ICheckpoint checkpoint, HeadTask task)
        => DptLayout.Read(DptHuggingFaceNames.Get(checkpoint, task), KernelOrder.PyTorch, task);

    /// <summary>The tasks that a file in the Hugging Face layout has heads for; none if it is not a dense model.</summary>
    /// <param name="checkpoint">The checkpoint.</param>
    /// <param name="singleTask">
    /// The first of the <c>architectures</c> in the configuration, or null. Where the keys of a single head do not tell its task, it does.
    /// </param>
    /// <exception cref="CheckpointException">Neither the keys nor <paramref name="singleTask"/> tell the task.</exception>
    public static IReadOnlyList<HeadTask> TasksIn(ICheckpoint checkpoint, string? singleTask)
    {
        var keys = checkpoint.Tensors.Keys;
        var tasks = HeadTasks.All.Where(task => keys.Any(key => DptHuggingFaceNames.IsOf(key, task))).ToHashSet();
        if (keys.FirstOrDefault(DptHuggingFaceNames.IsSingle) is { } single) tasks.Add(SingleTask(checkpoint, single, singleTask));
        return [.. tasks.Order()];
    }

    // Transformers names its classes Tipsv2DptForDepthEstimation, …ForNormalEstimation and …ForSemanticSegmentation.
    private static HeadTask SingleTask(ICheckpoint checkpoint, string key, string? architecture)
    {
        foreach (var task in HeadTasks.All)
        {
            string word = task.Name().TrimEnd('s');
            if (architecture?.Contains(word, StringComparison.OrdinalIgnoreCase) == true) return task;
        }

        string found = architecture is null ? "has none" : $"has '{architecture}'";
        throw new CheckpointException(
            $"Checkpoint '{checkpoint.Path}' has key '{key}', which does not tell what its head is for. Expected architectures[0] of the "
            + $"configuration to tell, as in 'Tipsv2DptForDepthEstimation', but it {found}.");
    }

    private static CheckpointException Unrecognized(ICheckpoint checkpoint)
    {
        string keys = checkpoint.Tensors.Count == 0
            ? "It is empty"
            : $"Its first keys are {string.Join(", ", checkpoint.Tensors.Keys.Take(3).Select(k => $"'{k}'"))}";
        var first = DptTensor.All[0];
        return new CheckpointException(
            $"Checkpoint '{checkpoint.Path}' is not a DPT head: it has neither keys as 'decoder/dpt/{first.Flax}' (Flax) nor keys as "
            + $"'{first.Name}' (PyTorch). {keys}.");
    }
}
