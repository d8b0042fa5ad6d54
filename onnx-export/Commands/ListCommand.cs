using System.CommandLine;
using System.Globalization;
using Tips.CommandLine;
using Tips.OnnxExport.Downloads;
using Tips.OnnxExport.Towers;

namespace Tips.OnnxExport.Commands;

/// <summary><c>list</c>: the released models, and which of their files are on this disk.</summary>
internal static class ListCommand
{
    public static Command Create(TextWriter output)
    {
        var cache = DownloadOptionSet.CreateCache();
        var command = new Command("list", "Show the released models, their published scores, and what of them is on this disk.") { cache };
        command.SetAction(parsed =>
        {
            Print(CacheFolder.Choose(parsed.GetValue(cache)?.FullName), output);
            return ToolCommand.Success;
        });
        return command;
    }

    private static void Print(CacheFolder cache, TextWriter output)
    {
        // Before a published score is left out, the columns that one can look up elsewhere are.
        var table = new TextTable().Name("name", 9).Name("release", 1).Name("variant", 1).Number("pixels", 5).Number("values", 3)
            .Number("GB", 7).Number("PASCAL", 4).Number("NYU", 4).Number("ImageNet", 6).Number("UnED", 2).Number("I→T", 5).Number("T→I", 5)
            .Name("on this disk", 8);
        foreach (var model in ReleaseCatalog.Models)
        {
            var scores = model.Scores;
            table.Row(
                model.Name,
                model.Version == 1 ? "TIPS" : "TIPSv2",
                model.Variant,
                Number(model.Resolution, "0"),
                Number(model.Shape.Width, "0"),
                Number(model.ApproximateLength / 1e9, "0.0"),
                Number(scores.PascalSegmentation, "0.0"),
                Number(scores.NyuDepth, "0.000"),
                Number(scores.ImageNetKnn, "0.0"),
                Number(scores.UnEdKnn, "0.0"),
                Number(scores.ImageToText, "0.0"),
                Number(scores.TextToImage, "0.0"),
                OnDisk(model, cache));
        }

        table.WriteTo(WrappingWriter.Over(output, TextLayout.Unlimited));
        output.WriteLine(
            "GB: about, of both encoders as they are downloaded. Published scores: PASCAL segmentation mIoU, NYU depth RMSE (less is "
            + "better), ImageNet and UnED k-NN, Flickr30K recall@1.");
        output.WriteLine(
            "All are there in the PyTorch and in the Scenic layout; they share one tokenizer, which is "
            + $"{(State(ReleaseCatalog.Tokenizer, cache) == "" ? "on this disk" : "not on this disk")}. "
            + "The TIPSv2 models have heads for depth, normals and segmentation, too (--heads).");
        output.WriteLine($"License of the weights: {ReleaseCatalog.License}. Downloads are kept in '{Printable.Escape(cache.Path)}'.");
    }

    private static string Number(double? value, string format) => value?.ToString(format, CultureInfo.InvariantCulture) ?? "–";

    private static string OnDisk(ReleasedModel model, CacheFolder cache)
    {
        List<string> found = [];
        foreach (var layout in Enum.GetValues<ReleaseLayout>())
        {
            (string Part, ReleasedFile File)[] parts = [("image", model.Vision(layout)), ("text", model.Text(layout))];
            string[] states = [.. parts.Select(
                p => (p.Part, State: State(p.File, cache))).Where(p => p.State is not null).Select(p => $"{p.Part}{p.State}")];
            if (states.Length > 0) found.Add($"{layout.ToString().ToLowerInvariant()}: {string.Join(", ", states)}");
        }

        if (model.HasHeads)
        {
            string[] heads = [.. HeadTasks.All.Select(t => t.Name()).Select(
                t => (Task: t, State: State(model.Head(t), cache))).Where(h => h.State is not null).Select(h => $"{h.Task}{h.State}")];
            if (heads.Length > 0) found.Add($"heads: {string.Join(", ", heads)}");
        }

        return string.Join("; ", found);
    }

    private static string? State(ReleasedFile file, CacheFolder cache)
    {
        string[] paths = [.. file.Paths.Select(cache.PathOf)];
        if (paths.Any(DownloadRecord.LooksComplete)) return "";
        foreach (string path in paths)
        {
            if (PartialFile.ReadProgress(path) is var (done, length) && length > 0)
                return $" {Format.Percent((double)done / length)}";
        }

        return null;
    }
}
