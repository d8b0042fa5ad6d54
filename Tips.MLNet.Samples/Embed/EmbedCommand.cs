using System.CommandLine;
using System.Text;
using Tips.CommandLine;
using Tips.MLNet.Samples.Common;

namespace Tips.MLNet.Samples.Embed;

/// <summary><c>embed</c>: prints embeddings as JSON lines.</summary>
internal static class EmbedCommand
{
    public static Command Create(TextWriter output, TextWriter error)
    {
        var model = SampleOptions.Model();
        var images = new Option<string?>("--images")
        {
            Description = "A picture, or a folder of pictures including its subfolders, in ordinal order of their paths.",
            HelpName = "FILE_OR_DIR",
        };
        images.RequireText();
        var text = new Option<string?>("--text") { Description = "A text.", HelpName = "TEXT" };
        var texts = new Option<string?>("--texts") { Description = "A UTF-8 file with one text per line.", HelpName = "FILE" };
        texts.RequireText();
        var token = new Option<ClassToken>("--token")
        {
            Description = "Which of the two class tokens of a picture to print.",
            HelpName = "first|second",
            DefaultValueFactory = _ => ClassToken.First,
        };
        token.AcceptOnlyFromAmong(StringComparer.OrdinalIgnoreCase, "first", "second");
        var raw = new Option<bool>("--raw") { Description = "Do not L2-normalize the embeddings." };
        const string description = "Print one JSON object per line: {\"path\": …, \"embedding\": […]} for pictures, "
            + "{\"text\": …, \"embedding\": […]} for texts.";
        var command = new Command("embed", description) { model, images, text, texts, token, raw };
        command.Validators.Add(result =>
        {
            if (((Option[])[images, text, texts]).Count(o => result.GetResult(o) is not null) != 1)
                result.AddError("Give one of --images, --text and --texts.");
        });
        command.SetAction((parsed, cancellationToken) => Task.Run(
            () =>
            {
                if (parsed.GetValue(images) is { } pictures)
                {
                    var options = new TipsImageEmbeddingOptions
                    {
                        ClassToken = parsed.GetValue(token),
                        Normalize = !parsed.GetValue(raw),
                        InvalidImages = InvalidImageHandling.MissingValue, // a bad picture costs only its own line
                        CacheBytes = 0, // every picture is read once
                    };
                    return EmbedSample.Run(parsed.GetValue(model), pictures, options, output, error, cancellationToken);
                }

                var lines = parsed.GetValue(texts) is { } file ? ReadLines(file) : [parsed.GetRequiredValue(text)!];
                var textOptions = new TipsTextEmbeddingOptions { Normalize = !parsed.GetValue(raw), CacheBytes = 0 };
                return EmbedTextSample.Run(parsed.GetValue(model), lines, textOptions, output, error, cancellationToken);
            },
            cancellationToken));
        return command;
    }

    private static IEnumerable<string> ReadLines(string file)
    {
        if (!File.Exists(file)) throw new SampleException($"There is no file '{file}'.");
        return Lines(file);

        static IEnumerable<string> Lines(string file)
        {
            using var reader = new StreamReader(file, new UTF8Encoding(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true));
            for (int number = 1; ; number++)
            {
                string? line;
                try
                {
                    line = reader.ReadLine();
                }
                catch (DecoderFallbackException)
                {
                    throw new SampleException($"File '{file}' is not UTF-8, at line {number} or soon after it.");
                }

                if (line is null) yield break;
                yield return line;
            }
        }
    }
}
