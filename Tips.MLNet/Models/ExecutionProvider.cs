namespace Tips.MLNet;

/// <summary>Where a model runs.</summary>
public enum ExecutionProvider
{
    /// <summary>ONNX Runtime's CPU provider.</summary>
    Cpu,

    /// <summary>ONNX Runtime's CUDA provider; the application must reference <c>Microsoft.ML.OnnxRuntime.Gpu</c>.</summary>
    Cuda,
}
