using Microsoft.ML;

namespace Tips.MLNet.Pipelines.Interop;

/// <summary>What distinguishes one of our components in a saved pipeline.</summary>
/// <param name="Loader">Name under which ML.NET finds the loader: at most 24 ASCII characters.</param>
/// <param name="Model">Mark at the start of the component's data: exactly 8 ASCII characters.</param>
internal sealed record ComponentSignature(string Loader, string Model)
{
    private const uint FormatVersion = 0x00010002;

    // The simple assembly name: a newer version of this library then finds a pipeline that an older one saved, and the other way round.
    internal VersionInfo ToVersionInfo() => new(
        Model,
        FormatVersion,
        FormatVersion,
        FormatVersion,
        loaderSignature: Loader,
        loaderAssemblyName: typeof(ComponentSignature).Assembly.GetName().Name);
}
