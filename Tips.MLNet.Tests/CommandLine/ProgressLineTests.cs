extern alias samples;

using System.Text.RegularExpressions;
using samples::Tips.CommandLine;
using Tips.MLNet.Tests.Support;

namespace Tips.MLNet.Tests.CommandLine;

/// <summary>What progress says, on a terminal and in a log.</summary>
[TestClass]
public sealed class ProgressLineTests
{
    [TestMethod]
    public void A_terminal_shows_how_much_is_done_how_fast_and_what_is_left()
    {
        var (time, text, line) = Start(new TextLayout(80, IsLive: true), 300);
        for (int second = 0; second < 2; second++)
        {
            for (int i = 0; i < 50; i++) line.Tick();
            time.Advance(TimeSpan.FromSeconds(1));
        }

        string[] shown = States(text);
        Assert.AreEqual("Embedding pictures: 0/300", shown[0]);
        Assert.MatchesRegex(@"^Embedding pictures: 100/300 · \d+/s · 0:0\d left$", shown[^1]);
        for (int i = 0; i < 200; i++) line.Tick();
        time.Advance(TimeSpan.FromSeconds(2));
        line.Complete();
        line.Dispose();
        Assert.AreEqual("Embedding pictures: 300/300 · 75/s · 100.0 % in 4.0 s", States(text)[^1]);
        Assert.EndsWith(Environment.NewLine, text.ToString());
        Assert.DoesNotContain("\e", text.ToString());
    }

    /// <summary>What is written covers what was there, and never reaches the last column, where terminals wrap.</summary>
    [TestMethod]
    public void A_shorter_line_covers_a_longer_one()
    {
        var (time, text, line) = Start(new TextLayout(40, IsLive: true), 1_000_000);
        line.Tick();
        time.Advance(TimeSpan.FromSeconds(1));
        line.Report(999_999);
        time.Advance(TimeSpan.FromSeconds(1));
        line.Dispose();
        int covered = 0;
        foreach (string state in text.ToString().TrimEnd('\r', '\n').Split('\r')[1..])
        {
            Assert.IsGreaterThanOrEqualTo(covered, TextWidth.Of(state));
            covered = TextWidth.Of(state.TrimEnd());
            Assert.IsLessThan(40, covered);
        }
    }

    [TestMethod]
    public void A_log_gets_a_line_now_and_then_and_ends_at_100_percent()
    {
        var (time, text, line) = Start(new TextLayout(TextLayout.Unlimited), 1000);
        for (int i = 0; i < 1000; i++)
        {
            line.Tick();
            time.Advance(TimeSpan.FromSeconds(0.1));
        }

        line.Complete();
        line.Dispose();
        string[] lines = text.ToString().Split(Environment.NewLine, StringSplitOptions.RemoveEmptyEntries);
        Assert.HasCount(10, lines);
        foreach (string state in lines[..^1])
            Assert.MatchesRegex(new Regex(@"^Embedding pictures: \d+00/1000 · (9\.\d|10)/s · \d:\d\d left$"), state);
        Assert.AreEqual("Embedding pictures: 1000/1000 · 10/s · 100.0 % in 1 min 40 s", lines[^1]);
    }

    [TestMethod]
    public void Slow_work_is_heard_of_every_ten_seconds()
    {
        var (time, text, line) = Start(new TextLayout(TextLayout.Unlimited), 10_000);
        for (int i = 0; i < 60; i++)
        {
            line.Tick();
            time.Advance(TimeSpan.FromSeconds(0.5));
        }

        line.Dispose();
        string[] lines = text.ToString().Split(Environment.NewLine, StringSplitOptions.RemoveEmptyEntries);
        Assert.IsTrue(lines.Length is 2 or 3, text.ToString());
        Assert.DoesNotContain("100.0 %", text.ToString(), "it was not completed");
    }

    /// <summary>Pictures come batch by batch: 64 at once every five seconds are 12.8 a second, whenever that is looked at.</summary>
    [TestMethod]
    public void Batches_do_not_make_the_rate_jump()
    {
        var (time, text, line) = Start(new TextLayout(80, IsLive: true), 64 * 20);
        for (int batch = 0; batch < 10; batch++)
        {
            time.Advance(TimeSpan.FromSeconds(5));
            for (int i = 0; i < 64; i++) line.Tick();
        }

        time.Advance(TimeSpan.FromSeconds(5));
        double[] rates = [.. Regex.Matches(text.ToString(), @"([\d.]+)/s").Select(m => double.Parse(m.Groups[1].Value, null))];
        Assert.IsGreaterThan(5, rates.Length);
        foreach (double rate in rates) Assert.AreEqual(12.8, rate, 1);
        line.Dispose();
    }

    [TestMethod]
    public void Nothing_is_shown_where_nobody_looks_or_there_is_nothing_to_do()
    {
        var (_, text, line) = Start(new TextLayout(80, IsLive: true), 0);
        line.Complete();
        line.Dispose();
        Assert.AreEqual("", text.ToString());
        using var quiet = new ProgressLine(WrappingWriter.Nowhere, "Embedding pictures", 10);
        quiet.Tick();
        quiet.Complete();
    }

    private static (ManualTime Time, StringWriter Text, ProgressLine Line) Start(TextLayout layout, long total)
    {
        var (time, text) = (new ManualTime(), new StringWriter());
        return (time, text, new ProgressLine(new WrappingWriter(text, layout), "Embedding pictures", total, time));
    }

    private static string[] States(StringWriter text)
        => [.. text.ToString().Split('\r', StringSplitOptions.RemoveEmptyEntries).Select(s => s.Trim()).Where(s => s.Length > 0)];
}
