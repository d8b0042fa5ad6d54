using System.CommandLine;
using Tips.CommandLine;
using Tips.OnnxExport.Downloads;

namespace Tips.OnnxExport.Commands;

/// <summary><c>get</c>: download, export and verify in one go.</summary>
internal static class GetCommand
{
    public static Command Create(TextWriter output, TextWriter error)
    {
        var options = new DownloadOptionSet();
        var folder = new Option<DirectoryInfo>("--output", "-o") { Description = "Folder for the model. Default: NAME in the current folder.", HelpName = "DIR" };
        var imageSize = ImageSizeOption.Create();
        var precision = PrecisionOption.Create();
        var overwrite = new Option<bool>("--overwrite") { Description = "Replace a model folder that is there already." };
        folder.RequireText();
        var command = new Command("get", "Download a released model, export it to a model folder and verify that.");
        options.AddTo(command);
        foreach (var option in (Option[])[folder, imageSize, precision, overwrite]) command.Options.Add(option);
        command.SetAction(async (parsed, cancellationToken) =>
        {
            var model = options.Model(parsed);
            string path = parsed.GetValue(folder)?.FullName ?? Path.GetFullPath(model.Name);
            OutputFolder.CheckUsable(path, parsed.GetValue(overwrite)); // before gigabytes are fetched
            var files = await DownloadCommand.RunAsync(options, parsed, error, cancellationToken);
            var request = new ExportRequest(files[0].Path, path)
            {
                Text = files is [_, var text, var tokenizer] ? (text.Path, tokenizer.Path) : null,
                ImageSize = parsed.GetValue(imageSize) ?? (model.Resolution, model.Resolution),
                Precision = parsed.GetValue(precision),
                Name = model.FolderName,
                License = ReleaseCatalogue.License,
                Overwrite = parsed.GetValue(overwrite),
            };
            return await Task.Run(() => Finish(request, (output, error), cancellationToken), cancellationToken);
        });
        return command;
    }

    private static int Finish(ExportRequest request, (TextWriter Output, TextWriter Error) writers, CancellationToken cancellationToken)
    {
        var manifest = ProgressDisplay.Run(writers.Error, progress => ModelExporter.Export(request, progress, cancellationToken: cancellationToken));
        ExportCommand.Describe(manifest, request.OutputFolder, writers.Error);
        return VerifyCommand.Run(new VerifyRequest(request.OutputFolder), writers.Output, writers.Error, cancellationToken);
    }
}
