using Spectre.Console;

namespace Tips.CommandLine;

/// <summary>Tables and progress bars that fit a terminal, and are plain text elsewhere.</summary>
internal static class PlainConsole
{
    /// <param name="writer">One of the standard streams, or any other.</param>
    /// <param name="widthWithoutTerminal">Characters of a line where there is no terminal to fit.</param>
    /// <param name="leastWidth">Characters that a line needs; a narrower terminal wraps it, which reads better than columns of one letter.</param>
    public static IAnsiConsole Create(TextWriter writer, int widthWithoutTerminal = 120, int leastWidth = 0)
    {
        var destination = new AnsiConsoleOutput(writer);
        if (destination.IsTerminal)
        {
            var terminal = AnsiConsole.Create(new AnsiConsoleSettings { Out = destination });
            terminal.Profile.Width = Math.Max(terminal.Profile.Width, leastWidth);
            return terminal;
        }

        var console = AnsiConsole.Create(new AnsiConsoleSettings { Out = destination, Ansi = AnsiSupport.No, ColorSystem = ColorSystemSupport.NoColors });
        console.Profile.Width = widthWithoutTerminal;
        return console;
    }
}
