extern alias samples;

using System.Text.Json;
using Tips.MLNet.Samples;
using Tips.MLNet.Samples.Common;
using static Tips.MLNet.Tests.Support.SampleRun;
using TextLayout = samples::Tips.CommandLine.TextLayout;
using TextWidth = samples::Tips.CommandLine.TextWidth;

namespace Tips.MLNet.Tests.Samples;

/// <summary>
/// What all commands have in common: widths, --json, --quiet, progress. A new command needs a row in <see cref="CommandTable"/>.
/// </summary>
[TestClass]
public sealed class CommandTableTests
{
    private static CommandTable s_table = null!;

    public static IEnumerable<object[]> Commands => CommandTable.Figures.Keys.Select(name => new object[] { name });

    private static int[] Widths { get; } = [80, 100, 120];

    [ClassInitialize]
    public static void Start(TestContext context) => s_table = new CommandTable();

    [ClassCleanup]
    public static void End() => s_table.Dispose();

    [TestMethod]
    public void The_table_has_every_command()
    {
        var root = SampleCommands.CreateRoot(new SampleContext(TextWriter.Null, TextWriter.Null, TextWriter.Null, () => Stream.Null));
        CollectionAssert.AreEquivalent(root.Subcommands.Select(c => c.Name).ToArray(), CommandTable.Figures.Keys.ToArray());
    }

    /// <summary>And with --quiet the findings are the same, but nothing else is printed.</summary>
    [TestMethod]
    [DynamicData(nameof(Commands))]
    public async Task No_line_is_too_long(string command)
    {
        string all = "";
        foreach (int width in Widths)
        {
            var (code, output, error) = await Run(new TextLayout(width), s_table.Arguments(command));
            Assert.AreEqual(0, code, error);
            if (command != "embed") Assert.IsGreaterThan(0, output.Length);
            Assert.Contains("100.0 % in ", error, "the progress");
            AssertFits(width, output + error);
            all = output;
        }

        var (quietCode, quiet, nothing) = await Run(new TextLayout(Widths[^1]), [.. s_table.Arguments(command), "--quiet"]);
        Assert.AreEqual((0, ""), (quietCode, nothing));
        Assert.AreEqual(command is "embed" or "predict", quiet.Length == 0, quiet);
        foreach (string prose in (string[])["emoji-like", "Saved", "sheet is", "are in", "dotnet run"]) Assert.DoesNotContain(prose, quiet);
        string[] lines = all.Split('\n');
        foreach (string line in quiet.Split('\n')) CollectionAssert.Contains(lines, line);
    }

    [TestMethod]
    public async Task No_line_of_help_is_too_long()
    {
        foreach (string[] command in CommandTable.Figures.Keys.Select(name => new[] { name }).Prepend([]))
        {
            foreach (int width in Widths)
            {
                var (code, output, error) = await Run(new TextLayout(width), [.. command, "--help"]);
                Assert.AreEqual((0, ""), (code, error));
                Assert.Contains("--json", output);
                AssertFits(width, output);
                (code, output, error) = await Run(new TextLayout(width), [.. command, "--no-such-option", "--nor", "this"]);
                Assert.AreEqual((2, ""), (code, output));
                Assert.Contains("--no-such-option", error);
                AssertFits(width, error);
            }
        }
    }

    [TestMethod]
    [DynamicData(nameof(Commands))]
    public async Task Json_is_one_object_with_the_key_figures(string command)
    {
        var (code, output, error) = await Run([.. s_table.Arguments(command), "--json"]);
        Assert.AreEqual(0, code, error);
        using var json = JsonDocument.Parse(output);
        Assert.HasCount(1, output.Split('\n', StringSplitOptions.RemoveEmptyEntries));
        Assert.AreEqual(command, json.RootElement.GetProperty("command").GetString());
        Assert.AreEqual(0, json.RootElement.GetProperty("leftOut").GetArrayLength());
        foreach (string figure in CommandTable.Figures[command])
        {
            var found = json.RootElement;
            foreach (string name in figure.Split('.')) Assert.IsTrue(found.TryGetProperty(name, out found), $"{figure}: {output}");
            bool isThere = found.ValueKind switch
            {
                JsonValueKind.Array => found.GetArrayLength() > 0 || Last(figure) == "mistakes",
                JsonValueKind.String => found.GetString()!.Length > 0,
                JsonValueKind.Number => double.IsFinite(found.GetDouble()),
                _ => false,
            };
            Assert.IsTrue(isThere, $"{figure}: {output}");
        }

        static string Last(string figure) => figure.Split('.')[^1];
    }

    [TestMethod]
    public async Task Progress_ends_at_100_percent_even_if_pictures_are_left_out()
    {
        string bad = Path.Combine(s_table.Pictures, "bad.png");
        File.WriteAllText(bad, "no picture");
        try
        {
            var (code, output, error) = await Run(s_table.Arguments("embed"));
            Assert.AreEqual((3, ""), (code, output), error);
            Assert.MatchesRegex(@"^Embedding pictures: 9/9 · [\d.]+/s · 100\.0 % in [\d.]+ m?s$", error.Split(Environment.NewLine)[1]);
            (code, output, error) = await Run([.. s_table.Arguments("embed"), "--json", "--quiet"]);
            Assert.AreEqual(3, code);
            Assert.StartsWith("left out: ", error);
            using var json = JsonDocument.Parse(output);
            Assert.AreEqual(8, json.RootElement.GetProperty("count").GetInt32());
            Assert.Contains(bad, json.RootElement.GetProperty("leftOut")[0].GetString()!);
        }
        finally
        {
            File.Delete(bad);
        }
    }

    [TestMethod]
    public async Task An_error_leaves_standard_output_empty()
    {
        var (code, output, error) = await Run("search", "--images", Path.Combine(s_table.Pictures, "none"), "--json");
        Assert.AreEqual((1, ""), (code, output));
        Assert.StartsWith("error: ", error);
        (code, output, error) = await Run("embed", "--json");
        Assert.AreEqual((2, ""), (code, output));
        Assert.Contains("--json needs --output FILE", error);
    }

    private static void AssertFits(int width, string text)
    {
        foreach (string line in text.Split('\n').Select(line => line.TrimEnd('\r')))
            Assert.IsTrue(TextWidth.Of(line) <= width || s_table.IsPath(line), $"{width} cells, not {TextWidth.Of(line)}: {line}");
    }
}
