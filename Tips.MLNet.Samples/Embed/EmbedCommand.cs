using System.CommandLine;
using Tips.CommandLine;
using Tips.MLNet.Transforms;

namespace Tips.MLNet.Samples.Embed;

/// <summary><c>embed</c>: embeddings as JSON lines.</summary>
internal static class EmbedCommand
{
    public static Command Create(TextWriter output, TextWriter error)
    {
        var model = new Option<string?>("--model") { Description = "Model folder made by tips-onnx-export. Default: the small model that comes with the samples.", HelpName = "DIR" };
        var images = new Option<string>("--images") { Description = "A picture, or a folder: its pictures and those of its subfolders, in ordinal order of their paths.", HelpName = "FILE_OR_DIR", Required = true };
        var token = new Option<ClassToken>("--token") { Description = "Which of the two class tokens.", HelpName = "first|second", DefaultValueFactory = _ => ClassToken.First };
        token.AcceptOnlyFromAmong(StringComparer.OrdinalIgnoreCase, "first", "second");
        var raw = new Option<bool>("--raw") { Description = "Do not L2-normalise." };
        model.RequireText();
        images.RequireText();
        var command = new Command("embed", "Print one JSON object a line: {\"path\": …, \"embedding\": […]}.") { model, images, token, raw };
        command.SetAction((parsed, cancellationToken) =>
        {
            var options = new TipsImageEmbeddingOptions { ClassToken = parsed.GetValue(token), Normalize = !parsed.GetValue(raw) };
            return Task.Run(() => EmbedSample.Run(parsed.GetValue(model), parsed.GetRequiredValue(images), options, output, error, cancellationToken), cancellationToken);
        });
        return command;
    }
}
