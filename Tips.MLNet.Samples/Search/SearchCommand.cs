using System.CommandLine;
using System.CommandLine.Parsing;
using System.Globalization;
using Tips.CommandLine;
using Tips.MLNet.Samples.Common;

namespace Tips.MLNet.Samples.Search;

/// <summary><c>search</c>: finds pictures by text.</summary>
internal static class SearchCommand
{
    public static Command Create(SampleContext context)
    {
        var model = SampleOptions.Model();
        var images = SampleOptions.Pictures();
        var query = new Option<string[]>("--query", "-q")
        {
            Description = "What to look for. May be given several times.",
            HelpName = "TEXT",
        };
        var top = new Option<int>("--top")
        {
            Description = "Number of pictures to find for each query.",
            HelpName = "N",
            DefaultValueFactory = _ => 6,
        };
        top.Validators.Add(result =>
        {
            bool isNumber = result.Tokens.Count == 0 || (int.TryParse(result.Tokens[0].Value, out int count) && count is >= 1 and <= 1000);
            if (!isNumber) result.AddError("--top must be a whole number from 1 to 1000.");
        });
        var sheet = SampleOptions.Output("Contact sheet of the pictures found.", "search.png");
        var duplicates = new Option<float?>("--duplicates")
        {
            Description = "Also list pairs of pictures whose cosine is at least this.",
            HelpName = "-1..1",
            CustomParser = ParseCosine,
        };
        var captions = new Option<bool>("--captions")
        {
            Description = "Every picture has a caption beside it (a.jpg, a.txt), or in a text column of the table: print how often each "
                + "is found by the other.",
        };
        query.RequireText();
        var command = new Command("search", "Find pictures by text, and show them on a contact sheet.")
        {
            model, images, query, top, sheet, duplicates, captions,
        };
        command.Validators.Add(result =>
        {
            if (result.GetValue(captions) && result.GetResult(images) is null) result.AddError("--captions needs --images.");
        });
        command.Options.Add(SampleOptions.Store());
        command.SetAction((parsed, cancellationToken) =>
        {
            var request = new SearchRequest(parsed.GetRequiredValue(sheet))
            {
                ModelFolder = parsed.GetValue(model),
                Images = parsed.GetValue(images),
                Queries = parsed.GetValue(query) ?? [],
                Top = parsed.GetValue(top),
                DuplicateThreshold = parsed.GetValue(duplicates),
                Captions = parsed.GetValue(captions),
            };
            return Task.Run(() => SearchSample.Run(request, context, cancellationToken), cancellationToken);
        });
        return command;
    }

    private static float? ParseCosine(ArgumentResult result)
    {
        string text = result.Tokens[0].Value;
        const NumberStyles style = NumberStyles.AllowDecimalPoint | NumberStyles.AllowLeadingSign;
        if (float.TryParse(text, style, CultureInfo.InvariantCulture, out float cosine) && cosine is >= -1 and <= 1) return cosine;
        result.AddError($"--duplicates is '{text}', expected a cosine from -1 to 1, such as 0.95.");
        return null;
    }
}
