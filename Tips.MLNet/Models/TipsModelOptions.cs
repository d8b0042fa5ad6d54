namespace Tips.MLNet;

/// <summary>Where a model runs.</summary>
public enum ExecutionProvider
{
    /// <summary>ONNX Runtime's CPU provider.</summary>
    Cpu,

    /// <summary>ONNX Runtime's CUDA provider; the application must reference <c>Microsoft.ML.OnnxRuntime.Gpu</c>.</summary>
    Cuda,
}

/// <summary>How much of a model folder is checked when it is loaded.</summary>
public enum FileVerification
{
    /// <summary>Presence, size and SHA-256 of every file. Reads the folder once: about one second a gigabyte.</summary>
    Full,

    /// <summary>Presence and size of every file.</summary>
    SizeOnly,
}

/// <summary>
/// How a model is checked and run. Immutable. The options are saved with a pipeline that uses the model, and can be replaced
/// when that pipeline is loaded (see <c>TipsLoadOptions</c>).
/// </summary>
public sealed record TipsModelOptions
{
    /// <summary>Where the model runs; the CPU by default.</summary>
    public ExecutionProvider Provider { get; init; } = ExecutionProvider.Cpu;

    /// <summary>Index of the CUDA device; 0 by default. Ignored on the CPU.</summary>
    public int DeviceId { get; init; }

    /// <summary>Threads that share one operator's work; 0, the default, lets ONNX Runtime take one a physical core.</summary>
    public int IntraOpThreads { get; init; }

    /// <summary>How much is checked at load; <see cref="FileVerification.Full"/> by default.</summary>
    public FileVerification Verification { get; init; } = FileVerification.Full;

    internal void Validate()
    {
        ArgumentOutOfRangeException.ThrowIfNegative(DeviceId);
        ArgumentOutOfRangeException.ThrowIfNegative(IntraOpThreads);
        if (!Enum.IsDefined(Provider)) throw new ArgumentOutOfRangeException(nameof(Provider), Provider, "Unknown execution provider.");
        if (!Enum.IsDefined(Verification)) throw new ArgumentOutOfRangeException(nameof(Verification), Verification, "Unknown verification.");
    }
}
