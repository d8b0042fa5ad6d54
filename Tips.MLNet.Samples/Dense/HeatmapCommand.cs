using System.CommandLine;
using System.CommandLine.Parsing;
using System.Globalization;
using Tips.MLNet.Samples.Common;

namespace Tips.MLNet.Samples.Dense;

/// <summary><c>heatmap</c>: shows where in a picture something is.</summary>
internal static class HeatmapCommand
{
    public static Command Create(SampleContext context)
    {
        var model = SampleOptions.Model();
        var images = DenseOptions.Images();
        var folder = DenseOptions.Output("heatmaps", "the pictures, NAME.TEXT.heatmap.png");
        var text = new Option<string[]>("--text", "-t")
        {
            Description = "What to look for. May be given several times. Default: what is in the drawings that come with the samples.",
            HelpName = "TEXT",
            AllowMultipleArgumentsPerToken = false,
        };
        var point = new Option<HeatmapPoint[]>("--point")
        {
            Description = "A pixel of another picture that shows what to look for, from the top left corner. May be given several times.",
            HelpName = "PICTURE:X,Y",
            AllowMultipleArgumentsPerToken = false,
            CustomParser = Points,
        };
        var template = SampleOptions.Templates("Prompt with {} for the text, such as \"a photo of a {}.\". May be given several times.");
        var valuePath = new Option<bool>("--value-path")
        {
            Description = "Compare with the tokens of the value path. The tiny model is better without; try both with an official one.",
        };
        var sizes = new DenseOptions();
        var command = new Command("heatmap", "Show where in a picture a text, or a spot of another picture, is found.")
        {
            model, images, folder, text, point, template, valuePath,
        };
        sizes.AddTo(command);
        command.Validators.Add(result =>
        {
            bool hasImages = result.GetResult(images) is not null;
            bool hasQuery = result.GetResult(text) is not null || result.GetResult(point) is not null;
            if (hasImages && !hasQuery) result.AddError("Say what to look for: --text or --point.");
        });
        command.SetAction((parsed, token) => Task.Run(() => HeatmapSample.Run(
            new HeatmapRequest
            {
                ModelFolder = parsed.GetValue(model),
                Images = parsed.GetValue(images),
                Output = parsed.GetRequiredValue(folder),
                Texts = parsed.GetValue(text) ?? [],
                Points = parsed.GetValue(point) ?? [],
                Templates = parsed.GetValue(template) ?? [],
                Patches = new PatchOptions
                {
                    ValuePath = parsed.GetValue(valuePath),
                    Input = sizes.Input(parsed, parsed.GetValue(images) is null),
                },
            },
            context,
            token), token));
        return command;
    }

    private static HeatmapPoint[]? Points(ArgumentResult result)
    {
        var points = new List<HeatmapPoint>();
        foreach (var token in result.Tokens)
        {
            int colon = token.Value.LastIndexOf(':');
            int[] numbers = [.. token.Value[(colon + 1)..].Split(',').Select(
                n => int.TryParse(n, NumberStyles.None, CultureInfo.InvariantCulture, out int value) ? value : -1)];
            if (colon < 1 || numbers is not [>= 0, >= 0])
            {
                result.AddError($"--point is '{token.Value}', expected a picture, a colon and two numbers, such as cat.jpg:120,80.");
                return null;
            }

            points.Add(new HeatmapPoint(token.Value[..colon], numbers[0], numbers[1]));
        }

        return [.. points];
    }
}
