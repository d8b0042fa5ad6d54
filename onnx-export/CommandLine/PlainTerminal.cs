namespace Tips.CommandLine;

/// <summary>
/// Keeps .NET's console from writing escape sequences where they are not wanted: it switches the keypad as soon as it is used, unless the
/// terminal is said to be dumb.
/// </summary>
internal static class PlainTerminal
{
    private const string Terminal = "TERM", Dumb = "dumb";

    private static string? s_hidden;

    /// <summary>Call this before the console is used.</summary>
    public static void Prepare()
    {
        if (string.IsNullOrEmpty(Environment.GetEnvironmentVariable("NO_COLOR"))) return;
        s_hidden = Environment.GetEnvironmentVariable(Terminal);
        Environment.SetEnvironmentVariable(Terminal, Dumb);
    }

    /// <summary>An environment variable as it was when the program began.</summary>
    public static string? Variable(string name)
        => name == Terminal && s_hidden is not null ? s_hidden : Environment.GetEnvironmentVariable(name);
}
