using System.CommandLine;
using System.CommandLine.Parsing;
using System.Globalization;
using Tips.CommandLine;

namespace Tips.MLNet.Samples.Common;

/// <summary>Options that several samples share.</summary>
internal static class SampleOptions
{
    public const string StoreName = "--store", ReportName = "--report", JsonName = "--json";

    public static Option<string?> Model()
        => Folder("--model", "Model folder made by tips-onnx-export. Default: the tiny model that comes with the samples.");

    public static Option<string?> ClassFolders() => Path(
        "--images",
        "Folder with one subfolder of pictures per class, or a table of paths and labels (.csv, .tsv, .jsonl). Default: the drawings that "
        + "come with the samples.",
        "DIR_OR_TABLE");

    public static Option<string?> Names() => Path(
        "--names",
        "Names of the classes, where folders or labels are codes such as n01440764: a code and its name on each line.",
        "FILE");

    public static Option<string?> Pictures() => Path(
        "--images",
        "Folder of pictures, including its subfolders, or a table of paths. Default: the drawings that come with the samples.",
        "DIR_OR_TABLE");

    public static Option<string?> Store() => Folder(
        StoreName,
        "Folder that keeps embeddings between runs, made if missing: pictures that are there already are not embedded again. Any commands "
        + "and models may share one. Default: nothing is kept.");

    /// <summary>Of all samples.</summary>
    public static Option<bool> Strict() => new("--strict")
    {
        Description = "Stop at the first picture that cannot be read, instead of leaving it out.",
        Recursive = true,
    };

    /// <summary>Of all samples.</summary>
    public static Option<bool> Upright() => new("--upright")
    {
        Description = "Turn pictures the way their EXIF orientation says. Default: as they are stored, as the reference does.",
        Recursive = true,
    };

    /// <summary>Of all samples.</summary>
    public static Option<bool> Quiet() => new("--quiet")
    {
        Description = "Print results and errors only: no explanations, no progress.",
        Recursive = true,
    };

    /// <summary>Of all samples.</summary>
    public static Option<bool> Json() => new(JsonName)
    {
        Description = "Print the result as one JSON object, and nothing else on standard output.",
        Recursive = true,
    };

    /// <summary>With --json, results for other programs need a file.</summary>
    /// <param name="command">The command.</param>
    /// <param name="output">The option of the file.</param>
    /// <param name="results">What goes to standard output otherwise.</param>
    public static void RequireOutputForJson(Command command, Option output, string results) => command.Validators.Add(result =>
    {
        if (result.GetValue<bool>(JsonName) && result.GetResult(output) is null)
            result.AddError($"{JsonName} needs --output FILE: without it, standard output has the {results}.");
    });

    public static Option<string[]> Templates(string description)
    {
        var template = new Option<string[]>("--template")
        {
            Description = description,
            HelpName = "TEXT",
            AllowMultipleArgumentsPerToken = false,
        };
        template.Validators.Add(result =>
        {
            var bad = result.Tokens.FirstOrDefault(t => !t.Value.Contains("{}", StringComparison.Ordinal));
            if (bad is not null) result.AddError($"--template '{bad.Value}' has no {{}} for the class name.");
        });
        return template;
    }

    /// <summary>The report as a file of HTML.</summary>
    public static Option<string?> Report() => Path(
        ReportName, "Write a report to look at as one HTML file: numbers, pictures and a map of the embeddings.", "FILE.html");

    public static Option<string> Output(string description, string defaultFile)
    {
        var option = new Option<string>("--output", "-o")
        {
            Description = description,
            HelpName = "FILE",
            DefaultValueFactory = _ => defaultFile,
        };
        option.RequireText();
        return option;
    }

    /// <summary>Where a command saves its pipeline, if that is a file it always writes.</summary>
    public static Option<string> Save(string description, string defaultFile)
    {
        var option = new Option<string>("--save", "--output", "-o")
        {
            Description = description,
            HelpName = "FILE",
            DefaultValueFactory = _ => defaultFile,
        };
        option.RequireText();
        return option;
    }

    /// <summary>Where a command saves its pipeline, if it is asked to.</summary>
    public static Option<string?> Save() => Path("--save", "File for the pipeline, for predict and for programs. Default: none.", "FILE");

    private static Option<string?> Folder(string name, string description) => Path(name, description, "DIR");

    public static Option<ListFormat> Format(string description)
    {
        var option = new Option<ListFormat>("--format")
        {
            Description = $"{description} Default: csv.",
            HelpName = "csv|jsonl",
        };
        option.AcceptOnlyFromAmong(StringComparer.OrdinalIgnoreCase, "csv", "jsonl");
        return option;
    }

    /// <summary>Parses a cosine.</summary>
    public static float? ParseCosine(ArgumentResult result)
    {
        string text = result.Tokens[0].Value;
        const NumberStyles style = NumberStyles.AllowDecimalPoint | NumberStyles.AllowLeadingSign;
        if (float.TryParse(text, style, CultureInfo.InvariantCulture, out float cosine) && cosine is >= -1 and <= 1) return cosine;
        result.AddError($"{NameOf(result)} is '{text}', expected a cosine from -1 to 1, such as 0.95.");
        return null;
    }

    /// <summary>Parses a share or a probability.</summary>
    public static float? ParseShare(ArgumentResult result)
    {
        string text = result.Tokens[0].Value;
        bool isNumber = float.TryParse(text, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out float share);
        if (isNumber && share is >= 0 and <= 1) return share;
        result.AddError($"{NameOf(result)} is '{text}', expected a number from 0 to 1.");
        return null;
    }

    private static string NameOf(ArgumentResult result) => ((OptionResult)result.Parent!).Option.Name;

    /// <summary>A file or a folder that may be left out.</summary>
    public static Option<string?> Path(string name, string description, string helpName)
    {
        var option = new Option<string?>(name) { Description = description, HelpName = helpName };
        option.RequireText();
        return option;
    }
}
