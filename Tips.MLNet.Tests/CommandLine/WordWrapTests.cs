extern alias samples;

using samples::Tips.CommandLine;

namespace Tips.MLNet.Tests.CommandLine;

/// <summary>Prose breaks between words; what a user may copy does not break at all.</summary>
[TestClass]
public sealed class WordWrapTests
{
    [TestMethod]
    [DataRow("one two three", "one two|three")]
    [DataRow("  one two three", "  one two|  three", DisplayName = "the same indentation")]
    [DataRow("0123456789", "0123456789")]
    [DataRow("a 01234567890 b", "a|01234567890|b", DisplayName = "a long word sticks out, on a line of its own")]
    [DataRow("in 'my photos/a b.png' now", "in|'my photos/a b.png'|now", DisplayName = "a path in quotes stays whole")]
    [DataRow("the model's own size isn't", "the|model's|own size|isn't", DisplayName = "an apostrophe is no quote")]
    [DataRow("an 'open quote is none", "an 'open|quote is|none")]
    [DataRow("日本語 日本語", "日本語|日本語", DisplayName = "two cells each")]
    [DataRow("\e[1mone\e[0m two 45", "\e[1mone\e[0m two 45", DisplayName = "colors take no room")]
    [DataRow("a  b    c   d", "a  b    c|d", DisplayName = "blanks between words stay")]
    [DataRow("abcd 91.6 %; e", "abcd|91.6 %; e", DisplayName = "a number keeps its sign")]
    [DataRow("", "")]
    public void Lines(string text, string expected)
        => Assert.AreEqual(expected, string.Join('|', WordWrap.Lines(text, 10)));

    [TestMethod]
    public void A_text_that_is_kept_is_not_broken()
        => Assert.AreEqual("0.123|my picture.png", string.Join('|', WordWrap.Lines($"0.123 {WordWrap.Keep("my picture.png")}", 10)));

    [TestMethod]
    public void Whatever_is_written_comes_out_with_other_breaks_only()
    {
        using var text = new StringWriter();
        using (var writer = new WrappingWriter(text, new TextLayout(40)))
        {
            writer.Write("A sentence that is ");
            writer.Write('l');
            writer.WriteLine("onger than forty cells, so it breaks.");
            writer.WriteLine();
            writer.WriteAsIs(new string('-', 50) + "\n");
            writer.Write("no end");
            writer.Flush();
        }

        string[] expected = ["A sentence that is longer than forty", "cells, so it breaks.", "", new('-', 50), "no end"];
        CollectionAssert.AreEqual(expected, text.ToString().ReplaceLineEndings("\n").Split('\n'));
    }

    [TestMethod]
    [DataRow("short", 10, "short")]
    [DataRow("a long name.png", 10, "a lon….png")]
    [DataRow("日本語日本語.png", 10, "日本….png")]
    [DataRow("👍🏽👍🏽👍🏽👍🏽👍🏽", 5, "👍🏽…👍🏽")]
    [DataRow("abc", 1, "…")]
    public void Names_are_cut_in_the_middle(string name, int width, string expected)
    {
        string cut = TextWidth.Cut(name, width);
        Assert.IsLessThanOrEqualTo(width, TextWidth.Of(cut));
        Assert.AreEqual(expected, cut);
    }
}
