using System.CommandLine;
using System.Globalization;
using Spectre.Console;
using Tips.CommandLine;
using Tips.OnnxExport.Checkpoints;
using Tips.OnnxExport.Export;
using Tips.OnnxExport.Towers;

namespace Tips.OnnxExport.Commands;

/// <summary><c>inspect</c>: what is in a checkpoint, without reading its weights.</summary>
internal static class InspectCommand
{
    public static Command Create(TextWriter output)
    {
        var file = new Argument<FileInfo>("FILE") { Description = "The checkpoint, an .npz or a .safetensors file." };
        var command = new Command("inspect", "List a checkpoint's tensors and what they make up.") { file };
        command.SetAction((parsed, cancellationToken) => Task.Run(
            () =>
            {
                using var checkpoint = CheckpointFile.Open(parsed.GetRequiredValue(file).FullName);
                Print(checkpoint, output);
                return ToolCommand.Success;
            },
            cancellationToken).WaitAsync(cancellationToken)); // there is nothing to clean up, so no step to wait for
        return command;
    }

    private static void Print(ICheckpoint checkpoint, TextWriter output)
    {
        var console = PlainConsole.Create(output, widthWithoutTerminal: 200); // one tensor a line
        var table = new Table { Border = TableBorder.Simple };
        table.AddColumn("key").AddColumn("type").AddColumn("shape").AddColumn(new TableColumn("values").RightAligned());
        foreach (var tensor in checkpoint.Tensors.Values)
        {
            table.AddRow(
                Markup.Escape(Printable.Escape(tensor.Name)),
                tensor.Type.DisplayName(),
                Markup.Escape(tensor.ShapeText),
                tensor.Count.ToString("N0", CultureInfo.InvariantCulture));
        }

        console.Write(table);
        long values = checkpoint.Tensors.Values.Sum(t => t.Count), bytes = checkpoint.Tensors.Values.Sum(t => t.Count * t.Type.SizeOf());
        output.WriteLine(
            string.Create(CultureInfo.InvariantCulture, $"{checkpoint.Tensors.Count} tensors, {values:N0} values, {bytes:N0} bytes."));
        foreach (string line in Describe(checkpoint)) output.WriteLine(line);
    }

    private static IEnumerable<string> Describe(ICheckpoint checkpoint)
    {
        var (vision, text) = (TowerLayouts.VisionLayoutOf(checkpoint), TowerLayouts.TextLayoutOf(checkpoint));
        if (vision is { } visionLayout) yield return Describe("image", visionLayout, () => DescribeVision(checkpoint));
        if (text is { } textLayout) yield return Describe("text", textLayout, () => DescribeText(checkpoint));
        if (vision is null && text is null)
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

    private static string DescribeVision(ICheckpoint checkpoint)
    {
        var tower = TowerLayouts.ReadVision(checkpoint);
        var (height, width) = ReleasedCheckpoints.DefaultImageSize(checkpoint.Path, tower);
        return
            $"width {tower.Width}, {tower.Blocks.Count} blocks, {tower.Heads} heads, {tower.FeedForward.Kind} of "
            + $"{tower.FeedForward.HiddenWidth}, patches of {tower.PatchSize}, grid {tower.Grid.Rows}x{tower.Grid.Columns}; default "
            + $"image size {height}x{width}.";
    }

    private static string DescribeText(ICheckpoint checkpoint)
    {
        var tower = TowerLayouts.ReadText(checkpoint);
        return string.Create(
            CultureInfo.InvariantCulture,
            $"width {tower.Width}, {tower.Blocks.Count} blocks, {tower.Heads} heads, MLP of {tower.HiddenWidth}, {tower.VocabularySize} "
            + $"tokens, temperature {(object?)tower.Temperature?.Read()[0] ?? "not in the file"}.");
    }
}
