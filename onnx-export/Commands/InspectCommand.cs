using System.CommandLine;
using System.Globalization;
using Tips.CommandLine;
using Tips.MLNet.Models;
using Tips.MLNet.Text;
using Tips.OnnxExport.Checkpoints;
using Tips.OnnxExport.Export;
using Tips.OnnxExport.Towers;

namespace Tips.OnnxExport.Commands;

/// <summary><c>inspect</c>: what is in a checkpoint, without reading its weights.</summary>
internal static class InspectCommand
{
    public static Command Create(TextWriter output)
    {
        var file = new Argument<FileInfo>("PATH")
        {
            Description =
                "A checkpoint (.npz, .zip, .safetensors, or the index of its shards), a folder of Hugging Face, or a model folder.",
        };
        var command = new Command("inspect", "List a checkpoint's tensors and what they make up, or describe a model folder.") { file };
        command.SetAction((parsed, cancellationToken) => Task.Run(
            () =>
            {
                Inspect(parsed.GetRequiredValue(file).FullName, output);
                return ToolCommand.Success;
            },
            cancellationToken).WaitAsync(cancellationToken)); // there is nothing to clean up, so no step to wait for
        return command;
    }

    private static void Inspect(string path, TextWriter output)
    {
        string manifest = Path.Combine(path, TipsManifest.FileName);
        if (File.Exists(manifest))
        {
            foreach (string line in ModelDescription.Lines(ManifestSerializer.ReadFile(manifest))) output.WriteLine(line);
            return;
        }

        var repository = Directory.Exists(path) ? HuggingFaceRepository.TryOpen(path) : null;
        if (repository is null && Directory.Exists(path))
        {
            throw new FileNotFoundException(
                $"Folder '{path}' has neither '{TipsManifest.FileName}' (a model folder) nor '{HuggingFaceConfig.FileName}' "
                + "(a repository of Hugging Face).");
        }

        using var checkpoint = CheckpointFile.Open(repository?.Checkpoint ?? path, namesBad: true);
        Print(checkpoint, repository, output);
    }

    private static void Print(ICheckpoint checkpoint, HuggingFaceRepository? repository, TextWriter output)
    {
        var table = new TextTable().Name("key", 4).Name("type", 2).Name("shape", 3).Number("values", 1);
        foreach (var tensor in checkpoint.Tensors.Values)
            table.Row(tensor.Name, tensor.Type.DisplayName(), tensor.ShapeText, Format.Count(tensor.Count));

        table.WriteTo(WrappingWriter.Over(output, TextLayout.Unlimited));
        long values = checkpoint.Tensors.Values.Sum(t => t.Count), bytes = checkpoint.Tensors.Values.Sum(t => t.Count * t.Type.SizeOf());
        output.WriteLine(
            string.Create(CultureInfo.InvariantCulture, $"{checkpoint.Tensors.Count} tensors, {values:N0} values, {bytes:N0} bytes."));
        foreach (var (name, what) in checkpoint.Others)
            output.WriteLine($"Not read: '{Printable.Escape(name)}': {Printable.Escape(what)}.");
        foreach (string line in Describe(checkpoint, repository)) output.WriteLine(line);
    }

    private static IEnumerable<string> Describe(ICheckpoint checkpoint, HuggingFaceRepository? repository)
    {
        var (vision, text) = (TowerLayouts.VisionLayoutOf(checkpoint), TowerLayouts.TextLayoutOf(checkpoint));
        if (vision is { } visionLayout) yield return Describe("image", visionLayout, () => DescribeVision(checkpoint, repository));
        if (text is { } textLayout) yield return Describe("text", textLayout, () => DescribeText(checkpoint, repository));
        if (text is not null && repository is not null) yield return DescribeTokenizer(repository.Tokenizer);
        string[] heads = [.. HeadDescription.Lines(checkpoint, repository)];
        foreach (string line in heads) yield return line;
        if (vision is null && text is null && heads.Length == 0)
            yield return
                $"Not a TIPS encoder: no key '{PyTorchVisionLayout.SignatureKey}' or '{PyTorchTextLayout.SignatureKey}' (PyTorch "
                + $"layout), none that ends in '{ScenicVisionLayout.SignatureKey}' or '{ScenicTextLayout.SignatureKey}' (Scenic layout).";
    }

    private static string Describe(string encoder, CheckpointLayout layout, Func<string> describe)
    {
        string name = layout == CheckpointLayout.HuggingFace ? "Hugging Face" : layout.ToString();
        try
        {
            return $"TIPS {encoder} encoder, {name} layout: {describe()}";
        }
        catch (CheckpointException e)
        {
            return $"Looks like a TIPS {encoder} encoder in the {name} layout, but cannot be exported: {Printable.Escape(e.Message)}";
        }
    }

    private static string DescribeVision(ICheckpoint checkpoint, HuggingFaceRepository? repository)
    {
        var tower = TowerLayouts.ReadVision(checkpoint, repository?.Config.Vision.Heads?.Value);
        var (height, width) = repository?.ImageSize ?? ReleasedCheckpoints.DefaultImageSize(checkpoint.Path, tower);
        return
            $"width {tower.Width}, {tower.Blocks.Count} blocks, {tower.Heads} heads, {tower.FeedForward.Kind} of "
            + $"{tower.FeedForward.HiddenWidth}, patches of {tower.PatchSize}, grid {tower.Grid.Rows}x{tower.Grid.Columns}; default "
            + $"image size {height}x{width}.";
    }

    private static string DescribeTokenizer(string? path)
    {
        if (path is null) return "There is no tokenizer: the exported model takes token ids only, unless --tokenizer FILE gives one.";
        try
        {
            return ModelDescription.Tokenizer(Path.GetFileName(path), TipsTokenizer.Load(path).Rule == TokenizerRule.HuggingFace);
        }
        catch (InvalidDataException e)
        {
            return $"The tokenizer cannot be used: {Printable.Escape(e.Message)}";
        }
    }

    private static string DescribeText(ICheckpoint checkpoint, HuggingFaceRepository? repository)
    {
        var tower = TowerLayouts.ReadText(checkpoint, repository?.Config.Text.Heads?.Value);
        float? temperature = tower.Temperature?.Read()[0] ?? repository?.Config.Temperature;
        string known = temperature?.ToString(CultureInfo.InvariantCulture) ?? "not in the file";
        return
            $"width {tower.Width}, {tower.Blocks.Count} blocks, {tower.Heads} heads, MLP of {tower.HiddenWidth}, {tower.VocabularySize} "
            + $"tokens, temperature {known}.";
    }
}
