using Microsoft.ML;
using Microsoft.ML.Data;
using Microsoft.ML.Runtime;

namespace Tips.MLNet.Pipelines.Interop;

/// <summary>
/// What our components need from the <see cref="MLContext"/> that they belong to: its log and its choice of a GPU. Thread-safe.
/// </summary>
internal sealed class PipelineHost
{
    private readonly IHostEnvironment _environment;

    private PipelineHost(IHostEnvironment environment) => _environment = environment;

    /// <summary>The GPU of <c>mlContext.GpuDeviceId</c>; null means the CPU.</summary>
    public int? GpuDeviceId => (_environment as IHostEnvironmentInternal)?.GpuDeviceId;

    /// <summary>Whether the CPU may stand in for a GPU that cannot be used (<c>mlContext.FallbackToCpu</c>).</summary>
    public bool FallbackToCpu => (_environment as IHostEnvironmentInternal)?.FallbackToCpu ?? false;

    public static PipelineHost Of(IHostEnvironment environment) => new(environment);

    /// <summary>The host behind a catalog of an <see cref="MLContext"/>.</summary>
    public static PipelineHost Of(object catalog) => new(((IInternalCatalog)catalog).GetEnvironment());

    /// <summary>Sends information to the listeners of <c>mlContext.Log</c>.</summary>
    public void Info(string component, string message) => Send(component, channel => channel.Info(MessageSensitivity.None, message));

    /// <summary>Sends a warning to the listeners of <c>mlContext.Log</c>.</summary>
    public void Warn(string component, string message) => Send(component, channel => channel.Warning(MessageSensitivity.None, message));

    private void Send(string component, Action<IChannel> send)
    {
        using var channel = _environment.Start(component);
        send(channel);
    }
}
