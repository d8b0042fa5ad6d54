using System.CommandLine;
using System.CommandLine.Parsing;
using System.Globalization;
using Tips.MLNet.Samples.Common;

namespace Tips.MLNet.Samples.Audit;

/// <summary><c>audit</c>: looks for what is wrong with a set of pictures.</summary>
internal static class AuditCommand
{
    public static Command Create(SampleContext context)
    {
        var model = SampleOptions.Model();
        var images = SampleOptions.Path(
            "--images",
            "Folder of pictures, or a table of paths and labels (.csv, .tsv, .jsonl). The names of subfolders are labels, unless there are "
            + "pictures beside them. Default: the drawings that come with the samples.",
            "DIR_OR_TABLE");
        var test = SampleOptions.Path("--test", "Test pictures, none of which should be among the others.", "DIR_OR_TABLE");
        var unlabeled = new Option<bool>("--unlabeled") { Description = "The pictures have no labels: subfolders mean something else." };
        var duplicates = new Option<float>("--duplicates")
        {
            Description = "Pictures whose cosine is at least this are near duplicates.",
            HelpName = "-1..1",
            CustomParser = result => SampleOptions.ParseCosine(result) ?? 0,
            DefaultValueFactory = _ => new AuditRequest("").Duplicates,
        };
        var neighbors = new Option<int?>("--neighbors", "-k")
        {
            Description = "Neighbors that vote on the label of a picture. Default: a number that suits the sizes of the classes.",
            HelpName = "K",
            CustomParser = ParseNeighbors,
        };
        var sheet = SampleOptions.Output("Contact sheet of the worst findings. The list of all findings gets the same name.", "audit.png");
        var format = SampleOptions.Format("Format of the list of findings.");
        var command = new Command("audit", "Look for duplicates, outliers, wrong labels, and test pictures that are in training, too.")
        {
            model, images, test, unlabeled, duplicates, neighbors, sheet, format,
        };
        command.Options.Add(SampleOptions.Store());
        command.Options.Add(SampleOptions.Report());
        command.Validators.Add(result =>
        {
            if (result.GetResult(test) is not null && result.GetResult(images) is null) result.AddError("--test needs --images.");
        });
        command.SetAction((parsed, cancellationToken) =>
        {
            var request = new AuditRequest(parsed.GetRequiredValue(sheet))
            {
                ModelFolder = parsed.GetValue(model),
                Images = parsed.GetValue(images),
                Test = parsed.GetValue(test),
                Unlabeled = parsed.GetValue(unlabeled),
                Duplicates = parsed.GetValue(duplicates),
                Neighbors = parsed.GetValue(neighbors),
                Format = parsed.GetValue(format),
            };
            return Task.Run(() => AuditSample.Run(request, context, cancellationToken), cancellationToken);
        });
        return command;
    }

    private static int? ParseNeighbors(ArgumentResult result)
    {
        string text = result.Tokens[0].Value;
        if (int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out int count) && count >= 1) return count;
        result.AddError($"--neighbors is '{text}', expected a whole number of at least 1.");
        return null;
    }
}
