using System.CommandLine;
using Tips.CommandLine;
using Tips.OnnxExport.Downloads;
using Tips.OnnxExport.Export;
using Tips.OnnxExport.Files;
using Tips.OnnxExport.Towers;

namespace Tips.OnnxExport.Commands;

/// <summary><c>get</c>: download, export and verify in one go.</summary>
internal static class GetCommand
{
    public static Command Create(TextWriter output, TextWriter error)
    {
        var options = new DownloadOptionSet();
        var folder = new Option<DirectoryInfo>("--output", "-o")
        {
            Description = "Folder for the model. Default: NAME in the current folder.",
            HelpName = "DIR",
        };
        var imageSize = ImageSizeOption.Create();
        var layers = LayersOption.Create();
        var precision = PrecisionOption.Create();
        var overwrite = OverwriteOption.Create();
        folder.RequireText();
        var command = new Command("get", "Download a released model, export it to a model folder and verify that.");
        options.AddTo(command);
        foreach (var option in (Option[])[folder, imageSize, layers, precision, overwrite]) command.Options.Add(option);
        command.Validators.Add(result =>
        {
            if (options.IsWithoutImages(result) && result.GetResult(imageSize) is not null)
                result.AddError("--image-size is for an image encoder: leave out --no-vision, or it.");
            if (options.IsWithoutImages(result) && result.GetResult(layers) is not null)
                result.AddError("--layers is for an image encoder: leave out --no-vision, or it.");
        });
        command.SetAction(async (parsed, cancellationToken) =>
        {
            var model = options.Model(parsed);
            var (images, texts) = (options.WantsImages(parsed), options.WantsText(parsed));
            var size = parsed.GetValue(imageSize) ?? (model.Resolution, model.Resolution);
            string path = parsed.GetValue(folder)?.FullName ?? Path.GetFullPath(model.Name);
            // Anything that is bound to fail should fail before gigabytes are fetched.
            VisionPart.CheckImageSize(size.Height, size.Width, ReleasedModel.PatchSize, model.Shape.Width);
            OutputFolder.Open(path, parsed.GetValue(overwrite)).Dispose();
            var files = await DownloadCommand.RunAsync(options, parsed, error, cancellationToken);
            int text = images ? 1 : 0, head = text + (texts ? 2 : 0);
            var request = new ExportRequest(images ? files[0].Path : null, path)
            {
                Text = texts ? new TextSource(files[text].Path, files[text + 1].Path) : null,
                Heads = [.. files.Skip(head).Zip(HeadTasks.All, (file, task) => new HeadSource(task, file.Path))],
                ImageSize = images ? size : null,
                Layers = parsed.GetValue(layers) ?? [],
                Precision = parsed.GetValue(precision),
                Name = model.ModelName,
                License = ReleaseCatalog.License,
                Expected = Expected(model),
                Overwrite = parsed.GetValue(overwrite),
            };
            return await Task.Run(() => Finish(request, (output, error), cancellationToken));
        });
        return command;
    }

    private static ExpectedModel Expected(ReleasedModel model)
    {
        var shape = model.Shape;
        return new ExpectedModel(
            model.Name,
            shape.Width,
            (shape.VisionLayers, shape.FeedForward, shape.VisionHidden),
            (shape.TextLayers, shape.TextHidden));
    }

    private static int Finish(ExportRequest request, (TextWriter Output, TextWriter Error) writers, CancellationToken cancellationToken)
    {
        string left = "canceled; the downloads are kept, no model folder was written";
        try
        {
            ExportCommand.Export(request, writers.Error, cancellationToken);
            left = $"canceled; the model folder is complete, only its verification did not end: verify '{request.OutputFolder}'";
            return VerifyCommand.Run(new VerifyRequest(request.OutputFolder), writers.Output, writers.Error, cancellationToken);
        }
        catch (OperationCanceledException)
        {
            throw new WorkCanceledException(left, cancellationToken);
        }
    }
}
