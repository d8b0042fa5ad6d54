using System.CommandLine;
using Tips.OnnxExport.Checkpoints;

namespace Tips.OnnxExport.Commands;

/// <summary>The command line: verbs, exit codes, and the one place where errors become messages.</summary>
internal static class ToolCommand
{
    /// <summary>Exit codes.</summary>
    public const int Success = 0, Failure = 1, Usage = 2, Cancelled = 130;

    public static async Task<int> RunAsync(string[] args, TextWriter output, TextWriter error)
    {
        var root = new RootCommand("Turns Google DeepMind's TIPS checkpoints (.npz) into ONNX model folders for Tips.MLNet, without Python.\n\nExit codes: 0 success, 1 the work failed, 2 wrong usage, 130 cancelled.")
        {
            ExportCommand.Create(error),
            InspectCommand.Create(output),
        };
        var parsed = root.Parse(args);
        var configuration = new InvocationConfiguration { Output = output, Error = error, EnableDefaultExceptionHandler = false };
        if (parsed.Errors.Count > 0)
        {
            await parsed.InvokeAsync(configuration);
            return Usage;
        }

        try
        {
            return await parsed.InvokeAsync(configuration);
        }
        catch (OperationCanceledException)
        {
            error.WriteLine("cancelled; nothing was left behind");
            return Cancelled;
        }
        catch (Exception e) when (e is CheckpointException or IOException or UnauthorizedAccessException or ArgumentException or NotSupportedException)
        {
            error.WriteLine($"error: {e.Message}");
            return Failure;
        }
    }
}
