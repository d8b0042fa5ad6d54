using System.CommandLine;
using System.Globalization;
using Spectre.Console;
using Tips.CommandLine;
using Tips.MLNet.Models;
using Tips.OnnxExport.Verification;

namespace Tips.OnnxExport.Commands;

/// <summary><c>verify</c>: a model folder is whole, and does what another does.</summary>
internal static class VerifyCommand
{
    private const double DefaultMinimum = 0.99, AloneMinimum = 0.9999;

    public static Command Create(TextWriter output, TextWriter error)
    {
        var folder = new Argument<DirectoryInfo>("DIR") { Description = "The model folder." };
        var against = new Option<DirectoryInfo>("--against") { Description = "Another model folder to compare with; without it, the model is compared with itself (its graphs, its batches).", HelpName = "DIR" };
        var images = new Option<DirectoryInfo>("--images") { Description = "Pictures to run on. Default: some that the tool draws.", HelpName = "DIR" };
        var texts = new Option<FileInfo>("--texts") { Description = "Texts to run on, one a line. Default: twenty captions.", HelpName = "FILE" };
        var minimum = new Option<double?>("--minimum") { Description = $"Least mean cosine of any output; below it the exit code is 1. Default: {DefaultMinimum} against another model, {AloneMinimum} against itself.", HelpName = "COSINE" };
        foreach (var option in (Option[])[against, images, texts]) option.RequireText();
        var command = new Command("verify", "Check a model folder's files, run it, and compare it with another one.") { folder, against, images, texts, minimum };
        command.SetAction((parsed, cancellationToken) => Task.Run(
            () => Run(
                parsed.GetRequiredValue(folder).FullName,
                parsed.GetValue(against)?.FullName,
                VerificationPictures.Open(parsed.GetValue(images)?.FullName),
                ReadTexts(parsed.GetValue(texts)),
                parsed.GetValue(minimum),
                (output, error),
                cancellationToken),
            cancellationToken));
        return command;
    }

    /// <summary>Verifies a folder, with its result on <c>Output</c>.</summary>
    public static int Run(string folder, string? against, VerificationPictures pictures, IReadOnlyList<string> texts, double? minimum, (TextWriter Output, TextWriter Error) writers, CancellationToken cancellationToken)
    {
        using var model = TipsModel.Load(folder);
        using var other = against is null ? null : TipsModel.Load(against);
        var report = ProgressDisplay.RunCounted(writers.Error, "Embedding pictures", progress => other is null
            ? ModelVerifier.CheckAlone(model, pictures, texts, progress, cancellationToken)
            : ModelVerifier.Compare(model, other, pictures, texts, progress, cancellationToken));
        Print(report, model, other, pictures.Count, texts.Count, writers.Output);
        double least = minimum ?? (other is null ? AloneMinimum : DefaultMinimum);
        var bad = report.Rows.Where(r => !(r.Cosine.Mean >= least)).ToArray();
        if (bad.Length == 0) return ToolCommand.Success;
        writers.Error.WriteLine(string.Create(CultureInfo.InvariantCulture, $"error: Model folder '{Printable.Escape(folder)}' differs: the mean cosine of {string.Join(", ", bad.Select(r => $"'{r.Output}'"))} is below {least}."));
        return ToolCommand.Failure;
    }

    private static string[] ReadTexts(FileInfo? file)
    {
        if (file is null) return ModelVerifier.DefaultTexts;
        string[] lines = [.. File.ReadLines(file.FullName).Where(l => l.Length > 0)];
        return lines.Length > 0 ? lines : throw new IOException($"File '{file.FullName}' has no texts.");
    }

    private static void Print(VerificationReport report, TipsModel model, TipsModel? other, int pictures, int texts, TextWriter output)
    {
        output.WriteLine($"{Name(model)} against {(other is null ? "itself" : Name(other))}: {pictures} pictures{(model.HasText && other?.HasText != false ? $", {texts} texts" : "")}. Every file is the one its manifest lists.");
        bool topOne = report.Rows.Any(r => r.TopOne is not null);
        var table = new Table { Border = TableBorder.Simple };
        table.AddColumn(other is null ? "compared" : "output").AddColumn(new TableColumn("mean cosine").RightAligned()).AddColumn(new TableColumn("minimum").RightAligned());
        if (topOne) table.AddColumn(new TableColumn("same top-1").RightAligned());
        foreach (var row in report.Rows)
        {
            string[] cells = [row.Output, Number(row.Cosine.Mean), Number(row.Cosine.Minimum), .. topOne ? [row.TopOne is var (same, count) ? $"{same} of {count}" : ""] : (string[])[]];
            table.AddRow(cells);
        }

        PlainConsole.Create(output).Write(table);
        if (topOne) output.WriteLine($"Top-1 is {report.TopOneOf}.");
        output.WriteLine(other is null
            ? string.Create(CultureInfo.InvariantCulture, $"Time of a picture (median): {report.Milliseconds.Model:F1} ms.")
            : string.Create(CultureInfo.InvariantCulture, $"Time of a picture (median, in turns): {report.Milliseconds.Model:F1} ms against {report.Milliseconds.Other:F1} ms, ratio {report.Milliseconds.Model / report.Milliseconds.Other:F2}."));
    }

    private static string Name(TipsModel model) => Printable.Escape($"{model.Manifest.Name} ({model.Manifest.Variant}, {model.Manifest.Precision}, {model.ImageHeight}x{model.ImageWidth})");

    private static string Number(double value) => value.ToString("F6", CultureInfo.InvariantCulture);
}
