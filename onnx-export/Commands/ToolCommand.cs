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

    /// <summary>Examples for the help of each command, as a user would type them.</summary>
    public static IReadOnlyDictionary<string, string[]> Examples { get; } = new Dictionary<string, string[]>
    {
        ["list"] = ["list"],
        ["get"] = ["get b14-hr --output tips-b14", "get v2-l14 --no-text --heads --precision fp16 --output tips-l14"],
        ["download"] = ["download b14-hr", "download v2-g14 --layout scenic --cache /data/tips"],
        ["export"] =
        [
            "export --vision tips_oss_b14_highres_distilled_vision.npz --output tips-b14",
            "export --text text.npz --tokenizer tokenizer.model --output tips-b14-text",
            "export --hugging-face tipsv2-b14 --output tips-b14 --precision int8",
            "export --vision tips_v2_oss_b14_vision.npz --head depth=tips_v2_b14_depth_dpt.zip --output tips-b14",
        ],
        ["head"] = ["head tips-b14 depth=tips_v2_b14_depth_dpt.zip normals=tips_v2_b14_normals_dpt.zip"],
        ["inspect"] = ["inspect tips_oss_b14_highres_distilled_vision.npz"],
        ["verify"] = ["verify tips-b14", "verify tips-b14-int8 --against tips-b14 --images photos"],
    };

    /// <summary>Runs a command.</summary>
    /// <param name="args">The arguments.</param>
    /// <param name="standardOutput">Standard output.</param>
    /// <param name="standardError">Standard error.</param>
    /// <param name="layout">The layout of both; null for what fits each. Without a terminal, no line is broken: they are data.</param>
    /// <param name="cancellationToken">Ends the command.</param>
    public static async Task<int> RunAsync(
        string[] args,
        TextWriter standardOutput,
        TextWriter standardError,
        TextLayout? layout = null,
        CancellationToken cancellationToken = default)
    {
        var output = new WrappingWriter(standardOutput, layout ?? TextLayout.Of(standardOutput, TextLayout.Unlimited));
        var error = new WrappingWriter(standardError, layout ?? TextLayout.Of(standardError, TextLayout.Unlimited));
        var root = CreateRoot(output, error);
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
            var parsed = Parse(root, args);
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
            error.WriteLine($"{error.Layout.Red("error:")} {Printable.Escape(e.Message)}");
            return Failure;
        }
        catch (Exception e)
        {
            error.WriteLine($"{error.Layout.Red("error:")} unexpected {e.GetType().Name}: {Printable.Escape(e.Message)}");
            return Failure;
        }
        finally
        {
            output.Flush(); // the help may end within a line
            error.Flush();
        }
    }

    internal static RootCommand CreateRoot(TextWriter output, TextWriter error)
    {
        var root = new RootCommand(
            "Downloads Google DeepMind's TIPS checkpoints and turns them into ONNX model folders for Tips.MLNet, without Python.\n\nExit "
            + "codes: 0 success, 1 the work failed, 2 wrong usage, 128 + N ended by signal N (130: Ctrl-C).")
        {
            ListCommand.Create(output),
            GetCommand.Create(output, error),
            DownloadCommand.Create(output, error),
            ExportCommand.Create(error),
            HeadCommand.Create(error),
            InspectCommand.Create(output),
            VerifyCommand.Create(output, error),
        };
        HelpExamples.AddTo(root, Examples);
        return root;
    }

    // No response files: a path may begin with '@'.
    internal static ParseResult Parse(RootCommand root, IReadOnlyList<string> args)
        => root.Parse(args, new ParserConfiguration { ResponseFileTokenReplacer = null });
}
