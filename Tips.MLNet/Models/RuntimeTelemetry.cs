using System.Runtime.InteropServices;
using Microsoft.ML.OnnxRuntime;

namespace Tips.MLNet.Models;

/// <summary>
/// ONNX Runtime's official builds report sessions, models and errors to their maker unless they are told not to, and keep a device
/// identifier on disk. A library that embeds private pictures must not do that.
/// </summary>
internal static partial class RuntimeTelemetry
{
    /// <summary>
    /// The runtime's own opt-out; it works only if it is set before the runtime starts. A value that the user has set is kept.
    /// </summary>
    private const string OptOut = "ORT_DISABLE_TELEMETRY";

    private static readonly Lazy<bool> Disabled = new(() =>
    {
        // .NET keeps its own copy of the environment variables; native code sees those of the C library.
        if (!OperatingSystem.IsWindows()) _ = SetEnvironmentVariable(OptOut, "1", overwrite: 0);
        OrtEnv.Instance().DisableTelemetryEvents();
        return true;
    });

    /// <summary>Turns telemetry off for the process; call it before using anything else in ONNX Runtime.</summary>
    public static void Disable() => _ = Disabled.Value;

    [LibraryImport("libc", EntryPoint = "setenv", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int SetEnvironmentVariable(string name, string value, int overwrite);
}
