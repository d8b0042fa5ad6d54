using Microsoft.ML.OnnxRuntime;

namespace Tips.MLNet.Models;

/// <summary>Opens ONNX Runtime sessions and turns its failures into messages a user can act on.</summary>
internal static class SessionFactory
{
    public static InferenceSession Open(ModelFiles files, GraphManifest graph, TipsModelOptions options)
    {
        try
        {
            using var sessionOptions = new SessionOptions { GraphOptimizationLevel = GraphOptimizationLevel.ORT_ENABLE_ALL };
            if (options.IntraOpThreads > 0) sessionOptions.IntraOpNumThreads = options.IntraOpThreads;
            if (options.Provider == ExecutionProvider.Cuda) AppendCuda(sessionOptions, options.DeviceId);
            return files.OpenSession(graph, sessionOptions);
        }
        catch (Exception e) when (e is DllNotFoundException || e is TypeInitializationException { InnerException: DllNotFoundException or EntryPointNotFoundException })
        {
            throw new InvalidOperationException(
                "The native ONNX Runtime library was not found. Tips.MLNet leaves its choice to the application: reference the package Microsoft.ML.OnnxRuntime (CPU) or Microsoft.ML.OnnxRuntime.Gpu (CUDA).", e);
        }
        catch (OnnxRuntimeException e)
        {
            throw new InvalidOperationException($"ONNX Runtime cannot open graph '{graph.File}' of the {files.Place}: {e.Message}", e);
        }
    }

    private static void AppendCuda(SessionOptions sessionOptions, int deviceId)
    {
        try
        {
            sessionOptions.AppendExecutionProvider_CUDA(deviceId);
        }
        catch (Exception e) when (e is OnnxRuntimeException or EntryPointNotFoundException or NotSupportedException)
        {
            throw new InvalidOperationException(
                $"The CUDA provider cannot be used on device {deviceId}: {e.Message} The application needs the package Microsoft.ML.OnnxRuntime.Gpu instead of Microsoft.ML.OnnxRuntime, and CUDA and cuDNN on the machine; or set {nameof(TipsModelOptions)}.{nameof(TipsModelOptions.Provider)} to {nameof(ExecutionProvider.Cpu)}.", e);
        }
    }
}
