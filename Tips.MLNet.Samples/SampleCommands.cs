using System.CommandLine;
using System.CommandLine.Help;
using Tips.CommandLine;
using Tips.MLNet.Samples.Audit;
using Tips.MLNet.Samples.Cluster;
using Tips.MLNet.Samples.Common;
using Tips.MLNet.Samples.Dense;
using Tips.MLNet.Samples.Embed;
using Tips.MLNet.Samples.Index;
using Tips.MLNet.Samples.Knn;
using Tips.MLNet.Samples.Predict;
using Tips.MLNet.Samples.Probe;
using Tips.MLNet.Samples.Search;
using Tips.MLNet.Samples.ZeroShot;

namespace Tips.MLNet.Samples;

/// <summary>The command line of the samples: one command per sample, and the k-NN sample if no command is given.</summary>
internal static class SampleCommands
{
    /// <summary>What a user types who has installed it as a tool.</summary>
    public const string Program = "tips";

    /// <summary>Exit codes.</summary>
    public const int Success = 0, Failure = 1, Usage = 2, PicturesLeftOut = 3, Canceled = 130;

    /// <summary>Examples for the help of each command, as a user would type them.</summary>
    public static IReadOnlyDictionary<string, string[]> Examples { get; } = new Dictionary<string, string[]>
    {
        ["knn"] = ["knn", "knn --model tips-b14 --images photos --save photos.zip", "knn --images photos --report photos.html"],
        ["zero-shot"] = ["zero-shot --images photos --save classes.zip", "zero-shot --images photos --template \"a photo of a {}\""],
        ["index"] = ["index photos -o photos.index", "index photos.csv -o photos.index --captions --model tips-b14"],
        ["search"] =
        [
            "search --query \"a red apple\"",
            "search photos.index -q \"a dog on a beach\" --filter \"2024/**\"",
            "search photos.index --image dog.jpg -q \"in the snow\" --text-weight 0.7",
            "search photos.index --duplicates 0.95",
        ],
        ["audit"] = ["audit", "audit --images photos --duplicates 0.98", "audit --images train --test test --format jsonl"],
        ["cluster"] = ["cluster --images photos --clusters 8 --save clusters.zip --report clusters.html"],
        ["probe"] = ["probe --images photos --save probe.zip"],
        ["patches"] = ["patches --images photos", "patches --images photo.jpg --short-side 448 --layer 5 --raw"],
        ["pca"] = ["pca", "pca --images photos --together --short-side 448"],
        ["heatmap"] =
        [
            "heatmap", "heatmap --images photos --text \"a cat\" --text \"a sofa\"", "heatmap --images photos --point cat.jpg:120,80",
        ],
        ["segment"] =
        [
            "segment",
            "segment --images photos --labels classes.txt --mode whole",
            "segment --images images --labels ade20k.txt --truth annotations",
            "segment --model tips-v2-b14 --images photos --head",
        ],
        ["foreground"] =
        [
            "foreground --save foreground.zip",
            "foreground --images masked --apply photos",
            "foreground --load foreground.json --apply photos",
        ],
        ["depth"] = ["depth --model tips-v2-b14 --images photos"],
        ["normals"] = ["normals --model tips-v2-b14 --images photos", "normals --model tips-v2-b14 --images a.jpg --style hugging-face"],
        ["predict"] =
        [
            "predict --pipeline photos.zip --images new --reject 0.5",
            "predict --pipeline photos.zip --images new.csv --format jsonl --output labels.jsonl",
            "predict --pipeline foreground.zip --images new --masks masks",
        ],
        ["embed"] = ["embed --images photos", "embed --text \"a red apple\"", "embed --texts captions.txt --raw"],
    };

