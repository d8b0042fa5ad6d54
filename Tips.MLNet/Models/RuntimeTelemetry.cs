using System.Runtime.InteropServices;
using Microsoft.ML.OnnxRuntime;

namespace Tips.MLNet.Models;

/// <summary>
/// ONNX Runtime's official builds report sessions, models and errors to their maker unless they are told not to, and keep a device
/// identifier on disk. A library that embeds private pictures must not.
/// </summary>
internal static partial class RuntimeTelemetry
{
    /// <summary>
    /// The runtime's own opt-out; it counts only if it is there before the runtime starts. Whatever the user has set stays.
    /// </summary>
    private const string OptOut = "ORT_DISABLE_TELEMETRY";

    private static readonly Lazy<bool> Disabled = new(() =>
    {
        // .NET keeps environment variables to itself; native code sees those of the C library.
        if (!OperatingSystem.IsWindows()) _ = SetEnvironmentVariable(OptOut, "1", overwrite: 0);
        OrtEnv.Instance().DisableTelemetryEvents();
        return true;
    });

    /// <summary>Switches it off for the process; to be called before anything else of ONNX Runtime.</summary>
    public static void Disable() => _ = Disabled.Value;

    [LibraryImport("libc", EntryPoint = "setenv", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int SetEnvironmentVariable(string name, string value, int overwrite);
}
