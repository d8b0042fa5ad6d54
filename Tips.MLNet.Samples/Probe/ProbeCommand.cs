using System.CommandLine;
using Tips.MLNet.Samples.Common;

namespace Tips.MLNet.Samples.Probe;

/// <summary><c>probe</c>: a linear classifier on frozen embeddings.</summary>
internal static class ProbeCommand
{
    public static Command Create(TextWriter output)
    {
        var model = SampleOptions.Model();
        var images = SampleOptions.ClassFolders();
        var pipeline = SampleOptions.Output("File for the best pipeline.", "probe.zip");
        var command = new Command("probe", "Train logistic regression on frozen embeddings, choose its regularisation on held-out pictures, test, save.") { model, images, pipeline };
        command.SetAction((parsed, cancellationToken) => Task.Run(() => ProbeSample.Run(parsed.GetValue(model), parsed.GetValue(images), parsed.GetRequiredValue(pipeline), output, cancellationToken), cancellationToken));
        return command;
    }
}
