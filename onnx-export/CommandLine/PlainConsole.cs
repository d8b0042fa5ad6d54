using Spectre.Console;

namespace Tips.CommandLine;

/// <summary>A console for tables and progress bars that fits the terminal, and writes plain text where there is none.</summary>
internal static class PlainConsole
{
    /// <param name="writer">A standard stream or any other writer.</param>
    /// <param name="widthWithoutTerminal">Line width if there is no terminal.</param>
    /// <param name="leastWidth">
    /// Minimum line width. A narrower terminal wraps the lines, which reads better than columns one letter wide.
    /// </param>
    public static IAnsiConsole Create(TextWriter writer, int widthWithoutTerminal = 120, int leastWidth = 0)
    {
        var destination = new AnsiConsoleOutput(writer);
        if (destination.IsTerminal)
        {
            var terminal = AnsiConsole.Create(new AnsiConsoleSettings { Out = destination });
            terminal.Profile.Width = Math.Max(terminal.Profile.Width, leastWidth);
            return terminal;
        }

        var console = AnsiConsole.Create(new AnsiConsoleSettings
        {
            Out = destination,
            Ansi = AnsiSupport.No,
            ColorSystem = ColorSystemSupport.NoColors,
        });
        console.Profile.Width = widthWithoutTerminal;
        return console;
    }
}
