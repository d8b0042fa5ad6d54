using System.CommandLine;
using System.CommandLine.Parsing;
using System.Globalization;
using Tips.CommandLine;

namespace Tips.OnnxExport.Commands;

/// <summary><c>export</c>: a checkpoint becomes a model folder.</summary>
internal static class ExportCommand
{
    public static Command Create(TextWriter error)
    {
        var vision = new Option<FileInfo>("--vision") { Description = "Image encoder checkpoint, an .npz in the PyTorch layout.", Required = true, HelpName = "FILE.npz" };
        var text = new Option<FileInfo>("--text") { Description = "Text encoder checkpoint, an .npz in the PyTorch layout. Needs --tokenizer.", HelpName = "FILE.npz" };
        var tokenizer = new Option<FileInfo>("--tokenizer") { Description = "SentencePiece model of the text encoder.", HelpName = "FILE" };
        var output = new Option<DirectoryInfo>("--output", "-o") { Description = "Folder for the model. It loads only when the export is complete.", Required = true, HelpName = "DIR" };
        var imageSize = new Option<(int, int)?>("--image-size")
        {
            Description = "Input size in pixels, N or HEIGHTxWIDTH, multiples of 14. Default: the resolution a released checkpoint was trained at, or the checkpoint's own position grid.",
            HelpName = "N",
            CustomParser = ParseImageSize,
        };
        var name = new Option<string>("--name") { Description = "Name of the model. Default: the checkpoint's file name.", HelpName = "NAME" };
        var license = new Option<string>("--license") { Description = "Licence and attribution of the weights, for the manifest. Default: CC-BY 4.0 by Google DeepMind for released checkpoints.", HelpName = "TEXT" };
        var overwrite = new Option<bool>("--overwrite") { Description = "Replace a model folder that is there already." };

        foreach (var option in (Option[])[vision, text, tokenizer, output, name, license]) option.RequireText();
        var command = new Command("export", "Write a model folder: ONNX graphs, weights and manifest.") { vision, text, tokenizer, output, imageSize, name, license, overwrite };
        command.Validators.Add(result =>
        {
            if (result.GetResult(text) is null != result.GetResult(tokenizer) is null) result.AddError("--text and --tokenizer go together: give both or none.");
        });
        command.SetAction((parsed, cancellationToken) =>
        {
            var request = new ExportRequest(parsed.GetRequiredValue(vision).FullName, parsed.GetRequiredValue(output).FullName)
            {
                Text = parsed.GetValue(text) is { } textFile ? (textFile.FullName, parsed.GetRequiredValue(tokenizer).FullName) : null,
                ImageSize = parsed.GetValue(imageSize),
                Name = parsed.GetValue(name),
                License = parsed.GetValue(license),
                Overwrite = parsed.GetValue(overwrite),
            };
            return Task.Run(
                () =>
                {
                    var manifest = ProgressDisplay.Run(error, progress => ModelExporter.Export(request, progress, cancellationToken: cancellationToken));
                    var size = manifest.Vision;
                    error.WriteLine(
                        $"{Printable.Escape(manifest.Name)}: {manifest.Variant}, {size.Layers} blocks, {manifest.EmbeddingDimension} values, pictures of {size.ImageHeight}x{size.ImageWidth} (checkpoint grid {size.CheckpointGrid[0]}x{size.CheckpointGrid[1]}).");
                    if (manifest.Text is { } textEncoder)
                        error.WriteLine(string.Create(CultureInfo.InvariantCulture, $"Text encoder: {textEncoder.Layers} blocks, {textEncoder.VocabularySize} tokens, temperature {(object?)textEncoder.Temperature ?? "not in the checkpoint"}."));
                    error.WriteLine($"Licence of the weights: {Printable.Escape(manifest.License)}.");
                    error.WriteLine($"Wrote {Printable.Escape(request.OutputFolder)}");
                    return ToolCommand.Success;
                },
                cancellationToken);
        });
        return command;
    }

    private static (int Height, int Width)? ParseImageSize(ArgumentResult result)
    {
        string[] parts = result.Tokens[0].Value.Split('x');
        int[] sides = [.. parts.Select(p => int.TryParse(p, NumberStyles.None, CultureInfo.InvariantCulture, out int side) ? side : 0)];
        if (sides.Length is 1 or 2 && sides.All(s => s > 0)) return (sides[0], sides[^1]);
        result.AddError($"--image-size '{result.Tokens[0].Value}' must be N or HEIGHTxWIDTH, such as 448 or 336x504.");
        return null;
    }
}
