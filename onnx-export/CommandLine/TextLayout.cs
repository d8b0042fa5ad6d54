using System.Globalization;
using Spectre.Console;

namespace Tips.CommandLine;

/// <summary>
/// How text is laid out for whoever reads a stream. The variable COLUMNS decides the width; without it a terminal's own counts, and what
/// the caller says where there is none. A file or a pipe gets no escape sequence; nor does a terminal if NO_COLOR is not empty
/// (https://no-color.org), or if it is dumb (TERM).
/// </summary>
/// <param name="Width">Cells on a line; <see cref="Unlimited"/> if lines are not broken.</param>
/// <param name="IsLive">Whether the last line may be written over, after a carriage return.</param>
/// <param name="HasEscapes">Whether escape sequences, which give colors, are understood and wanted.</param>
internal sealed record TextLayout(int Width, bool IsLive = false, bool HasEscapes = false)
{
    /// <summary>The width of lines that are never broken: messages in a log, one a line, so that <c>grep</c> finds them.</summary>
    public const int Unlimited = int.MaxValue;

    /// <summary>The width of reports in a file or a pipe, which has none of its own: most tables keep all of their columns.</summary>
    public const int WithoutTerminal = 120;

    private const int Least = 40, OfTerminalWithoutSize = 80;

    /// <summary>The layout for a stream of this process, or for any other writer.</summary>
    public static TextLayout Of(TextWriter writer, int widthWithoutTerminal = WithoutTerminal)
    {
        var destination = new AnsiConsoleOutput(writer);
        if (!destination.IsTerminal) return Create(null, widthWithoutTerminal, PlainTerminal.Variable);
        var layout = Create(TerminalWidth(), widthWithoutTerminal, PlainTerminal.Variable);
        // Spectre knows terminals that have no escape sequences, and switches them on where that is needed (Windows).
        return layout.HasEscapes && !AnsiConsole.Create(new AnsiConsoleSettings { Out = destination }).Profile.Capabilities.Ansi
            ? layout with { HasEscapes = false }
            : layout;
    }

    /// <param name="terminalWidth">Width of the terminal; null if there is none.</param>
    /// <param name="widthWithoutTerminal">Width if there is none.</param>
    /// <param name="variable">Environment variables.</param>
    public static TextLayout Create(int? terminalWidth, int widthWithoutTerminal, Func<string, string?> variable)
    {
        string? terminal = variable("TERM");
        bool isLive = terminalWidth is not null && terminal != "dumb" && (OperatingSystem.IsWindows() || !string.IsNullOrEmpty(terminal));
        bool isSet = int.TryParse(variable("COLUMNS"), NumberStyles.None, CultureInfo.InvariantCulture, out int columns) && columns > 0;
        int width = isSet ? columns : terminalWidth ?? widthWithoutTerminal;
        return new TextLayout(Math.Max(width, Least), isLive, isLive && string.IsNullOrEmpty(variable("NO_COLOR")));
    }

    /// <summary>Bold text where that is possible. Nothing may depend on it.</summary>
    public string Bold(string text) => HasEscapes ? $"\e[1m{text}\e[0m" : text;

    /// <summary>Red text where that is possible. Nothing may depend on it.</summary>
    public string Red(string text) => HasEscapes ? $"\e[31m{text}\e[0m" : text;

    private static int TerminalWidth()
    {
        try
        {
            return Console.WindowWidth > 0 ? Console.WindowWidth : OfTerminalWithoutSize;
        }
        catch (Exception e) when (e is IOException or PlatformNotSupportedException)
        {
            return OfTerminalWithoutSize;
        }
    }
}
