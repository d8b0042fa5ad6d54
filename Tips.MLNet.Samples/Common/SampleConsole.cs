using Spectre.Console;

namespace Tips.MLNet.Samples.Common;

/// <summary>Tables and progress bars on one of the standard streams.</summary>
internal static class SampleConsole
{
    private const int WidthWithoutTerminal = 120;

    public static IAnsiConsole Create(TextWriter writer)
    {
        var console = AnsiConsole.Create(new AnsiConsoleSettings { Out = new AnsiConsoleOutput(writer) });
        if (!console.Profile.Out.IsTerminal) console.Profile.Width = WidthWithoutTerminal;
        return console;
    }
}
