using System.CommandLine;
using System.Globalization;
using Tips.CommandLine;
using Tips.MLNet.Samples.Common;

namespace Tips.MLNet.Samples.Search;

/// <summary><c>search</c>: finds pictures by text and by example.</summary>
internal static class SearchCommand
{
    public static Command Create(SampleContext context)
    {
        var index = new Argument<string?>("FILE")
        {
            Description = "An index that 'index DIR -o FILE' made. Default: one is made for this search only.",
            Arity = ArgumentArity.ZeroOrOne,
        };
        index.RequirePath();
        var model = SampleOptions.Model();
        model.Description
            = "Model folder made by tips-onnx-export. Default: that of the index, or the tiny model that comes with the samples.";
        var images = SampleOptions.Pictures();
        images.Description += " With an index: where its pictures are now.";
        var query = new Option<string[]>("--query", "-q")
        {
            Description = "What to look for. May be given several times.",
            HelpName = "TEXT",
        };
        var image = SampleOptions.Path("--image", "A picture to look for. With --query, what is like both.", "FILE");
        var weight = new Option<float>("--text-weight")
        {
            Description = "How much the text counts beside the picture, if both are given.",
            HelpName = "0..1",
            DefaultValueFactory = _ => 0.5f,
            CustomParser = result => SampleOptions.ParseShare(result) ?? 0,
        };
        var filter = new Option<string[]>("--filter")
        {
            Description = "What is found must match: a pattern for its path in the folder, such as dogs/** or *.jpg, or FIELD=PATTERN with "
                + "one of the fields path, label (of a table) and text. May be given several times: all must match.",
            HelpName = "PATTERN",
        };
        filter.RequireText();
        var by = new Option<bool>("--by-caption")
        {
            Description = "Search the captions of an index made with --captions, and show their pictures.",
        };
        var top = new Option<int>("--top")
        {
            Description = "Number of pictures to find for each query.",
            HelpName = "N",
            DefaultValueFactory = _ => 6,
        };
        top.Validators.Add(result =>
        {
            string? text = result.Tokens.Count == 0 ? null : result.Tokens[0].Value;
            bool isNumber = int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out int count);
            if (text is not null && (!isNumber || count is < 1 or > 1000))
                result.AddError($"--top is '{text}', expected a whole number from 1 to 1000.");
        });
        var sheet = SampleOptions.Output("Contact sheet of the pictures found.", "search.png");
        var duplicates = new Option<float?>("--duplicates")
        {
            Description = "Also list pairs of pictures whose cosine is at least this.",
            HelpName = "-1..1",
            CustomParser = SampleOptions.ParseCosine,
        };
        var captions = new Option<bool>("--captions")
        {
            Description = "Every picture has a caption beside it (a.jpg, a.txt), or in a text column of the table: print how often each "
                + "is found by the other.",
        };
        query.RequireText();
        var command = new Command("search", "Find pictures by text and by example, and show them on a contact sheet.")
        {
            index, model, images, query, image, weight, filter, by, top, sheet, duplicates, captions,
        };
        command.Validators.Add(result =>
        {
            bool isStored = result.GetValue(index) is not null;
            if (result.GetValue(captions) && (isStored || result.GetResult(images) is null))
            {
                result.AddError(isStored
                    ? "--captions cannot be used with an index; --by-caption searches its captions."
                    : "--captions needs --images.");
            }

            if (result.GetValue(by) && !isStored) result.AddError("--by-caption needs an index, FILE.");
            if (result.GetResult(weight) is { Implicit: false } && (result.GetResult(query) is null || result.GetResult(image) is null))
                result.AddError("--text-weight needs --query and --image.");
        });
        command.Options.Add(SampleOptions.Store());
        command.SetAction((parsed, cancellationToken) =>
        {
            var request = new SearchRequest(parsed.GetRequiredValue(sheet))
            {
                IndexFile = parsed.GetValue(index),
                ModelFolder = parsed.GetValue(model),
                Images = parsed.GetValue(images),
                Queries = parsed.GetValue(query) ?? [],
                QueryImage = parsed.GetValue(image),
                TextWeight = parsed.GetValue(weight),
                Filters = parsed.GetValue(filter) ?? [],
                ByCaption = parsed.GetValue(by),
                Top = parsed.GetValue(top),
                DuplicateThreshold = parsed.GetValue(duplicates),
                Captions = parsed.GetValue(captions),
            };
            return Task.Run(() => SearchSample.Run(request, context, cancellationToken), cancellationToken);
        });
        return command;
    }
}
