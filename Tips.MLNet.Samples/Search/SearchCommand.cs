using System.CommandLine;
using System.CommandLine.Parsing;
using System.Globalization;
using Tips.CommandLine;
using Tips.MLNet.Samples.Common;

namespace Tips.MLNet.Samples.Search;

/// <summary><c>search</c>: pictures by what is said of them.</summary>
internal static class SearchCommand
{
    public static Command Create(TextWriter output)
    {
        var model = SampleOptions.Model();
        var images = SampleOptions.Pictures();
        var query = new Option<string[]>("--query", "-q") { Description = "What to look for; may be given several times.", HelpName = "TEXT" };
        var top = new Option<int>("--top") { Description = "Pictures to find for each query.", HelpName = "N", DefaultValueFactory = _ => 6 };
        top.Validators.Add(result =>
        {
            if (result.Tokens.Count > 0 && !(int.TryParse(result.Tokens[0].Value, out int count) && count is >= 1 and <= 1000)) result.AddError("--top must be a whole number from 1 to 1000.");
        });
        var sheet = SampleOptions.Output("Contact sheet of what was found.", "search.png");
        var duplicates = new Option<float?>("--duplicates") { Description = "Also list pairs of pictures whose cosine is at least this.", HelpName = "-1..1", CustomParser = ParseCosine };
        query.RequireText();
        var command = new Command("search", "Find pictures by text, and show them on a contact sheet.") { model, images, query, top, sheet, duplicates };
        command.SetAction((parsed, cancellationToken) => Task.Run(
            () => SearchSample.Run(parsed.GetValue(model), parsed.GetValue(images), parsed.GetValue(query) ?? [], parsed.GetValue(top), parsed.GetRequiredValue(sheet), parsed.GetValue(duplicates), output, cancellationToken),
            cancellationToken));
        return command;
    }

    private static float? ParseCosine(ArgumentResult result)
    {
        string text = result.Tokens[0].Value;
        if (float.TryParse(text, NumberStyles.AllowDecimalPoint | NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out float cosine) && cosine is >= -1 and <= 1) return cosine;
        result.AddError($"--duplicates is '{text}', expected a cosine from -1 to 1, such as 0.95.");
        return null;
    }
}
