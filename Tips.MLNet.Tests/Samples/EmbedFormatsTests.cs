using System.Globalization;
using System.Text;
using Tips.MLNet.Samples;
using Tips.MLNet.Tests.Support;
using static Tips.MLNet.Tests.Support.SampleRun;

namespace Tips.MLNet.Tests.Samples;

/// <summary>What <c>embed</c> takes and writes.</summary>
[TestClass]
public sealed class EmbedFormatsTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [TestMethod]
    public async Task Without_arguments_the_bundled_drawings_are_embedded()
    {
        var (code, output, error) = await Run("embed");
        Assert.AreEqual(0, code, error);
        Assert.HasCount(286, Parse(output, "path"));
    }

    [TestMethod]
    public async Task Texts_come_from_arguments_and_from_standard_input()
    {
        var (code, output, error) = await Run("embed", "--text", "a red apple", "--text", "a \"blue\" fish, swimming");
        Assert.AreEqual(0, code, error);
        var expected = Parse(output, "text");
        CollectionAssert.AreEqual(new[] { "a red apple", "a \"blue\" fish, swimming" }, expected.Select(r => r.Name).ToArray());

        var (fromInput, notes) = await Read("a red apple\n\na \"blue\" fish, swimming\n");
        CollectionAssert.AreEqual(new[] { "a red apple", "", "a \"blue\" fish, swimming" }, fromInput.Select(r => r.Name).ToArray());
        Close.AreClose(expected[0].Embedding, fromInput[0].Embedding, 2e-6f);
        Assert.IsTrue(fromInput[1].Embedding.All(v => v == 0));
        Close.AreClose(expected[1].Embedding, fromInput[2].Embedding, 2e-6f);
        Assert.Contains("note: 1 text(s) are empty; they have the zero vector.", notes);

        static async Task<((string Name, float[] Embedding)[] Rows, string Error)> Read(string input)
        {
            using StringWriter output = new(), error = new();
            var stream = new MemoryStream(Encoding.UTF8.GetBytes(input));
            Assert.AreEqual(0, await SampleCommands.RunAsync(["embed", "--texts", "-"], output, error, () => stream));
            return (Parse(output.ToString(), "text"), error.ToString());
        }
    }

    [TestMethod]
    public async Task Bad_bytes_in_standard_input_are_said()
    {
        using StringWriter output = new(), error = new();
        var stream = new MemoryStream([(byte)'a', (byte)'\n', 0xE9, (byte)'\n']);
        Assert.AreEqual(1, await SampleCommands.RunAsync(["embed", "--texts", "-"], output, error, () => stream));
        Assert.Contains("error: Standard input is not UTF-8, at line 1 or soon after it.", error.ToString());
        Assert.Contains("--text is empty, expected TEXT.", (await Run("embed", "--text", "")).Error);
    }

    [TestMethod]
    public async Task A_table_holds_the_same_numbers()
    {
        var (expected, _) = await Expected();
        var (code, output, error) = await Run("embed", "--text", "a red apple", "--text", "a \"blue\" fish, swimming", "--format", "csv");
        Assert.AreEqual(0, code, error);
        string[] lines = output.Split(Environment.NewLine, StringSplitOptions.RemoveEmptyEntries);
        Assert.StartsWith("text,0,1,2,", lines[0]);
        Assert.EndsWith(",191", lines[0]);
        Assert.StartsWith("\"a \"\"blue\"\" fish, swimming\",", lines[2]);
        float[] second = [.. lines[2].Split(',').TakeLast(192).Select(v => float.Parse(v, CultureInfo.InvariantCulture))];
        CollectionAssert.AreEqual(expected[1].Embedding, second);
    }

    [TestMethod]
    public async Task An_array_holds_the_same_numbers_and_its_names_lie_beside_it()
    {
        var (expected, arguments) = await Expected();
        string file = _folder["e.npy"];
        var (code, output, error) = await Run([.. arguments, "--format", "npy", "--output", file]);
        Assert.AreEqual((0, ""), (code, output), error);
        byte[] bytes = File.ReadAllBytes(file);
        string header = Encoding.ASCII.GetString(bytes, 10, 118);
        Assert.AreEqual("{'descr': '<f4', 'fortran_order': False, 'shape': (2, 192), }", header.TrimEnd());
        float[] values = System.Runtime.InteropServices.MemoryMarshal.Cast<byte, float>(bytes.AsSpan(128)).ToArray();
        CollectionAssert.AreEqual(expected.SelectMany(r => r.Embedding).ToArray(), values);
        CollectionAssert.AreEqual(expected.Select(r => r.Name).ToArray(), File.ReadAllLines(file + ".names.txt"));

        (code, output, error) = await Run([.. arguments, "--output", _folder["e.jsonl"]]);
        Assert.AreEqual((0, ""), (code, output), error);
        Assert.HasCount(2, Parse(File.ReadAllText(_folder["e.jsonl"]), "text"));
        Assert.HasCount(3, Directory.GetFiles(_folder.Path), "nothing half-written stays");
    }

    /// <summary>A file from an earlier run is better than an empty one.</summary>
    [TestMethod]
    [DataRow("jsonl")]
    [DataRow("csv")]
    [DataRow("npy")]
    public async Task A_run_without_any_embedding_replaces_nothing(string format)
    {
        File.WriteAllText(_folder["bad.png"], "no picture");
        File.WriteAllText(_folder["out"], "old");
        var (code, _, error) = await Run("embed", "--images", _folder["bad.png"], "--format", format, "--output", _folder["out"]);
        Assert.AreEqual(1, code);
        Assert.Contains("error: No picture can be read.", error);
        Assert.Contains("left out: ", error);
        Assert.AreEqual("old", File.ReadAllText(_folder["out"]));
        Assert.HasCount(2, Directory.GetFiles(_folder.Path));
    }

    /// <summary>Nobody types, and Ctrl-C ends it.</summary>
    [TestMethod]
    [Timeout(60_000)]
    public async Task Waiting_for_standard_input_can_be_canceled()
    {
        using var silent = new SilentStream();
        using StringWriter output = new(), error = new();
        using var source = new CancellationTokenSource(TimeSpan.FromSeconds(1));
        int code = await SampleCommands.RunAsync(
            ["embed", "--texts", "-"], output, error, () => silent, cancellationToken: source.Token);
        Assert.AreEqual(130, code);
        Assert.Contains("canceled", error.ToString());
    }

    /// <summary>A temporary name must not be longer than the file's own.</summary>
    [TestMethod]
    public async Task Long_names_are_no_problem()
    {
        string name = new string('o', 240) + ".jsonl";
        var (code, _, error) = await Run("embed", "--text", "a", "--output", _folder[name]);
        Assert.AreEqual(0, code, error);
        Assert.IsTrue(File.Exists(_folder[name]));
    }

    private static async Task<((string Name, float[] Embedding)[] Rows, string[] Arguments)> Expected()
    {
        string[] arguments = ["embed", "--text", "a red apple", "--text", "a \"blue\" fish, swimming"];
        return (Parse((await Run(arguments)).Output, "text"), arguments);
    }

    /// <summary>A terminal where nobody types: reading waits until the stream is disposed.</summary>
    private sealed class SilentStream : MemoryStream
    {
        private readonly ManualResetEventSlim _end = new();

        public override int Read(byte[] buffer, int offset, int count)
        {
            _end.Wait();
            return 0;
        }

        public override int Read(Span<byte> buffer)
        {
            _end.Wait();
            return 0;
        }

        protected override void Dispose(bool disposing)
        {
            _end.Set();
            base.Dispose(disposing);
        }
    }
}