    /// <summary>Runs a command.</summary>
    /// <param name="args">The arguments.</param>
    /// <param name="output">Standard output.</param>
    /// <param name="error">Standard error.</param>
    /// <param name="input">Opens standard input.</param>
    /// <param name="layout">The layout of both; null for what fits each (<see cref="TextLayout.Of"/>).</param>
    /// <param name="cancellationToken">Ends the command.</param>
    public static async Task<int> RunAsync(
        string[] args,
        TextWriter output,
        TextWriter error,
        Func<Stream>? input = null,
        TextLayout? layout = null,
        CancellationToken cancellationToken = default)
    {
        // Most samples write files, so they continue even if nobody can read their report. For embed, the output is the result.
        var tolerant = new ForgivingWriter(output);
        var wide = layout ?? TextLayout.Of(output);
        var report = new WrappingWriter(ReferenceEquals(output, Console.Out) ? output : tolerant, wide);
        var messages = new WrappingWriter(error, layout ?? TextLayout.Of(error, TextLayout.Unlimited));
        var context = new SampleContext(report, output, messages, input ?? Console.OpenStandardInput);
        var root = CreateRoot(context);
        var configuration = new InvocationConfiguration
        {
            Output = new WrappingWriter(output, wide),
            Error = messages,
            EnableDefaultExceptionHandler = false,
            ProcessTerminationTimeout = null,
        };
        try
        {
            var parsed = Parse(root, args);
            if (parsed.Errors.Count == 0)
            {
                context.IsQuiet = parsed.GetValue<bool>("--quiet");
                context.IsJson = parsed.GetValue<bool>(SampleOptions.JsonName);
                context.LeftOut.IsStrict = parsed.GetValue<bool>("--strict");
                context.Upright = parsed.GetValue<bool>("--upright");
                context.Store.Folder = ValueOf(parsed, SampleOptions.StoreName);
                context.ReportFile = ValueOf(parsed, SampleOptions.ReportName);
                if (context.ReportFile is not null) context.CheckOutput(context.ReportFile);
                int code = await parsed.InvokeAsync(configuration, cancellationToken);
                configuration.Output.Flush();
                if (code == Success && context.LeftOut.Count > 0)
                    code = context.LeftOut.ReadCount > 0 ? PicturesLeftOut : throw new SampleException(LeftOut.NothingRead);
                if (code is Success or PicturesLeftOut) context.WriteResult(NameOf(parsed.CommandResult.Command));
                return tolerant.Failure is { } failure && !StandardOutput.IsClosedPipe(failure) ? throw failure : code;
            }

            configuration.Output = messages;
            await parsed.InvokeAsync(configuration, cancellationToken);
            return Usage;
        }
        catch (OperationCanceledException)
        {
            messages.WriteLine("canceled");
            return Canceled;
        }
        catch (IOException e) when (StandardOutput.IsClosedPipe(e))
        {
            return Success; // the reader has read enough
        }
        catch (Exception e) when (
            e is SampleException or IOException or InvalidDataException or UnauthorizedAccessException
                or InvalidOperationException or ArgumentException)
        {
            messages.WriteLine($"{messages.Layout.Red("error:")} {Printable.Escape(MessageOf(e))}");
            return Failure;
        }
        catch (Exception e)
        {
            messages.WriteLine($"{messages.Layout.Red("error:")} unexpected {e.GetType().Name}: {Printable.Escape(e.Message)}");
            return Failure;
        }
        finally
        {
            context.Store.Dispose();
            if (!context.IsQuiet) context.Store.Report(messages);
            context.LeftOut.Report(messages);
        }
    }

    /// <summary>Creates the root command.</summary>
    /// <param name="context">What the samples get.</param>
    internal static Command CreateRoot(SampleContext context)
    {
        const string description
            = "Samples of Tips.MLNet. Without arguments: the k-NN sample with the tiny model and the drawings that come with it."
            + "\n\nExit codes: 0 success, 1 failure, 2 wrong usage, 3 success but for pictures that were left out, "
            + "128 + N ended by signal N (130: Ctrl-C).";
        // Not a RootCommand, which has the name of the assembly.
        var root = new Command(Program, description)
        {
            KnnCommand.Create(context),
            ZeroShotCommand.Create(context),
            IndexCommand.Create(context),
            SearchCommand.Create(context),
            ClusterCommand.Create(context),
            AuditCommand.Create(context),
            ProbeCommand.Create(context),
            PatchesCommand.Create(context),
            PcaCommand.Create(context),
            HeatmapCommand.Create(context),
            SegmentCommand.Create(context),
            ForegroundCommand.Create(context),
            DepthCommand.Create(context),
            NormalsCommand.Create(context),
            EmbedCommand.Create(context),
            PredictCommand.Create(context),
        };
        root.Options.Add(new HelpOption());
        root.Options.Add(new VersionOption());
        root.Options.Add(SampleOptions.Strict());
        root.Options.Add(SampleOptions.Upright());
        root.Options.Add(SampleOptions.Quiet());
        root.Options.Add(SampleOptions.Json());
        root.SetAction((_, token) => Task.Run(() => KnnSample.Run(new KnnRequest(), context, token), token));
        HelpExamples.AddTo(root, Examples);
        return root;
    }

    // Without the name of a parameter, which says nothing to whoever types commands.
    private static string MessageOf(Exception e)
        => e is ArgumentException { ParamName: { } name } ? e.Message.Split($" (Parameter '{name}')")[0] : e.Message;

    // Not every command has the option.
    private static string? ValueOf(ParseResult parsed, string name)
    {
        var options = parsed.CommandResult.Command.Options.OfType<Option<string?>>();
        return options.FirstOrDefault(o => o.Name == name) is { } option ? parsed.GetValue(option) : null;
    }

    // The command that runs if no name is given.
    private static string NameOf(Command command) => command.Parents.Any() ? command.Name : "knn";

    // No response files: a path may begin with '@'.
    internal static ParseResult Parse(Command root, IReadOnlyList<string> args)
        => root.Parse(args, new ParserConfiguration { ResponseFileTokenReplacer = null });
}
