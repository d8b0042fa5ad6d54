using System.CommandLine;
using Tips.CommandLine;
using Tips.OnnxExport.Checkpoints;
using Tips.OnnxExport.Files;

namespace Tips.OnnxExport.Commands;

/// <summary>The command line: verbs, exit codes, and the one place where errors become messages.</summary>
internal static class ToolCommand
{
    /// <summary>Exit codes.</summary>
    public const int Success = 0, Failure = 1, Usage = 2, Canceled = 130;

    public static async Task<int> RunAsync(
        string[] args, TextWriter output, TextWriter error, CancellationToken cancellationToken = default)
    {
        var root = new RootCommand(
            "Downloads Google DeepMind's TIPS checkpoints and turns them into ONNX model folders for Tips.MLNet, without Python.\n\nExit "
            + "codes: 0 success, 1 the work failed, 2 wrong usage, 128 + N ended by signal N (130: Ctrl-C).")
        {
            ListCommand.Create(output),
            GetCommand.Create(output, error),
            DownloadCommand.Create(output, error),
            ExportCommand.Create(error),
            InspectCommand.Create(output),
            VerifyCommand.Create(output, error),
        };
        // The program handles signals itself (TerminationSignals): a time limit here would end the process before it has cleaned up.
        var configuration = new InvocationConfiguration
        {
            Output = output,
            Error = error,
            EnableDefaultExceptionHandler = false,
            ProcessTerminationTimeout = null,
        };
        try
        {
            var parsed = root.Parse(args, new ParserConfiguration { ResponseFileTokenReplacer = null }); // a path may begin with '@'
            if (parsed.Errors.Count == 0) return await parsed.InvokeAsync(configuration, cancellationToken);
            configuration.Output = error;
            await parsed.InvokeAsync(configuration, cancellationToken);
            return Usage;
        }
        catch (OperationCanceledException e)
        {
            error.WriteLine(e is WorkCanceledException ? Printable.Escape(e.Message) : "canceled");
            return Canceled;
        }
        catch (Exception e) when (
            e is CheckpointException or IOException or InvalidDataException or UnauthorizedAccessException
                or ArgumentException or NotSupportedException or InvalidOperationException)
        {
            error.WriteLine($"error: {Printable.Escape(e.Message)}");
            return Failure;
        }
        catch (Exception e)
        {
            error.WriteLine($"error: unexpected {e.GetType().Name}: {Printable.Escape(e.Message)}");
            return Failure;
        }
    }
}
