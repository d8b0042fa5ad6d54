using System.CommandLine;
using System.CommandLine.Parsing;
using System.Globalization;
using Tips.MLNet.Samples.Common;

namespace Tips.MLNet.Samples.Dense;

/// <summary><c>foreground</c>: learns from a few masks what foreground is, and finds it in other pictures.</summary>
internal static class ForegroundCommand
{
    public static Command Create(SampleContext context)
    {
        var model = SampleOptions.Model();
        var images = SampleOptions.Path(
            "--images", "Folder of pictures to learn from. Default: drawings that come with the samples.", "DIR");
        var masks = SampleOptions.Path(
            "--masks",
            "Folder of their masks, NAME.png or NAME.mask.png: foreground is where the alpha channel is opaque, or white in a mask without "
            + "one. Default: NAME.mask.png beside each picture.",
            "DIR");
        var apply = SampleOptions.Path(
            "--apply", "A picture, or a folder of them, to find the foreground of. Default: those learned from.", "FILE_OR_DIR");
        var folder = DenseOptions.Output("foreground", "the results, NAME.foreground.png, and the classifier, foreground.json");
        var load = SampleOptions.Path("--load", "A classifier that was saved before, instead of learning one.", "FILE");
        var c = new Option<double>("--c")
        {
            Description = "How much the losses count against the length of the weights. Default: 0.1, as in TIPS's notebook.",
            HelpName = "C",
            DefaultValueFactory = _ => ForegroundClassifier.DefaultC,
            CustomParser = Positive,
        };
        var height = DenseOptions.Number(
            "--image-height", "What the height of pictures is resized to, a multiple of 14. Default: the model's own.");
        var pipeline = SampleOptions.Save();
        var command = new Command("foreground", "Learn what foreground is from a few pictures with masks, and find it in others.")
        {
            model, images, masks, apply, folder, load, c, height, pipeline,
        };
        command.Validators.Add(result =>
        {
            bool loads = result.GetResult(load) is not null, learns = result.GetResult(images) is not null;
            if (loads && (learns || result.GetResult(masks) is not null)) result.AddError("--load is instead of --images and --masks.");
            if (loads && result.GetResult(apply) is null) result.AddError("--load needs --apply: pictures to find the foreground of.");
            if (!learns && result.GetResult(masks) is not null) result.AddError("--masks needs --images.");
        });
        command.SetAction((parsed, token) => Task.Run(() => ForegroundSample.Run(
            new ForegroundRequest
            {
                ModelFolder = parsed.GetValue(model),
                Images = parsed.GetValue(images),
                Masks = parsed.GetValue(masks),
                Apply = parsed.GetValue(apply),
                Output = parsed.GetRequiredValue(folder),
                Load = parsed.GetValue(load),
                C = parsed.GetValue(c),
                ImageHeight = parsed.GetValue(height),
                Pipeline = parsed.GetValue(pipeline),
            },
            context,
            token), token));
        return command;
    }

    private static double Positive(ArgumentResult result)
    {
        string text = result.Tokens[0].Value;
        if (double.TryParse(
            text, NumberStyles.Float, CultureInfo.InvariantCulture, out double value) && value > 0 && double.IsFinite(value))
            return value;
        result.AddError($"--c is '{text}', expected a positive number.");
        return ForegroundClassifier.DefaultC;
    }
}
