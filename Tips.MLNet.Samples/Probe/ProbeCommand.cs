using System.CommandLine;
using Tips.MLNet.Samples.Common;

namespace Tips.MLNet.Samples.Probe;

/// <summary><c>probe</c>: trains a linear classifier on frozen embeddings.</summary>
internal static class ProbeCommand
{
    public static Command Create(TextWriter output)
    {
        var model = SampleOptions.Model();
        var images = SampleOptions.ClassFolders();
        var pipeline = SampleOptions.Output("File for the best pipeline.", "probe.zip");
        const string description
            = "Train logistic regression on frozen embeddings, choose its regularization on held-out pictures, test and save it.";
        var command = new Command("probe", description) { model, images, pipeline };
        command.SetAction((parsed, cancellationToken) => Task.Run(
            () => ProbeSample.Run(
                parsed.GetValue(model), parsed.GetValue(images), parsed.GetRequiredValue(pipeline), output, cancellationToken),
            cancellationToken));
        return command;
    }
}
