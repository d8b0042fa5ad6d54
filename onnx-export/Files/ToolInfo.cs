using System.Reflection;

namespace Tips.OnnxExport.Files;

/// <summary>The tool's own name and version.</summary>
internal static class ToolInfo
{
    public const string Name = "tips-onnx-export";

    public static string Version { get; } =
        typeof(ToolInfo).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion.Split('+')[0]
            ?? "0.0.0";

    /// <summary>Name and version, as in a manifest.</summary>
    public static string Producer => $"{Name} {Version}";
}
