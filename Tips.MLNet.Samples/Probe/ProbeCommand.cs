using System.CommandLine;
using Tips.MLNet.Samples.Common;

namespace Tips.MLNet.Samples.Probe;

/// <summary><c>probe</c>: trains a linear classifier on frozen embeddings.</summary>
internal static class ProbeCommand
{
    public static Command Create(SampleContext context)
    {
        var model = SampleOptions.Model();
        var images = SampleOptions.ClassFolders();
        var names = SampleOptions.Names();
        var pipeline = SampleOptions.Save("File for the best pipeline.", "probe.zip");
        const string description
            = "Train logistic regression on frozen embeddings, choose its regularization on held-out pictures, test and save it.";
        var command = new Command("probe", description) { model, images, names, pipeline };
        command.Options.Add(SampleOptions.Store());
        command.Options.Add(SampleOptions.Report());
        command.SetAction((parsed, cancellationToken) => Task.Run(
            () => ProbeSample.Run(
                parsed.GetValue(model),
                (parsed.GetValue(images), parsed.GetValue(names)),
                parsed.GetRequiredValue(pipeline),
                context,
                cancellationToken),
            cancellationToken));
        return command;
    }
}
