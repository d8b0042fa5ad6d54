using System.CommandLine;
using System.Globalization;
using System.Text;
using Tips.CommandLine;
using Tips.MLNet;
using Tips.OnnxExport.Files;
using Tips.OnnxExport.Graphs;
using Tips.OnnxExport.Verification;

namespace Tips.OnnxExport.Commands;

/// <summary>What <see cref="VerifyCommand"/> is asked to do.</summary>
internal sealed record VerifyRequest(string Folder)
{
    /// <summary>Another model folder; null compares the model with itself.</summary>
    public string? Against { get; init; }

    /// <summary>Folder of pictures; null for drawn ones.</summary>
    public string? Images { get; init; }

    /// <summary>File of texts; null for the tool's own.</summary>
    public string? Texts { get; init; }

    /// <summary>Minimum mean cosine; null uses the default.</summary>
    public double? Minimum { get; init; }

    public ExecutionProvider Provider { get; init; } = ExecutionProvider.Cpu;
}

/// <summary><c>verify</c>: checks that a model folder is intact and does what another does.</summary>
internal static class VerifyCommand
{
    private const int LongestTexts = 64 << 20;

    private const double DefaultMinimum = 0.99, AloneMinimum = 0.9999;

    public static Command Create(TextWriter output, TextWriter error)
    {
        var folder = new Argument<DirectoryInfo>("DIR") { Description = "The model folder." };
        var against = new Option<DirectoryInfo>("--against")
        {
            Description = "Another model folder to compare with; without it, the model is compared with itself (its graphs, its batches).",
            HelpName = "DIR",
        };
        var images = new Option<DirectoryInfo>("--images")
        {
            Description = "Pictures to run on. Default: some that the tool draws.",
            HelpName = "DIR",
        };
        var texts = new Option<FileInfo>("--texts")
        {
            Description = "Texts to run on, one a line. Default: twenty captions.",
            HelpName = "FILE",
        };
        var minimum = NumberOption.Create(
            "--minimum",
            $"Least mean cosine of any output. Default: {DefaultMinimum} against another model, {AloneMinimum} against itself. Beside "
            + "it, no single CLS token or text may be below 0.9 (or below this, if it is less), nor the mean length differ by more than "
            + "5 %; else the exit code is 1.",
            "COSINE",
            "a cosine, from -1 to 1",
            value => value is >= -1 and <= 1);
        var cuda = new Option<bool>("--cuda") { Description = "Run on the GPU (a build with -p:OnnxRuntime=Gpu)." };
        foreach (var option in (Option[])[against, images, texts]) option.RequireText();
        var command = new Command(
            "verify",
            "Check a model folder's files, run it, and compare it with another one.") { folder, against, images, texts, minimum, cuda };
        command.SetAction((parsed, cancellationToken) =>
        {
            var request = new VerifyRequest(parsed.GetRequiredValue(folder).FullName)
            {
                Against = parsed.GetValue(against)?.FullName,
                Images = parsed.GetValue(images)?.FullName,
                Texts = parsed.GetValue(texts)?.FullName,
                Minimum = parsed.GetValue(minimum),
                Provider = parsed.GetValue(cuda) ? ExecutionProvider.Cuda : ExecutionProvider.Cpu,
            };
            return Task.Run(() => Run(request, output, error, cancellationToken), cancellationToken);
        });
        return command;
    }

