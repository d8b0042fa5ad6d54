using System.CommandLine;
using System.Globalization;
using Spectre.Console;
using Tips.CommandLine;
using Tips.OnnxExport.Checkpoints;
using Tips.OnnxExport.Towers;

namespace Tips.OnnxExport.Commands;

/// <summary><c>inspect</c>: what is in a checkpoint, without reading its weights.</summary>
internal static class InspectCommand
{
    public static Command Create(TextWriter output)
    {
        var file = new Argument<FileInfo>("FILE.npz") { Description = "The checkpoint." };
        var command = new Command("inspect", "List a checkpoint's tensors and what they make up.") { file };
        command.SetAction((parsed, cancellationToken) => Task.Run(
            () =>
            {
                using var checkpoint = NpzCheckpoint.Open(parsed.GetRequiredValue(file).FullName);
                Print(checkpoint, output);
                return ToolCommand.Success;
            },
            cancellationToken).WaitAsync(cancellationToken)); // there is nothing to clean up, so no step to wait for
        return command;
    }

    private static void Print(NpzCheckpoint checkpoint, TextWriter output)
    {
        var console = PlainConsole.Create(output, widthWithoutTerminal: 200); // one tensor a line
        var table = new Table { Border = TableBorder.Simple };
        table.AddColumn("key").AddColumn("type").AddColumn("shape").AddColumn(new TableColumn("values").RightAligned());
        foreach (var tensor in checkpoint.Tensors.Values)
        {
            table.AddRow(Markup.Escape(Printable.Escape(tensor.Name)), tensor.Type.DisplayName(), Markup.Escape(tensor.ShapeText), tensor.Count.ToString("N0", CultureInfo.InvariantCulture));
        }

        console.Write(table);
        long values = checkpoint.Tensors.Values.Sum(t => t.Count), bytes = checkpoint.Tensors.Values.Sum(t => t.Count * t.Type.SizeOf());
        output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{checkpoint.Tensors.Count} tensors, {values:N0} values, {bytes:N0} bytes."));
        output.WriteLine(Describe(checkpoint));
    }

    private static string Describe(NpzCheckpoint checkpoint)
    {
        if (PyTorchTextLayout.Recognizes(checkpoint)) return DescribeText(checkpoint);
        if (!PyTorchVisionLayout.Recognizes(checkpoint)) return "Not a TIPS encoder in the PyTorch layout (no key 'patch_embed.proj.weight' or 'token_embedding.weight').";
        try
        {
            var tower = PyTorchVisionLayout.Read(checkpoint);
            var (height, width) = ReleasedCheckpoints.DefaultImageSize(checkpoint.Path, tower);
            return $"TIPS image encoder, PyTorch layout: width {tower.Width}, {tower.Blocks.Count} blocks, {tower.Heads} heads, {tower.FeedForward.Kind} of {tower.FeedForward.HiddenWidth}, patches of {tower.PatchSize}, grid {tower.Grid.Rows}x{tower.Grid.Columns}; default image size {height}x{width}.";
        }
        catch (CheckpointException e)
        {
            return $"Looks like a TIPS image encoder in the PyTorch layout, but cannot be exported: {Printable.Escape(e.Message)}";
        }
    }

    private static string DescribeText(NpzCheckpoint checkpoint)
    {
        try
        {
            var tower = PyTorchTextLayout.Read(checkpoint);
            return string.Create(
                CultureInfo.InvariantCulture,
                $"TIPS text encoder, PyTorch layout: width {tower.Width}, {tower.Blocks.Count} blocks, {tower.Heads} heads, MLP of {tower.HiddenWidth}, {tower.VocabularySize} tokens, temperature {(object?)tower.Temperature?.Read()[0] ?? "not in the file"}.");
        }
        catch (CheckpointException e)
        {
            return $"Looks like a TIPS text encoder in the PyTorch layout, but cannot be exported: {Printable.Escape(e.Message)}";
        }
    }
}
