namespace Tips.MLNet.Models;

/// <summary>Where and how sessions run, after all defaults have been resolved.</summary>
internal readonly record struct Execution(ExecutionProvider Provider, int DeviceId, int IntraOpThreads, int DecodingThreads)
{
    /// <summary>
    /// Whether decoding waits while the encoder runs, so that threads do not compete for the cores. Not if the encoder is on a GPU, or if
    /// both were given so few threads that each has a core.
    /// </summary>
    public bool TakesTurns
        => Provider == ExecutionProvider.Cpu && (IntraOpThreads == 0 || IntraOpThreads + DecodingThreads > Environment.ProcessorCount);

    public override string ToString() => Provider == ExecutionProvider.Cuda ? $"CUDA device {DeviceId}" : "CPU";

    private static int DecodingThreadsOf(TipsModelOptions options)
        => options.DecodingThreads > 0 ? options.DecodingThreads : Environment.ProcessorCount;

    /// <summary>Resolves the options of a model.</summary>
    /// <param name="options">The requested options.</param>
    /// <param name="contextDevice">The GPU that the context selects, or null.</param>
    /// <param name="fallBackToCpu">Whether to use the CPU if that GPU cannot be used.</param>
    /// <param name="fallBackReason">Why the CPU is used instead, or null.</param>
    public static Execution Resolve(TipsModelOptions options, int? contextDevice, bool fallBackToCpu, out string? fallBackReason)
    {
        fallBackReason = null;
        var provider = options.Provider ?? (contextDevice is null ? ExecutionProvider.Cpu : ExecutionProvider.Cuda);
        var execution = new Execution(provider, options.DeviceId ?? contextDevice ?? 0, options.IntraOpThreads, DecodingThreadsOf(options));
        // Only a GPU that was not requested explicitly may be replaced without an error.
        if (provider == ExecutionProvider.Cpu || options.Provider is not null || !fallBackToCpu) return execution;
        fallBackReason = SessionFactory.WhyUnusable(execution);
        return fallBackReason is null ? execution : execution with { Provider = ExecutionProvider.Cpu };
    }
}
