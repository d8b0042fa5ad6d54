using Tips.OnnxExport.Commands;

namespace Tips.MLNet.Tests.Support;

/// <summary>The tool as a shell sees it: arguments in; exit code, standard output and standard error out.</summary>
internal static class ToolRun
{
    public static async Task<(int Code, string Output, string Error)> Run(params string[] arguments)
    {
        using StringWriter output = new(), error = new();
        int code = await ToolCommand.RunAsync(arguments, output, error);
        return (code, output.ToString(), error.ToString());
    }
}
