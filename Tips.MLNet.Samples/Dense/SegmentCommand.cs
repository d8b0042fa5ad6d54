using System.CommandLine;
using System.CommandLine.Parsing;
using System.Globalization;
using Tips.MLNet.Samples.Common;

namespace Tips.MLNet.Samples.Dense;

/// <summary><c>segment</c>: divides pictures into regions by the names of classes.</summary>
internal static class SegmentCommand
{
    public static Command Create(SampleContext context)
    {
        var model = SampleOptions.Model();
        var images = DenseOptions.Images();
        var folder = DenseOptions.Output("segments", "the results, NAME.classes.png and NAME.segments.png");
        var labels = SampleOptions.Path(
            "--labels", "Text file with a class on each line; other names of it may follow, each after a tab.", "FILE");
        var head = new Option<bool>("--head")
        {
            Description = "Use the model's own head for segmentation, with the classes that it was trained on, instead of names.",
        };
        var template = SampleOptions.Templates(
            "Prompt with {} for a name. May be given several times. Default: the nine prompts of the reference; with the tiny model, those "
            + "it was trained on.");
        var mode = new Option<SegmentationMode?>("--mode")
        {
            Description = "Overlapping windows (slide, the default), or each picture as a whole, which is faster (whole).",
            HelpName = "slide|whole",
            CustomParser = Mode,
        };
        var imageSize = DenseOptions.Number(
            "--image-size", "What the shorter side is resized to, a multiple of 14. Default: the model's own.");
        var valuePath = new Option<bool?>("--value-path")
        {
            Description = "Whether to use the tokens of the value path, as published. Default: true; false with the tiny model, which was "
                + "trained for the others.",
            HelpName = "true|false",
        };
        var truth = SampleOptions.Path(
            "--truth", "Folder of true classes, 8-bit gray NAME.png of the pictures' sizes: prints how well they agree.", "DIR");
        var ignore = new Option<byte[]?>("--ignore")
        {
            Description = "Labels of --truth that do not count. Default: those of ADE20K, 0 and 255.",
            HelpName = "N,N",
            CustomParser = Labels,
        };
        var offset = new Option<int>("--label-offset")
        {
            Description = "What is taken off a label of --truth to get the class, from 0.",
            HelpName = "N",
            DefaultValueFactory = _ => 1,
        };
        var command = new Command("segment", "Divide pictures into regions by the names of classes, without training.")
        {
            model, images, folder, labels, head, template, mode, imageSize, valuePath, truth, ignore, offset,
        };
        command.Validators.Add(result =>
        {
            bool hasHead = result.GetValue(head), hasLabels = result.GetResult(labels) is not null;
            if (result.GetResult(images) is not null && !hasLabels && !hasHead)
                result.AddError("--images needs --labels, a file with the names of the classes, or --head.");
            Option[] zeroShot = [labels, template, mode, imageSize, valuePath];
            if (hasHead && zeroShot.FirstOrDefault(o => result.GetResult(o) is { Implicit: false }) is { } other)
                result.AddError($"--head is without {other.Name}, which is for names of classes.");
            if (hasHead && (result.GetResult(images) is null || result.GetResult(model) is null))
                result.AddError("--head needs --images and --model: the tiny model has no head.");
        });
        command.SetAction((parsed, token) => Task.Run(() => SegmentSample.Run(
            new SegmentRequest
            {
                ModelFolder = parsed.GetValue(model),
                Images = parsed.GetValue(images),
                Output = parsed.GetRequiredValue(folder),
                Labels = parsed.GetValue(labels),
                Head = parsed.GetValue(head),
                Templates = parsed.GetValue(template) ?? [],
                Mode = parsed.GetValue(mode) ?? SegmentationMode.Slide,
                ImageSize = parsed.GetValue(imageSize),
                ValuePath = parsed.GetValue(valuePath),
                Truth = parsed.GetValue(truth),
                Ignore = parsed.GetResult(ignore) is null ? [0, 255] : parsed.GetValue(ignore) ?? [],
                LabelOffset = parsed.GetValue(offset),
            },
            context,
            token), token));
        return command;
    }

    private static SegmentationMode? Mode(ArgumentResult result)
    {
        string text = result.Tokens[0].Value;
        if (text is not ("slide" or "whole")) result.AddError($"--mode is '{text}', expected slide or whole.");
        return text == "whole" ? SegmentationMode.Whole : SegmentationMode.Slide;
    }

    private static byte[]? Labels(ArgumentResult result)
    {
        string text = result.Tokens[0].Value;
        if (text.Length == 0) return [];
        var labels = new List<byte>();
        foreach (string part in text.Split(','))
        {
            if (!byte.TryParse(part, NumberStyles.None, CultureInfo.InvariantCulture, out byte label))
            {
                result.AddError($"--ignore is '{text}', expected numbers from 0 to 255, separated by commas.");
                return null;
            }

            labels.Add(label);
        }

        return [.. labels];
    }
}
