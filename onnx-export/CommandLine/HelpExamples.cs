using System.CommandLine;
using System.CommandLine.Help;
using System.CommandLine.Invocation;

namespace Tips.CommandLine;

/// <summary>Help that fits the width, with a section of examples.</summary>
internal sealed class HelpExamples : SynchronousCommandLineAction
{
    private const string Indent = "  ", Continued = " \\";

    private readonly HelpAction _help;
    private readonly string _program;
    private readonly IReadOnlyDictionary<string, string[]> _examples;

    private HelpExamples(HelpAction help, string program, IReadOnlyDictionary<string, string[]> examples)
        => (_help, _program, _examples) = (help, program, examples);

    /// <inheritdoc/>
    public override bool ClearsParseErrors => _help.ClearsParseErrors;

    /// <summary>Adds examples to the help of a program.</summary>
    /// <param name="root">The root command of the program.</param>
    /// <param name="examples">Arguments as a user would type them, by the name of the command whose help shows them.</param>
    public static void AddTo(Command root, IReadOnlyDictionary<string, string[]> examples)
    {
        var option = root.Options.OfType<HelpOption>().Single();
        option.Action = new HelpExamples((HelpAction)option.Action!, root.Name, examples);
    }

    /// <inheritdoc/>
    public override int Invoke(ParseResult parseResult)
    {
        var output = parseResult.InvocationConfiguration.Output;
        int width = (output as WrappingWriter)?.Layout.Width ?? TextLayout.Unlimited;
        _help.MaxWidth = width;
        int code = _help.Invoke(parseResult);
        if (!_examples.TryGetValue(parseResult.CommandResult.Command.Name, out string[]? examples)) return code;
        output.WriteLine("Examples:");
        foreach (string line in examples.SelectMany(example => Lines($"{_program} {example}", width))) output.WriteLine(line);
        output.WriteLine();
        return code;
    }

    // Each line but the last ends with a backslash, so that a shell takes them as one.
    private static IEnumerable<string> Lines(string command, int width)
    {
        int room = width == TextLayout.Unlimited ? width : width - 2 * Indent.Length - Continued.Length;
        string[] lines = [.. WordWrap.Lines(command, room, "\"'")];
        for (int i = 0; i < lines.Length; i++)
            yield return $"{Indent}{(i > 0 ? Indent : "")}{lines[i]}{(i + 1 < lines.Length ? Continued : "")}";
    }
}
