using System.Globalization;
using Google.Protobuf;
using Microsoft.ML.OnnxRuntime;

namespace Tips.MLNet.Models;

/// <summary>Opens ONNX Runtime sessions and turns its failures into messages a user can act on.</summary>
internal static class SessionFactory
{
    /// <exception cref="InvalidOperationException">The graph cannot be opened, or is not the one the manifest describes.</exception>
    public static InferenceSession Open(
        ModelFiles files, PartManifest part, string file, Execution execution, ExpectedTensor[] inputs, ExpectedTensor[] outputs)
    {
        try
        {
            using var sessionOptions = CreateOptions(execution, files.Manifest.Precision);
            var session = files.OpenSession(part, file, sessionOptions);
            try
            {
                Check(session.InputMetadata, inputs, "input");
                Check(session.OutputMetadata, outputs, "output");
                return session;
            }
            catch
            {
                session.Dispose();
                throw;
            }
        }
        catch (Exception e) when (IsNativeLibraryMissing(e))
        {
            throw new InvalidOperationException(NativeLibraryMissing, e);
        }
        catch (Exception e) when (e is OnnxRuntimeException or InvalidDataException or InvalidProtocolBufferException
            or IOException or UnauthorizedAccessException)
        {
            throw new InvalidOperationException($"Cannot open graph '{file}' of the {files.Place}: {e.Message}", e);
        }
    }

    /// <summary>Why sessions cannot run there, or null if they can.</summary>
    public static string? WhyUnusable(Execution execution)
    {
        try
        {
            CreateOptions(execution, precision: null).Dispose();
            return null;
        }
        catch (InvalidOperationException e)
        {
            return e.Message;
        }
        catch (Exception e) when (IsNativeLibraryMissing(e))
        {
            return NativeLibraryMissing;
        }
    }

    private const string NativeLibraryMissing =
        "The native ONNX Runtime library was not found. Tips.MLNet leaves its choice to the application: reference the package "
        + "Microsoft.ML.OnnxRuntime (CPU) or Microsoft.ML.OnnxRuntime.Gpu (CUDA).";

    private static bool IsNativeLibraryMissing(Exception e)
        => e is DllNotFoundException or TypeInitializationException { InnerException: DllNotFoundException or EntryPointNotFoundException };

    private static SessionOptions CreateOptions(Execution execution, string? precision)
    {
        RuntimeTelemetry.Disable();
        var options = new SessionOptions { GraphOptimizationLevel = GraphOptimizationLevel.ORT_ENABLE_ALL };
        try
        {
            if (execution.IntraOpThreads > 0) options.IntraOpNumThreads = execution.IntraOpThreads;
            if (execution.Provider == ExecutionProvider.Cuda)
            {
                AppendCuda(options, execution.DeviceId);
                // Its warnings tell that shapes are computed on the CPU, as they should be. Of int8, everything is: worth a warning.
                if (precision != "int8") options.LogSeverityLevel = OrtLoggingLevel.ORT_LOGGING_LEVEL_ERROR;
            }

            return options;
        }
        catch
        {
            options.Dispose();
            throw;
        }
    }

    private static void Check(IReadOnlyDictionary<string, NodeMetadata> found, ExpectedTensor[] expected, string role)
    {
        foreach (var tensor in expected)
        {
            if (!found.TryGetValue(tensor.Name, out var metadata))
            {
                throw new InvalidDataException(
                    $"it has no {role} '{tensor.Name}', which the manifest names; it has "
                    + $"{string.Join(", ", found.Keys.Select(k => $"'{k}'"))}.");
            }

            bool fits = metadata.ElementType == tensor.ElementType
                && metadata.Dimensions.Length == tensor.Shape.Length
                && metadata.Dimensions.Zip(tensor.Shape).All(d => d.First < 0 || d.Second < 0 || d.First == d.Second);
            if (!fits)
            {
                throw new InvalidDataException(
                    $"its {role} '{tensor.Name}' is {metadata.ElementType?.Name} [{string.Join(", ", metadata.Dimensions)}], "
                    + $"but the manifest says {tensor.ElementType.Name} [{string.Join(", ", tensor.Shape)}].");
            }
        }
    }

    private static void AppendCuda(SessionOptions sessionOptions, int deviceId)
    {
        try
        {
            using var cuda = new OrtCUDAProviderOptions();
            // Without TF32, whose 10 bits of mantissa would make float32 models differ from the reference by 1e-3.
            cuda.UpdateOptions(new Dictionary<string, string>
            {
                ["device_id"] = deviceId.ToString(CultureInfo.InvariantCulture),
                ["use_tf32"] = "0",
            });
            sessionOptions.AppendExecutionProvider_CUDA(cuda);
        }
        catch (Exception e) when (e is OnnxRuntimeException or EntryPointNotFoundException or NotSupportedException)
        {
            throw new InvalidOperationException(
                $"The CUDA provider cannot be used on device {deviceId}: {e.Message} The application needs the package "
                + "Microsoft.ML.OnnxRuntime.Gpu "
                + "instead of Microsoft.ML.OnnxRuntime, and CUDA and cuDNN on the machine; or set "
                + $"{nameof(TipsModelOptions)}.{nameof(TipsModelOptions.Provider)} to {nameof(ExecutionProvider.Cpu)}.",
                e);
        }
    }
}
