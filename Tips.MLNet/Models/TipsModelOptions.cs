namespace Tips.MLNet;

/// <summary>
/// How a model is checked and run. Immutable. A saved pipeline keeps the options of its model; <see cref="TipsLoadOptions"/> replaces them
/// when the pipeline is loaded.
/// </summary>
public sealed class TipsModelOptions
{
    private const int MostDecodingThreads = 1024;

    /// <summary>
    /// Where the model runs. Null, the default, means the CPU for <see cref="TipsModel.Load(string, TipsModelOptions?, bool)"/>; a pipeline
    /// that is loaded with <c>mlContext.Model.Load</c> uses CUDA, though, if <c>mlContext.GpuDeviceId</c> is set.
    /// </summary>
    public ExecutionProvider? Provider { get; init; }

    /// <summary>
    /// Index of the CUDA device, from 0. Null means <c>mlContext.GpuDeviceId</c> where there is one, and 0 elsewhere. Ignored on the CPU.
    /// </summary>
    public int? DeviceId { get; init; }

    /// <summary>Threads that share the work of one operator; 0, the default, lets ONNX Runtime take one for each physical core.</summary>
    public int IntraOpThreads { get; init; }

    /// <summary>
    /// Most threads that decode pictures (files, bytes and streams; not <c>LoadImages</c>), up to 1,024; 0, the default, takes one for each
    /// core. On the CPU, decoding and encoding take turns, each on all of its threads, so together they never have more threads than there
    /// are cores. They go on at the same time on a GPU; if this and <see cref="IntraOpThreads"/> are both set and together do not exceed
    /// the cores; and in a pipeline whose decoding takes little time beside its encoding, which is measured.
    /// </summary>
    public int DecodingThreads { get; init; }

    /// <summary>How much is checked at load; <see cref="FileVerification.Full"/> by default.</summary>
    public FileVerification Verification { get; init; } = FileVerification.Full;

    internal void Validate()
    {
        if (DeviceId is { } device) ArgumentOutOfRangeException.ThrowIfNegative(device, nameof(DeviceId));
        ArgumentOutOfRangeException.ThrowIfNegative(IntraOpThreads);
        ArgumentOutOfRangeException.ThrowIfNegative(DecodingThreads);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(DecodingThreads, MostDecodingThreads);
        if (Provider is { } provider && !Enum.IsDefined(provider))
            throw new ArgumentOutOfRangeException(nameof(Provider), provider, "Unknown execution provider.");
        if (!Enum.IsDefined(Verification))
            throw new ArgumentOutOfRangeException(nameof(Verification), Verification, "Unknown verification.");
    }
}
