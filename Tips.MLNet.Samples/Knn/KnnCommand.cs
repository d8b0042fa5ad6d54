using System.CommandLine;
using System.CommandLine.Parsing;
using System.Globalization;
using Tips.CommandLine;
using Tips.MLNet.Samples.Common;

namespace Tips.MLNet.Samples.Knn;

/// <summary><c>knn</c>: trains, tests, saves and reloads a k-NN classifier.</summary>
internal static class KnnCommand
{
    public static Command Create(SampleContext context)
    {
        var defaults = new KnnRequest();
        var model = SampleOptions.Model();
        var images = SampleOptions.ClassFolders();
        var names = SampleOptions.Names();
        var neighbors = new Option<int>("--neighbors", "-k")
        {
            Description = "Number of neighbors that vote.",
            HelpName = "K",
            DefaultValueFactory = _ => defaults.Neighbors,
            CustomParser = ParseNeighbors,
        };
        var testFraction = new Option<double>("--test-fraction")
        {
            Description = "Share of the pictures of every class that is kept for the test.",
            HelpName = "0..1",
            DefaultValueFactory = _ => defaults.TestFraction,
            CustomParser = ParseFraction,
        };
        var seed = new Option<int>("--seed")
        {
            Description = "Seed of that split.",
            HelpName = "N",
            DefaultValueFactory = _ => defaults.Seed,
        };
        var pipeline = SampleOptions.Save("File for the trained pipeline.", defaults.PipelineFile);
        var classify = new Option<string?>("--classify")
        {
            Description = "Picture for the reloaded pipeline to classify. Default: the first test picture.",
            HelpName = "FILE",
        };
        classify.RequireText();

        const string description = "Embed pictures, learn their classes with k-nearest neighbors, test, save, reload, and classify a file.";
        var command = new Command("knn", description) { model, images, names, neighbors, testFraction, seed, pipeline, classify };
        command.Options.Add(SampleOptions.Store());
        command.Options.Add(SampleOptions.Report());
        command.SetAction((parsed, cancellationToken) =>
        {
            var request = new KnnRequest
            {
                ModelFolder = parsed.GetValue(model),
                Images = parsed.GetValue(images),
                NamesFile = parsed.GetValue(names),
                Neighbors = parsed.GetValue(neighbors),
                TestFraction = parsed.GetValue(testFraction),
                Seed = parsed.GetValue(seed),
                PipelineFile = parsed.GetRequiredValue(pipeline),
                Classify = parsed.GetValue(classify),
            };
            return Task.Run(() => KnnSample.Run(request, context, cancellationToken), cancellationToken);
        });
        return command;
    }

    private static int ParseNeighbors(ArgumentResult result)
    {
        string text = result.Tokens[0].Value;
        bool isNumber = int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out int neighbors);
        if (isNumber && neighbors >= 1) return neighbors;
        result.AddError($"--neighbors is '{text}', expected a whole number of at least 1.");
        return default;
    }

    private static double ParseFraction(ArgumentResult result)
    {
        string text = result.Tokens[0].Value;
        bool isNumber = double.TryParse(text, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out double fraction);
        if (isNumber && fraction is > 0 and < 1) return fraction;
        result.AddError($"--test-fraction is '{text}', expected a number between 0 and 1.");
        return default;
    }
}
