using System.CommandLine;
using Tips.MLNet.Samples.Common;

namespace Tips.MLNet.Samples.ZeroShot;

/// <summary><c>zero-shot</c>: classes by their names.</summary>
internal static class ZeroShotCommand
{
    public static Command Create(TextWriter output)
    {
        var model = SampleOptions.Model();
        var images = SampleOptions.ClassFolders();
        var template = new Option<string[]>("--template") { Description = "Prompt with {} for the class name; may be given several times. Default: the reference's nine, or those of the small model.", HelpName = "TEXT", AllowMultipleArgumentsPerToken = false };
        template.Validators.Add(result =>
        {
            if (result.Tokens.FirstOrDefault(t => !t.Value.Contains("{}", StringComparison.Ordinal)) is { } bad) result.AddError($"--template '{bad.Value}' has no {{}} for the class name.");
        });
        var command = new Command("zero-shot", "Classify pictures by the names of their classes, without learning any.") { model, images, template };
        command.SetAction((parsed, cancellationToken) => Task.Run(() => ZeroShotSample.Run(parsed.GetValue(model), parsed.GetValue(images), parsed.GetValue(template) ?? [], output, cancellationToken), cancellationToken));
        return command;
    }
}
