using System.CommandLine;
using System.CommandLine.Parsing;
using System.Globalization;
using Tips.CommandLine;
using Tips.MLNet.Samples.Common;

namespace Tips.MLNet.Samples.Predict;

/// <summary><c>predict</c>: runs a saved pipeline over pictures.</summary>
internal static class PredictCommand
{
    public static Command Create(SampleContext context)
    {
        var pipeline = new Option<string>("--pipeline", "-p")
        {
            Description = "The pipeline: what knn, probe, zero-shot, cluster or foreground saved with --save, or any pipeline of ML.NET "
                + "that takes a text column of paths.",
            HelpName = "FILE",
            Required = true,
        };
        pipeline.RequireText();
        var images = SampleOptions.Path(
            "--images",
            "A picture, a folder of pictures including its subfolders, or a table of paths. Default: the drawings that come with the "
            + "samples.",
            "PATH");
        var format = SampleOptions.Format("A CSV table, or JSON lines.");
        var file = SampleOptions.Path("--output", "File to write. Default: standard output.", "FILE");
        file.Aliases.Add("-o");
        var reject = new Option<float?>("--reject")
        {
            Description = "Reject what is less probable than this: the picture gets no label.",
            HelpName = "0..1",
            CustomParser = SampleOptions.ParseShare,
        };
        var rejectAs = new Option<string>("--reject-as")
        {
            Description = "Label of rejected pictures. Default: none.",
            HelpName = "LABEL",
            DefaultValueFactory = _ => "",
        };
        var top = new Option<int>("--top")
        {
            Description = "How many classes to write for each picture, the best first.",
            HelpName = "N",
            DefaultValueFactory = _ => 3,
            CustomParser = ParseCount,
        };
        var masks = SampleOptions.Path("--masks", "Folder for masks as PNG files, if the pipeline finds foreground.", "DIR");
        var folders = new Option<string[]>("--model-folders")
        {
            Description = "Where to look for the model if the pipeline refers to one that has moved: model folders, or folders that hold "
                + "some. May be given several times. The variable TIPS_MODEL_FOLDERS names some, too.",
            HelpName = "DIR",
            AllowMultipleArgumentsPerToken = false,
        };
        folders.RequireText();
        const string description = "Run a saved pipeline over pictures, and write the label of each and its best classes with their "
            + "probabilities; of clusters, their numbers and distances; of foreground, its share of the picture.";
        var command = new Command("predict", description)
        {
            pipeline, images, format, file, reject, rejectAs, top, masks, folders, SampleOptions.Store(),
        };
        command.Validators.Add(result =>
        {
            if (result.GetResult(rejectAs) is { Implicit: false } && result.GetResult(reject) is null)
                result.AddError("--reject-as needs --reject.");
        });
        SampleOptions.RequireOutputForJson(command, file, "predictions");
        command.SetAction((parsed, cancellationToken) => Task.Run(
            () => PredictSample.Run(
                new PredictRequest
                {
                    Pipeline = parsed.GetRequiredValue(pipeline),
                    Images = parsed.GetValue(images),
                    Format = parsed.GetValue(format),
                    Output = parsed.GetValue(file),
                    Reject = parsed.GetValue(reject),
                    RejectAs = parsed.GetRequiredValue(rejectAs),
                    Top = parsed.GetValue(top),
                    Masks = parsed.GetValue(masks),
                    ModelFolders = parsed.GetValue(folders) ?? [],
                },
                context,
                cancellationToken),
            cancellationToken));
        return command;
    }

    private static int ParseCount(ArgumentResult result)
    {
        string text = result.Tokens[0].Value;
        if (int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out int count) && count >= 1) return count;
        result.AddError($"--top is '{text}', expected a whole number of at least 1.");
        return default;
    }
}
