extern alias samples;

using samples::Tips.CommandLine;

namespace Tips.MLNet.Tests.CommandLine;

/// <summary>Tables fit any width.</summary>
[TestClass]
public sealed class TextTableTests
{
    [TestMethod]
    public void Names_are_cut_before_columns_are_left_out()
    {
        string[] wide = Lines(90);
        Assert.Contains("an-extremely-long-name-of-a-picture-of-a-bird.png", wide[^1]);
        Assert.AreEqual("name|class|cosine|times", Headings(wide));
        string[] narrower = Lines(66);
        Assert.AreEqual("name|class|cosine|times", Headings(narrower));
        Assert.MatchesRegex(@"^  an-extremely\S*…\S*-bird\.png +a long class name +0\.125 +12$", narrower[^1]);
        Assert.AreEqual("name|class|cosine", Headings(Lines(60)), "what is least important goes first");
        Assert.AreEqual("name|cosine", Headings(Lines(40)));
    }

    [TestMethod]
    public void No_line_is_too_long_at_any_width()
    {
        for (int width = 40; width <= 120; width++)
        {
            foreach (string line in Lines(width)) Assert.IsLessThanOrEqualTo(width, TextWidth.Of(line), $"{width}: {line}");
        }
    }

    /// <summary>The rule under the headings is as long as the table may be.</summary>
    [TestMethod]
    public void All_of_the_width_is_used_before_anything_is_cut()
    {
        int natural = Lines(200).Max(TextWidth.Of);
        CollectionAssert.AreEqual(Lines(200), Lines(natural));
        Assert.AreEqual(natural - 1, Lines(natural - 1).Max(TextWidth.Of));
    }

    [TestMethod]
    public void Cells_are_printed_as_they_are_but_for_control_characters()
    {
        var table = new TextTable().Name("name", 1);
        table.Row("[red]日本\e[0m");
        Assert.AreEqual("  [red]日本\\u001b[0m", Print(table, 40)[^1]);
        Assert.ThrowsExactly<ArgumentException>(() => table.Row("one", "two"));
    }

    private static string[] Lines(int width)
    {
        var table = new TextTable().Name("name", 4).Name("class", 2).Number("cosine", 3).Number("times", 1);
        table.Row("日本語の写真.png", "bird", "0.500", "1");
        table.Row("an-extremely-long-name-of-a-picture-of-a-bird.png", "a long class name", "0.125", "12");
        return Print(table, width);
    }

    private static string[] Print(TextTable table, int width)
    {
        using var text = new StringWriter();
        using var writer = new WrappingWriter(text, new TextLayout(width));
        table.WriteTo(writer);
        return text.ToString().Split(Environment.NewLine, StringSplitOptions.RemoveEmptyEntries);
    }

    private static string Headings(string[] lines) => string.Join('|', lines[0].Split(' ', StringSplitOptions.RemoveEmptyEntries));
}
