using System.CommandLine;
using Tips.MLNet.Samples.Common;

namespace Tips.MLNet.Samples.ZeroShot;

/// <summary><c>zero-shot</c>: classifies pictures by the names of classes.</summary>
internal static class ZeroShotCommand
{
    public static Command Create(SampleContext context)
    {
        var model = SampleOptions.Model();
        var images = SampleOptions.ClassFolders();
        var names = SampleOptions.Names();
        var template = SampleOptions.Templates(
            "Prompt with {} for the class name. May be given several times. Default: the nine prompts of the reference; with the tiny "
            + "model, "
            + "those it was trained on.");
        var pipeline = SampleOptions.Save();
        pipeline.Aliases.Add("--output");
        pipeline.Aliases.Add("-o");
        var command = new Command("zero-shot", "Classify pictures by the names of their classes, without training.")
        {
            model, images, names, template, pipeline,
        };
        command.Options.Add(SampleOptions.Store());
        command.Options.Add(SampleOptions.Report());
        command.SetAction((parsed, cancellationToken) => Task.Run(
            () => ZeroShotSample.Run(
                parsed.GetValue(model),
                (parsed.GetValue(images), parsed.GetValue(names)),
                parsed.GetValue(template) ?? [],
                parsed.GetValue(pipeline),
                context,
                cancellationToken),
            cancellationToken));
        return command;
    }
}
