using Tips.MLNet.Tests.Support;
using static Tips.MLNet.Tests.Support.SampleRun;

namespace Tips.MLNet.Tests.Samples;

/// <summary>Commands with <c>--store</c>: what one has embedded, no other embeds again.</summary>
[TestClass]
public sealed class StoreCommandTests : IDisposable
{
    private const int Count = 286;

    private static readonly string Program = ChildProcess.PathOf("Tips.MLNet.Samples.dll");

    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [TestMethod]
    public async Task Every_command_uses_what_the_others_have_embedded()
    {
        string[] drawings = [.. Directory.GetFiles(Path.Combine(TestModels.PictureFolder, "seen")).Order(StringComparer.Ordinal)];
        for (int i = 0; i < 20; i++)
        {
            string file = _folder[$"in/class {i / 5}/{i % 5}.png"];
            Directory.CreateDirectory(Path.GetDirectoryName(file)!);
            File.Copy(drawings[i], file);
            File.WriteAllText(Path.ChangeExtension(file, ".txt"), $"drawing {i}");
        }

        string[] images = ["--images", _folder["in"], "--store", _folder["store"]], sheet = ["--output", _folder["sheet.png"]];
        await Check(20, 0, ["embed", .. images]);
        await Check(0, 20, ["embed", .. images]);
        await Check(0, 20, ["knn", .. images, "--output", _folder["knn.zip"]]);
        await Check(0, 20, ["probe", .. images, "--output", _folder["probe.zip"]]);
        await Check(0, 20, ["zero-shot", .. images]);
        await Check(0, 20, ["cluster", .. images, "--clusters", "3", .. sheet]);
        await Check(20, 20, ["search", .. images, "--captions", .. sheet]);
        await Check(0, 40, ["search", .. images, "--captions", .. sheet]);
        await Check(20, 0, ["embed", .. images, "--token", "second"]);
        await Check(20, 0, ["embed", .. images, "--upright"]);
    }

    [TestMethod]
    public async Task Without_the_option_nothing_is_kept_or_said()
    {
        var (code, _, error) = await Run("embed", "--images", Path.Combine(TestModels.PictureFolder, "seen"));
        Assert.AreEqual(0, code);
        Assert.DoesNotContain("store", error);
    }

    [TestMethod]
    public async Task Texts_and_bad_folders_are_refused()
    {
        var (code, _, error) = await Run("embed", "--text", "a", "--store", _folder["store"]);
        Assert.AreEqual(2, code);
        Assert.Contains("--store keeps embeddings of pictures", error);
        File.WriteAllText(_folder["file"], "");
        (code, _, error) = await Run("embed", "--store", _folder["file"]);
        Assert.AreEqual(1, code);
        Assert.Contains($"error: The embedding store '{_folder["file"]}' cannot be opened: ", error);
    }

    [TestMethod]
    public void A_run_that_is_killed_loses_little_and_breaks_nothing() => KillAndCompare(4);

    [TestMethod]
    [TestCategory("Slow")]
    public void Runs_that_are_killed_twenty_times_equal_an_uninterrupted_one() => KillAndCompare(20);

    [TestMethod]
    [OSCondition(ConditionMode.Exclude, OperatingSystems.Windows)]
    public void A_run_that_is_canceled_keeps_what_it_has_embedded()
    {
        using (var run = Start("out.jsonl"))
        {
            WaitForSegment(run);
            run.Signal("INT");
            if (run.Ignores(2)) Assert.Inconclusive("These tests were started with SIGINT ignored.");
            var (code, _, error) = run.WaitForExit();
            if (code == 0) Assert.Inconclusive("The run was faster than the signal: all of it was kept.");
            Assert.AreEqual(130, code, error);
            Assert.Contains("from the store", error);
        }

        Assert.IsGreaterThan(0, Finish().Found);
    }

    /// <summary>Both may embed the same picture; what they leave is complete.</summary>
    [TestMethod]
    public void Two_runs_at_once_lose_nothing()
    {
        using ChildProcess first = Start("1.jsonl"), second = Start("2.jsonl");
        foreach (var run in (ChildProcess[])[first, second])
        {
            var (code, _, error) = run.WaitForExit();
            Assert.AreEqual(0, code, error);
            Assert.DoesNotContain("warning", error);
        }

        Assert.AreEqual((0, Count), Finish());
    }

    private static async Task Check(int embedded, int found, string[] arguments)
    {
        var (code, _, error) = await Run(arguments);
        Assert.AreEqual(0, code, error);
        Assert.Contains($"embedded {embedded}, {found} from the store", error, string.Join(' ', arguments));
    }

    // The moments are spread over the whole run, and a bit beyond its end.
    private void KillAndCompare(int times)
    {
        var random = new Random(1);
        int left = 0;
        for (int i = 0; i < times; i++)
        {
            using var run = Start("killed.jsonl");
            Thread.Sleep(300 + random.Next(1000));
            run.Signal("KILL");
            run.WaitForExit();
            left += Directory.Exists(_folder["store"]) ? Directory.GetFiles(_folder["store"], "*.lock").Length : 0;
        }

        var (embedded, found) = Finish();
        Assert.AreEqual(Count, embedded + found);
        Assert.AreEqual((0, Count), Finish());
        if (left == 0) Assert.Inconclusive("No run was killed while it had the store open.");
        string expected = _folder["expected.jsonl"];
        using var whole = new ChildProcess(Program, "embed", "--output", expected);
        Assert.AreEqual(0, whole.WaitForExit().Code);
        var (wanted, got) = (Parse(File.ReadAllText(expected), "path"), Parse(File.ReadAllText(_folder["last.jsonl"]), "path"));
        Assert.HasCount(Count, got);
        for (int i = 0; i < Count; i++)
        {
            Assert.AreEqual(wanted[i].Name, got[i].Name);
            Close.AreClose(wanted[i].Embedding, got[i].Embedding, 2e-6f);
        }
    }

    private ChildProcess Start(string output) => new(Program, "embed", "--store", _folder["store"], "--output", _folder[output]);

    private void WaitForSegment(ChildProcess run)
    {
        while (!run.HasExited && (!Directory.Exists(_folder["store"]) || Directory.GetFiles(_folder["store"], "*.segment").Length == 0))
            Thread.Sleep(1);
    }

    // Runs to the end.
    private (int Embedded, int Found) Finish()
    {
        using var run = Start("last.jsonl");
        var (code, _, error) = run.WaitForExit();
        Assert.AreEqual(0, code, error);
        Assert.DoesNotContain("warning", error);
        string[] words = error[error.LastIndexOf("embedded ", StringComparison.Ordinal)..].Split([' ', ',']);
        return (int.Parse(words[1], null), int.Parse(words[3], null));
    }
}
