using System.CommandLine;
using Tips.MLNet.Samples.Common;
using Tips.MLNet.Samples.Embed;
using Tips.MLNet.Samples.Knn;

namespace Tips.MLNet.Samples;

/// <summary>The samples' command line: one verb a sample, and the k-NN sample when no verb is given.</summary>
internal static class SampleCommands
{
    private const int Failure = 1, Usage = 2, Cancelled = 130;

    public static async Task<int> RunAsync(string[] args, TextWriter output, TextWriter error)
    {
        var root = new RootCommand("Samples of Tips.MLNet. Without arguments: the k-NN sample on the small model and the drawings that come with it.")
        {
            KnnCommand.Create(output),
            EmbedCommand.Create(output, error),
        };
        root.SetAction((_, cancellationToken) => Task.Run(() => KnnSample.Run(new KnnRequest(), output, cancellationToken), cancellationToken));

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
            return Cancelled;
        }
        catch (Exception e) when (e is SampleException or IOException or UnauthorizedAccessException or InvalidOperationException)
        {
            error.WriteLine($"error: {e.Message}");
            return Failure;
        }
    }
}
