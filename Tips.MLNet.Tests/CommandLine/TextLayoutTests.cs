extern alias samples;

using TextLayout = samples::Tips.CommandLine.TextLayout;

namespace Tips.MLNet.Tests.CommandLine;

/// <summary>Widths and escape sequences, by the terminal and the environment.</summary>
[TestClass]
public sealed class TextLayoutTests
{
    [TestMethod]
    [DataRow(null, null, 120, DisplayName = "a file")]
    [DataRow(null, "80", 80, DisplayName = "a file, COLUMNS")]
    [DataRow(100, null, 100, DisplayName = "a terminal")]
    [DataRow(100, "80", 80, DisplayName = "a terminal, COLUMNS")]
    [DataRow(100, "", 100)]
    [DataRow(100, "x", 100)]
    [DataRow(100, "0", 100)]
    [DataRow(100, "-5", 100)]
    [DataRow(7, null, 40, DisplayName = "too narrow for words")]
    public void The_width_is_that_of_COLUMNS_or_of_the_terminal(int? terminal, string? columns, int expected)
        => Assert.AreEqual(expected, Create(terminal, ("COLUMNS", columns)).Width);

    [TestMethod]
    [DataRow(100, "xterm-256color", null, true, true)]
    [DataRow(100, "xterm-256color", "", true, true, DisplayName = "empty is as if it were not set")]
    [DataRow(100, "xterm-256color", "0", true, false, DisplayName = "any value counts")]
    [DataRow(100, "dumb", null, false, false)]
    [DataRow(null, "xterm-256color", null, false, false, DisplayName = "a file")]
    public void Escape_sequences_need_a_terminal_that_wants_them(int? width, string term, string? noColor, bool isLive, bool hasEscapes)
    {
        var layout = Create(width, ("TERM", term), ("NO_COLOR", noColor));
        Assert.AreEqual((isLive, hasEscapes), (layout.IsLive, layout.HasEscapes));
        Assert.AreEqual(hasEscapes, layout.Bold("x") != "x");
        Assert.AreEqual(hasEscapes, layout.Red("x") != "x");
    }

    private static TextLayout Create(int? width, params (string Name, string? Value)[] variables)
        => TextLayout.Create(width, TextLayout.WithoutTerminal, name => variables.FirstOrDefault(v => v.Name == name).Value);
}
