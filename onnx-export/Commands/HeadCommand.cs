using System.CommandLine;
using Tips.CommandLine;
using Tips.MLNet.Models;
using Tips.OnnxExport.Export;
using Tips.OnnxExport.Files;

namespace Tips.OnnxExport.Commands;

/// <summary><c>head</c>: puts heads onto a model folder.</summary>
internal static class HeadCommand
{
    public static Command Create(TextWriter error)
    {
        var model = new Argument<DirectoryInfo>("MODEL") { Description = "The model folder." };
        var heads = new Argument<HeadSource[]>("TASK=FILE")
        {
            Description =
                "Heads: depth, normals or segmentation, '=', and the file with the head: .zip or .npz as released, or the .safetensors "
                + "of a dense model.",
            Arity = ArgumentArity.OneOrMore,
            CustomParser = HeadOptionSet.Parse,
        };
        var options = new HeadOptionSet();
        var overwrite = new Option<bool>("--overwrite") { Description = "Replace heads for the same tasks." };
        var command = new Command(
            "head", "Put heads for depth, normals or segmentation onto a model folder, without its checkpoint.") { model, heads };
        options.AddTo(command);
        command.Options.Add(overwrite);
        command.SetAction((parsed, cancellationToken) =>
        {
            var request = new HeadRequest(parsed.GetRequiredValue(model).FullName, parsed.GetRequiredValue(heads))
            {
                Settings = options.Settings(parsed),
                Overwrite = parsed.GetValue(overwrite),
            };
            return Task.Run(() => Run(request, error, cancellationToken));
        });
        return command;
    }

    private static int Run(HeadRequest request, TextWriter error, CancellationToken cancellationToken)
    {
        TipsManifest manifest;
        try
        {
            manifest = ProgressDisplay.Run(
                error, ProgressUnit.Bytes, progress => HeadInstaller.Install(request, progress, cancellationToken: cancellationToken));
        }
        catch (OperationCanceledException)
        {
            throw new WorkCanceledException("canceled; the model is as it was", cancellationToken);
        }

        foreach (string line in ModelDescription.Lines(manifest)) error.WriteLine(line);
        error.WriteLine($"Changed {WordWrap.Keep(Printable.Escape(request.Model))}");
        return ToolCommand.Success;
    }
}
