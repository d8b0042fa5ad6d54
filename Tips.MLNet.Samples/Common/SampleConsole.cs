using Spectre.Console;

namespace Tips.MLNet.Samples.Common;

/// <summary>Tables and progress bars on one of the standard streams.</summary>
internal static class SampleConsole
{
    private const int WidthWithoutTerminal = 120;

    public static IAnsiConsole Create(TextWriter writer)
    {
        var destination = new AnsiConsoleOutput(writer);
        if (destination.IsTerminal) return AnsiConsole.Create(new AnsiConsoleSettings { Out = destination });
        // A file wants no colours and no lines broken at some width.
        var console = AnsiConsole.Create(new AnsiConsoleSettings { Out = destination, Ansi = AnsiSupport.No, ColorSystem = ColorSystemSupport.NoColors });
        console.Profile.Width = WidthWithoutTerminal;
        return console;
    }
}
