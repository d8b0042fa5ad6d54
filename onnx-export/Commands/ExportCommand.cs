using System.CommandLine;
using System.Globalization;
using Tips.CommandLine;
using Tips.OnnxExport.Export;
using Tips.OnnxExport.Files;

namespace Tips.OnnxExport.Commands;

/// <summary><c>export</c>: a checkpoint becomes a model folder.</summary>
internal static class ExportCommand
{
    public static Command Create(TextWriter error)
    {
        var vision = new Option<FileInfo>("--vision")
        {
            Description = "Checkpoint of the image encoder: .npz in the PyTorch or the Scenic layout, or .safetensors.",
            HelpName = "FILE",
        };
        var text = new Option<FileInfo>("--text")
        {
            Description = "Checkpoint of the text encoder, likewise, with or without --vision. Needs --tokenizer.",
            HelpName = "FILE",
        };
        var tokenizer = new Option<FileInfo>("--tokenizer") { Description = "SentencePiece model of the text encoder.", HelpName = "FILE" };
        var huggingFace = new Option<DirectoryInfo>("--hugging-face")
        {
            Description =
                "A folder with a repository of Hugging Face (model.safetensors, tokenizer.model, config.json), instead of the three "
                + "options above.",
            HelpName = "DIR",
        };
        var output = new Option<DirectoryInfo>("--output", "-o")
        {
            Description = "Folder for the model. It loads only when the export is complete.",
            Required = true,
            HelpName = "DIR",
        };
        var imageSize = ImageSizeOption.Create();
        var precision = PrecisionOption.Create();
        var name = new Option<string>("--name")
        {
            Description = "Name of the model. Default: the checkpoint's file name, or the repository's folder.",
            HelpName = "NAME",
        };
        var license = new Option<string>("--license")
        {
            Description =
                "License and attribution of the weights, for the manifest. Default: CC-BY 4.0 by Google DeepMind for released checkpoints.",
            HelpName = "TEXT",
        };
        var overwrite = OverwriteOption.Create();

        foreach (var option in (Option[])[vision, text, tokenizer, huggingFace, output, name, license]) option.RequireText();
        var command = new Command("export", "Write a model folder: ONNX graphs, weights and manifest.")
        {
            vision, text, tokenizer, huggingFace, output, imageSize, precision, name, license, overwrite,
        };
        command.Validators.Add(result =>
        {
            bool hasVision = result.GetResult(vision) is not null, hasText = result.GetResult(text) is not null;
            bool hasTokenizer = result.GetResult(tokenizer) is not null, hasRepository = result.GetResult(huggingFace) is not null;
            if (hasRepository && (hasVision || hasText || hasTokenizer))
                result.AddError("--hugging-face stands for --vision, --text and --tokenizer: give it or them.");
            else if (hasText != hasTokenizer)
                result.AddError("--text and --tokenizer go together: give both or none.");
            else if (!hasRepository && !hasVision && !hasText)
                result.AddError("There is nothing to export: give --vision, --text with --tokenizer, or --hugging-face.");
            else if (hasText && !hasVision && result.GetResult(imageSize) is not null)
                result.AddError("--image-size is for an image encoder: give --vision, too, or leave it out.");
        });
        command.SetAction((parsed, cancellationToken) =>
        {
            // Not with the token: Run itself reports what a cancellation leaves behind.
            return Task.Run(() => Run(Complete(Sources(parsed.GetRequiredValue(output).FullName))));

            ExportRequest Sources(string folder) => parsed.GetValue(huggingFace) is { } repository
                ? ExportRequest.ForHuggingFace(repository.FullName, folder)
                : new ExportRequest(parsed.GetValue(vision)?.FullName, folder)
                {
                    Text = parsed.GetValue(text) is { } file ? (file.FullName, parsed.GetRequiredValue(tokenizer).FullName) : null,
                };

            ExportRequest Complete(ExportRequest request) => request with
            {
                ImageSize = parsed.GetValue(imageSize),
                Precision = parsed.GetValue(precision),
                Name = parsed.GetValue(name) ?? request.Name,
                License = parsed.GetValue(license),
                Overwrite = parsed.GetValue(overwrite),
            };

            int Run(ExportRequest request)
            {
                try
                {
                    Export(request, error, cancellationToken);
                    return ToolCommand.Success;
                }
                catch (OperationCanceledException)
                {
                    throw new WorkCanceledException("canceled; nothing was left behind", cancellationToken);
                }
            }
        });
        return command;
    }

    /// <summary>Exports with a progress bar, and says what was written.</summary>
    public static void Export(ExportRequest request, TextWriter error, CancellationToken cancellationToken)
    {
        var manifest = ProgressDisplay.Run(
            error, ProgressUnit.Bytes, progress => ModelExporter.Export(request, progress, cancellationToken: cancellationToken));
        error.WriteLine(
            $"{Printable.Escape(manifest.Name)}: {manifest.Variant}, {manifest.Precision}, embeddings of {manifest.EmbeddingDimension} "
            + "values.");
        if (manifest.Vision is { } vision)
        {
            error.WriteLine(
                $"Image encoder: {vision.Layers} blocks, pictures of {vision.ImageHeight}x{vision.ImageWidth} "
                + $"(checkpoint grid {vision.CheckpointGrid[0]}x{vision.CheckpointGrid[1]}).");
        }

        if (manifest.Text is { } text)
        {
            string temperature = text.Temperature?.ToString(CultureInfo.InvariantCulture) ?? "not in the checkpoint";
            error.WriteLine($"Text encoder: {text.Layers} blocks, {text.VocabularySize} tokens, temperature {temperature}.");
        }

        error.WriteLine($"License of the weights: {Printable.Escape(manifest.License)}.");
        error.WriteLine($"Wrote {Printable.Escape(request.OutputFolder)}");
    }
}
