using System.CommandLine;
using Tips.CommandLine;
using Tips.MLNet.Samples.Cluster;
using Tips.MLNet.Samples.Common;
using Tips.MLNet.Samples.Embed;
using Tips.MLNet.Samples.Knn;
using Tips.MLNet.Samples.Probe;
using Tips.MLNet.Samples.Search;
using Tips.MLNet.Samples.ZeroShot;

namespace Tips.MLNet.Samples;

/// <summary>The samples' command line: one verb a sample, and the k-NN sample when no verb is given.</summary>
internal static class SampleCommands
{
    /// <summary>Exit codes.</summary>
    public const int Success = 0, Failure = 1, Usage = 2, Cancelled = 130;

    public static async Task<int> RunAsync(string[] args, TextWriter output, TextWriter error, CancellationToken cancellationToken = default)
    {
        // The k-NN sample's work is a file: that its report finds no reader must not stop it. What embed prints is its work.
        var tolerant = new ForgivingWriter(output);
        TextWriter report = ReferenceEquals(output, Console.Out) ? output : tolerant;
        var root = new RootCommand("Samples of Tips.MLNet. Without arguments: the k-NN sample on the small model and the drawings that come with it.")
        {
            KnnCommand.Create(report),
            ZeroShotCommand.Create(report),
            SearchCommand.Create(report),
            ClusterCommand.Create(report),
            ProbeCommand.Create(report),
            EmbedCommand.Create(output, error),
        };
        root.SetAction((_, cancellationToken) => Task.Run(() => KnnSample.Run(new KnnRequest(), report, cancellationToken), cancellationToken));

        var configuration = new InvocationConfiguration { Output = output, Error = error, EnableDefaultExceptionHandler = false, ProcessTerminationTimeout = null };
        try
        {
            var parsed = root.Parse(args, new ParserConfiguration { ResponseFileTokenReplacer = null }); // a path may begin with '@'
            if (parsed.Errors.Count == 0)
            {
                int code = await parsed.InvokeAsync(configuration, cancellationToken);
                return tolerant.Failure is { } failure && !StandardOutput.IsClosedPipe(failure) ? throw failure : code;
            }

            configuration.Output = error;
            await parsed.InvokeAsync(configuration, cancellationToken);
            return Usage;
        }
        catch (OperationCanceledException)
        {
            error.WriteLine("cancelled");
            return Cancelled;
        }
        catch (IOException e) when (StandardOutput.IsClosedPipe(e))
        {
            return Success; // whoever reads has had enough
        }
        catch (Exception e) when (e is SampleException or IOException or InvalidDataException or UnauthorizedAccessException or InvalidOperationException or ArgumentException)
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
