using System.CommandLine;
using Tips.CommandLine;
using Tips.MLNet.Samples.Common;

namespace Tips.MLNet.Samples.Index;

/// <summary><c>index</c>: keeps the embeddings of a folder in a file, for <c>search</c>.</summary>
internal static class IndexCommand
{
    public static Command Create(SampleContext context)
    {
        var images = new Argument<string>("DIR_OR_TABLE")
        {
            Description = "Folder of pictures, including its subfolders, or a table of paths (.csv, .tsv, .jsonl).",
        };
        images.RequirePath();
        var file = new Option<string>("--output", "-o")
        {
            Description = "The index. If it exists, it is updated: only pictures that are new or have changed are embedded.",
            HelpName = "FILE",
            Required = true,
        };
        file.RequireText();
        var model = SampleOptions.Model();
        var captions = new Option<bool>("--captions")
        {
            Description = "Every picture has a caption beside it (a.jpg, a.txt), or in a text column of the table: put them in, too.",
        };
        var store = SampleOptions.Store();
        store.Description = "Folder that keeps embeddings between runs, which other commands may share. Default: FILE.store.";
        const string description = "Make or update an index of pictures in a file. After Ctrl-C, the same command goes on where it was.";
        var command = new Command("index", description) { images, file, model, captions, store };
        command.SetAction((parsed, cancellationToken) =>
        {
            var request = new IndexRequest(parsed.GetRequiredValue(images), parsed.GetRequiredValue(file))
            {
                ModelFolder = parsed.GetValue(model),
                Captions = parsed.GetValue(captions),
            };
            return Task.Run(() => IndexSample.Run(request, context, cancellationToken), cancellationToken);
        });
        return command;
    }
}