    /// <summary>Verifies a folder.</summary>
    public static int Run(VerifyRequest request, TextWriter output, TextWriter error, CancellationToken cancellationToken)
    {
        var pictures = VerificationPictures.Open(request.Images);
        var texts = ReadTexts(request.Texts);
        var options = new TipsModelOptions { Provider = request.Provider };
        using var model = TipsModel.Load(request.Folder, options);
        using var other = request.Against is null ? null : TipsModel.Load(request.Against, options);
        if (request.Texts is not null && (!model.HasTokenizer || other?.HasTokenizer == false))
        {
            throw new InvalidDataException(
                $"Model folder '{(model.HasTokenizer ? request.Against : request.Folder)}' has no text encoder with a tokenizer for the "
                + $"texts of '{request.Texts}'.");
        }

        if (request.Images is not null && (!model.HasImages || other?.HasImages == false))
        {
            throw new InvalidDataException(
                $"Model folder '{(model.HasImages ? request.Against : request.Folder)}' has no image encoder for the pictures of "
                + $"'{request.Images}'.");
        }

        var report = ProgressDisplay.Run(error, ProgressUnit.Pieces, progress => other is null
            ? ModelVerifier.CheckAlone(model, pictures, texts, progress, cancellationToken)
            : ModelVerifier.Compare(model, other, pictures, texts, progress, cancellationToken));
        Print(report, model, other, pictures.Count, texts.Length, output);
        if (pictures.PassedOver.Length > 0) output.WriteLine($"Passed over in the folder of pictures: {pictures.PassedOver}.");
        double least = request.Minimum ?? (other is null ? AloneMinimum : DefaultMinimum);
        string[] faults = [.. report.Rows.Select(r => r.Fault(least)).OfType<string>()];
        if (faults.Length == 0) return ToolCommand.Success;
        error.WriteLine($"error: Model folder '{Printable.Escape(request.Folder)}' differs: {string.Join("; ", faults)}.");
        return ToolCommand.Failure;
    }

    private static string[] ReadTexts(string? file)
    {
        if (file is null) return ModelVerifier.DefaultTexts;
        string[] lines = Encoding.UTF8.GetString(
            BoundedFile.Read(file, LongestTexts, "File")).TrimStart('\uFEFF').Split(
                '\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
        return lines.Length > 0 ? lines : throw new IOException($"File '{file}' has no texts.");
    }

    private static void Print(VerificationReport report, TipsModel model, TipsModel? other, int pictures, int texts, TextWriter output)
    {
        bool ranPictures = model.HasImages && other?.HasImages != false, ranTexts = model.HasText && other?.HasText != false;
        string rows = model.HasTokenizer && other?.HasTokenizer != false ? "texts" : "rows of token ids";
        string[] items = [.. ranPictures ? (string[])[$"{pictures} pictures"] : [], .. ranTexts ? (string[])[$"{texts} {rows}"] : []];
        output.WriteLine(
            $"{Name(model)} against {(other is null ? "itself" : Name(other))}: {string.Join(", ", items)}. Every file is the one its "
            + "manifest lists.");
        var table = new TextTable().Name(other is null ? "compared" : "output", 5)
            .Number("mean cosine", 4).Number("minimum", 3).Number("length ratio", 1);
        if (report.TopOneOf is not null) table.Number("same top-1", 2);
        foreach (var row in report.Rows)
        {
            string[] topOne = report.TopOneOf is null ? [] : [row.TopOne is var (same, count) ? $"{same} of {count}" : ""];
            var agreement = row.Agreement;
            table.Row(
            [
                row.Output, Number(agreement.MeanCosine, "F6"), Number(agreement.MinimumCosine, "F6"), Number(agreement.MeanRatio, "F4"),
                .. topOne,
            ]);
        }

        table.WriteTo(WrappingWriter.Over(output, TextLayout.Unlimited));
        if (report.TopOneOf is not null) output.WriteLine($"Top-1 is {report.TopOneOf}.");
        if (report.NotCompared.Count > 0) output.WriteLine($"Not compared: {Printable.Escape(string.Join(", ", report.NotCompared))}.");
        if (model.Provider == ExecutionProvider.Cpu && (
            (TipsModel?[])[model, other]).Any(m => m?.Precision == WeightPrecision.Float16.Name()))
        {
            output.WriteLine(
                "On a CPU float16 layers are computed in float32: a value outside the range of float16 would show on a GPU only (--cuda).");
        }

        if (report.Milliseconds is not { } time) return;
        output.WriteLine(report.OtherMilliseconds is { } otherTime
            ? $"Time of a picture (median, in turns): {Text(time)} against {Text(otherTime)}, ratio {Number(time / otherTime, "F2")}."
            : $"Time of a picture (median): {Text(time)}.");

        static string Text(double milliseconds) => Format.Duration(TimeSpan.FromMilliseconds(milliseconds));
    }

    private static string Name(TipsModel model)
    {
        string size = model.HasImages ? $"{model.ImageHeight}x{model.ImageWidth}" : "texts only";
        return Printable.Escape($"{model.Name} ({model.Variant}, {model.Precision}, {size})");
    }

    private static string Number(double value, string format) => value.ToString(format, CultureInfo.InvariantCulture);
}
