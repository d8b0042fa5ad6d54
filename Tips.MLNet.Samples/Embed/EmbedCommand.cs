using System.CommandLine;
using Tips.CommandLine;
using Tips.MLNet.Samples.Common;

namespace Tips.MLNet.Samples.Embed;

/// <summary><c>embed</c>: writes embeddings for other programs.</summary>
internal static class EmbedCommand
{
    public static Command Create(SampleContext context)
    {
        var model = SampleOptions.Model();
        var images = SampleOptions.Path(
            "--images",
            "A picture, a folder of pictures including its subfolders, in ordinal order of their paths, or a table of paths. Default: the "
            + "drawings that come with the samples.",
            "PATH");
        var text = new Option<string[]>("--text")
        {
            Description = "A text. May be given several times.",
            HelpName = "TEXT",
            AllowMultipleArgumentsPerToken = false,
        };
        text.RequireText();
        var texts = SampleOptions.Path("--texts", "A UTF-8 file with one text per line; - is standard input.", "FILE");
        var token = new Option<ClassToken>("--token")
        {
            Description = "Which of the two class tokens of a picture to write.",
            HelpName = "first|second",
            DefaultValueFactory = _ => ClassToken.First,
        };
        token.AcceptOnlyFromAmong(StringComparer.OrdinalIgnoreCase, "first", "second");
        var raw = new Option<bool>("--raw") { Description = "Do not L2-normalize the embeddings." };
        var format = new Option<EmbeddingFormat>("--format")
        {
            Description = "JSON lines, a CSV table, or a NumPy array with the names of its rows in FILE.names.txt.",
            HelpName = "jsonl|csv|npy",
            DefaultValueFactory = _ => EmbeddingFormat.Jsonl,
        };
        format.AcceptOnlyFromAmong(StringComparer.OrdinalIgnoreCase, "jsonl", "csv", "npy");
        var file = new Option<string?>("--output", "-o")
        {
            Description = "File to write. Default: standard output; an array needs a file.",
            HelpName = "FILE",
        };
        file.RequireText();
        const string description = "Write embeddings for other programs. As JSON lines: {\"path\": …, \"embedding\": […]} for pictures, "
            + "{\"text\": …, \"embedding\": […]} for texts.";
        var command = new Command("embed", description) { model, images, text, texts, token, raw, format, file };
        var store = SampleOptions.Store();
        command.Options.Add(store);
        command.Validators.Add(result =>
        {
            if (((Option[])[images, text, texts]).Count(o => result.GetResult(o) is not null) > 1)
                result.AddError("Give one of --images, --text and --texts.");
            if (result.GetResult(store) is not null && ((Option[])[text, texts]).Any(o => result.GetResult(o) is not null))
                result.AddError("--store keeps embeddings of pictures; leave it out with --text and --texts.");
            if (result.GetValue(format) == EmbeddingFormat.Npy && result.GetResult(file) is null)
                result.AddError("--format npy needs --output FILE.");
        });
        SampleOptions.RequireOutputForJson(command, file, "embeddings");
        command.SetAction((parsed, cancellationToken) => Task.Run(
            () => EmbedSample.Run(
                new EmbedRequest
                {
                    ModelFolder = parsed.GetValue(model),
                    Images = parsed.GetValue(images),
                    Texts = parsed.GetValue(text) is { Length: > 0 } given ? given : null,
                    TextFile = parsed.GetValue(texts),
                    ClassToken = parsed.GetValue(token),
                    Normalize = !parsed.GetValue(raw),
                    Format = parsed.GetValue(format),
                    Output = parsed.GetValue(file),
                },
                context,
                cancellationToken),
            cancellationToken));
        return command;
    }
}
