using System.CommandLine;
using System.CommandLine.Help;
using System.CommandLine.Invocation;

namespace Tips.CommandLine;

/// <summary>Adds an "Examples" section to the help of commands.</summary>
internal sealed class HelpExamples : SynchronousCommandLineAction
{
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
        int code = _help.Invoke(parseResult);
        if (!_examples.TryGetValue(parseResult.CommandResult.Command.Name, out string[]? examples)) return code;
        var output = parseResult.InvocationConfiguration.Output;
        output.WriteLine("Examples:");
        foreach (string example in examples) output.WriteLine($"  {_program} {example}");
        output.WriteLine();
        return code;
    }
}
