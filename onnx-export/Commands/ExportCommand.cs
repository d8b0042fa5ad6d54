using System.CommandLine;
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
        var tokenizer = new Option<FileInfo>("--tokenizer")
        {
            Description = "Tokenizer of the text encoder: a SentencePiece model (tokenizer.model) or a tokenizer.json.",
            HelpName = "FILE",
        };
        var huggingFace = new Option<DirectoryInfo>("--hugging-face")
        {
            Description =
                "A folder with a repository of Hugging Face or what transformers saved (config.json, model.safetensors or its shards, a "
                + "tokenizer), instead of --vision and --text.",
            HelpName = "DIR",
        };
        var heads = new Option<HeadSource[]>("--head")
        {
            Description =
                "A head on top of the image encoder: depth, normals or segmentation, '=', and its file (.zip or .npz as released, or the "
                + ".safetensors of a dense model). May be given once for each task. --hugging-face exports the heads of a dense model by "
                + "itself.",
            HelpName = "TASK=FILE",
            CustomParser = HeadOptionSet.Parse,
        };
        var headOptions = new HeadOptionSet();
        var output = new Option<DirectoryInfo>("--output", "-o")
        {
            Description = "Folder for the model. It loads only when the export is complete.",
            Required = true,
            HelpName = "DIR",
        };
        var imageSize = ImageSizeOption.Create();
        var layers = LayersOption.Create();
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
            vision, text, tokenizer, huggingFace, output, imageSize, layers, precision, name, license, overwrite, heads,
        };
        headOptions.AddTo(command);
        command.Validators.Add(result =>
        {
            bool hasVision = result.GetResult(vision) is not null, hasText = result.GetResult(text) is not null;
            bool hasTokenizer = result.GetResult(tokenizer) is not null, hasRepository = result.GetResult(huggingFace) is not null;
            if (hasRepository && (hasVision || hasText))
                result.AddError("--hugging-face stands for --vision and --text: give it or them.");
            else if (!hasRepository && hasText != hasTokenizer)
                result.AddError("--text and --tokenizer go together: give both or none.");
            else if (!hasRepository && !hasVision && !hasText)
                result.AddError("There is nothing to export: give --vision, --text with --tokenizer, or --hugging-face.");
            else if (hasText && !hasVision && result.GetResult(imageSize) is not null)
                result.AddError("--image-size is for an image encoder: give --vision, too, or leave it out.");
            else if (hasText && !hasVision && result.GetResult(layers) is not null)
                result.AddError("--layers is for an image encoder: give --vision, too, or leave it out.");
            else if (hasText && !hasVision && result.GetResult(heads) is not null)
                result.AddError("--head is for an image encoder: give --vision, too, or leave it out.");
            else if (!hasRepository && result.GetResult(heads) is null && headOptions.FirstGiven(result) is { } given)
                result.AddError($"{given} is for a head: give --head, too, or leave it out.");
        });
        command.SetAction((parsed, cancellationToken) =>
        {
            // Not with the token: Run itself reports what a cancellation leaves behind.
            return Task.Run(() => Run(Complete(Sources(parsed.GetRequiredValue(output).FullName))));

            ExportRequest Sources(string folder) => parsed.GetValue(huggingFace) is { } repository
                ? HuggingFaceRepository.CreateRequest(repository.FullName, folder, parsed.GetValue(tokenizer)?.FullName)
                : new ExportRequest(parsed.GetValue(vision)?.FullName, folder)
                {
                    Text = parsed.GetValue(text) is { } file
                        ? new TextSource(file.FullName, parsed.GetRequiredValue(tokenizer).FullName)
                        : null,
                };

            ExportRequest Complete(ExportRequest request) => request with
            {
                ImageSize = parsed.GetValue(imageSize),
                Layers = parsed.GetValue(layers) ?? [],
                Heads = Merge(request.Heads, parsed.GetValue(heads) ?? []),
                HeadSettings = headOptions.Settings(parsed),
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

    // A head that is named counts for more than the repository's.
    private static HeadSource[] Merge(IEnumerable<HeadSource> ofRepository, HeadSource[] named)
        => [.. ofRepository.Where(h => named.All(n => n.Task != h.Task)), .. named];

    /// <summary>Exports, shows the progress, and says what was written.</summary>
    public static void Export(ExportRequest request, TextWriter error, CancellationToken cancellationToken)
    {
        var manifest = ProgressDisplay.Run(
            error, ProgressUnit.Bytes, progress => ModelExporter.Export(request, progress, cancellationToken: cancellationToken));
        foreach (string line in ModelDescription.Lines(manifest)) error.WriteLine(line);
        error.WriteLine($"Wrote {WordWrap.Keep(Printable.Escape(request.OutputFolder))}");
    }
}
