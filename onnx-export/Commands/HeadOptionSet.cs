using System.CommandLine;
using System.CommandLine.Parsing;
using System.Globalization;
using Tips.CommandLine;
using Tips.OnnxExport.Export;
using Tips.OnnxExport.Towers;

namespace Tips.OnnxExport.Commands;

/// <summary>The options of the verbs that read heads.</summary>
internal sealed class HeadOptionSet
{
    private readonly Option<(float Minimum, float Maximum)?> _range = new("--depth-range")
    {
        Description =
            "Depths of the first and the last bin in meters, two numbers above zero. Default: what the configuration of a Hugging Face "
            + "repository tells, or 0.001,10.",
        HelpName = "MIN,MAX",
        CustomParser = ParseRange,
    };
    private readonly Option<bool?> _relu = new("--relu-after-project")
    {
        Description =
            "ReLU follows the last convolution of the head for depth. Default: what the configuration of a Hugging Face repository tells, "
            + "or not, as published.",
        HelpName = "true|false",
        Arity = ArgumentArity.ZeroOrOne,
        CustomParser = ParseFlag,
    };
    private readonly Option<FileInfo> _classes = new("--class-names")
    {
        Description =
            "Names of the classes of the head for segmentation, one a line. Default: what the configuration of a Hugging Face repository "
            + "tells, or those of ADE20K for 150 classes.",
        HelpName = "FILE",
    };

    private IEnumerable<Option> All => [_range, _relu, _classes];

    /// <summary>Reads <c>TASK=FILE</c>, once or several times.</summary>
    public static HeadSource[] Parse(ArgumentResult result)
    {
        List<HeadSource> heads = [];
        foreach (string text in result.Tokens.Select(t => t.Value))
        {
            int equals = text.IndexOf('=', StringComparison.Ordinal);
            if (equals < 0 || HeadTasks.TryParse(text[..equals]) is not { } task || string.IsNullOrWhiteSpace(text[(equals + 1)..]))
            {
                result.AddError($"'{text}' must be TASK=FILE with TASK one of {string.Join(", ", HeadTasks.All.Select(t => t.Name()))}.");
                return [];
            }

            if (heads.Any(h => h.Task == task))
            {
                result.AddError($"There are two heads for {task.Name()}, expected one for a task.");
                return [];
            }

            heads.Add(new HeadSource(task, Path.GetFullPath(text[(equals + 1)..])));
        }

        return [.. heads];
    }

    public void AddTo(Command command)
    {
        _classes.RequireText();
        foreach (var option in All) command.Options.Add(option);
    }

    /// <summary>The first of the options that is given; null if none is.</summary>
    public string? FirstGiven(CommandResult result) => All.FirstOrDefault(o => result.GetResult(o) is not null)?.Name;

    public HeadSettings Settings(ParseResult parsed) => new()
    {
        DepthRange = parsed.GetValue(_range),
        ReluAfterProject = parsed.GetValue(_relu),
        ClassNames = parsed.GetValue(_classes)?.FullName,
    };

    private static bool? ParseFlag(ArgumentResult result)
    {
        if (result.Tokens.Count == 0) return true;
        if (bool.TryParse(result.Tokens[0].Value, out bool value)) return value;
        result.AddError($"--relu-after-project is '{result.Tokens[0].Value}', expected true or false.");
        return null;
    }

    private static (float Minimum, float Maximum)? ParseRange(ArgumentResult result)
    {
        string text = result.Tokens[0].Value;
        float[] numbers =
        [
            .. text.Split(',').Select(
                p => float.TryParse(p, NumberStyles.Float, CultureInfo.InvariantCulture, out float number) ? number : float.NaN),
        ];
        if (numbers is [> 0 and var minimum, var maximum] && minimum < maximum && float.IsFinite(maximum)) return (minimum, maximum);
        result.AddError($"--depth-range '{text}' must be two numbers above zero, the smaller one first, such as 0.001,10.");
        return null;
    }
}
