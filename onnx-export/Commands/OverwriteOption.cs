using System.CommandLine;

namespace Tips.OnnxExport.Commands;

/// <summary><c>--overwrite</c>.</summary>
internal static class OverwriteOption
{
    public static Option<bool> Create() => new("--overwrite") { Description = "Replace a model folder that is there already." };
}
