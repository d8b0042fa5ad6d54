using Spectre.Console;

namespace Tips.CommandLine;

/// <summary>Tables and progress bars that fit a terminal, and are plain text elsewhere.</summary>
internal static class PlainConsole
{
    /// <param name="writer">One of the standard streams, or any other.</param>
    /// <param name="widthWithoutTerminal">Characters of a line where there is no terminal to fit.</param>
    public static IAnsiConsole Create(TextWriter writer, int widthWithoutTerminal = 120)
    {
        var destination = new AnsiConsoleOutput(writer);
        if (destination.IsTerminal) return AnsiConsole.Create(new AnsiConsoleSettings { Out = destination });
        var console = AnsiConsole.Create(new AnsiConsoleSettings { Out = destination, Ansi = AnsiSupport.No, ColorSystem = ColorSystemSupport.NoColors });
        console.Profile.Width = widthWithoutTerminal;
        return console;
    }
}
