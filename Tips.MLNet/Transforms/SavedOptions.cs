namespace Tips.MLNet.Transforms;

/// <summary>Checks of what came out of a saved pipeline.</summary>
internal static class SavedOptions
{
    /// <exception cref="InvalidDataException">An option is out of range.</exception>
    public static void Validate(Action validate, string component)
    {
        try
        {
            validate();
        }
        catch (ArgumentException e)
        {
            throw new InvalidDataException($"The saved pipeline's {component} has an option out of range: {e.Message}", e);
        }
    }

    /// <exception cref="InvalidDataException">A column has no name.</exception>
    public static void CheckColumns<TOptions>(EmbeddingState<TOptions> state)
    {
        if (state.Input.Length == 0 || state.Output.Length == 0)
            throw new InvalidDataException("The saved pipeline has a column without a name.");
    }

    /// <exception cref="InvalidDataException">The model lacks a head.</exception>
    public static void CheckHead(TipsModel model, DenseTask task)
    {
        if (!model.DenseTasks.Contains(task))
            throw new InvalidDataException($"The saved pipeline needs a head for {task} of its model, but does not hold it.");
    }

    /// <exception cref="InvalidDataException">The model lacks an encoder.</exception>
    public static void CheckPart(bool hasPart, string encoder)
    {
        if (!hasPart) throw new InvalidDataException($"The saved pipeline needs the {encoder} encoder of its model, but does not hold it.");
    }
}
