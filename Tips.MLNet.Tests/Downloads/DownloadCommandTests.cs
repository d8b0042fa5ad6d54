using System.IO.Compression;
using System.Security.Cryptography;
using Tips.MLNet.Models;
using Tips.MLNet.Tests.Support;
using Tips.OnnxExport.Downloads;
using static Tips.MLNet.Tests.Support.ToolRun;

namespace Tips.MLNet.Tests.Downloads;

/// <summary><c>list</c>, <c>download</c> and <c>get</c> as a shell sees them, against a server on this machine.</summary>
[TestClass]
public sealed class DownloadCommandTests : IDisposable
{
    private const string Vision = "v1_0/checkpoints/pytorch/tips_oss_s14_highres_distilled_vision.npz", Text = "v1_0/checkpoints/pytorch/tips_oss_s14_highres_distilled_text.npz", Tokenizer = "v1_0/checkpoints/tokenizer.model";

    private readonly TemporaryFolder _folder = new();
    private readonly CheckpointServer _server = new();

    public DownloadCommandTests()
    {
        _server.Files[Vision] = File.ReadAllBytes(GoldenFiles.PathOf("mini", "vision_mlp.npz"));
        _server.Files[Text] = File.ReadAllBytes(GoldenFiles.PathOf("mini", "text.npz"));
        _server.Files[Tokenizer] = File.ReadAllBytes(TestModels.SmallTokenizer());
    }

    private string Cache => _folder["cache"];

    public void Dispose()
    {
        _server.Dispose();
        _folder.Dispose();
    }

    [TestMethod]
    public async Task Get_downloads_exports_and_verifies()
    {
        var (code, output, error) = await Run("get", "s14-hr", "--base-url", _server.Address.AbsoluteUri, "--cache", Cache, "--output", _folder["model"], "--image-size", "56", "--precision", "int8");
        Assert.AreEqual(0, code, error);
        Assert.Contains("The weights are by Google DeepMind, licensed under CC-BY 4.0", error);
        Assert.Contains("the server's CRC-32C and MD5 hold", error);
        Assert.MatchesRegex(@"tips-s14-hr \(D128x3/14, int8, 56x56\) against itself: 16 pictures, 20 texts\.", output);
        Assert.MatchesRegex(@"picture alone, in a batch +1\.000000", output);
        using var model = TipsModel.Load(_folder["model"]);
        Assert.AreEqual(("tips-s14-hr", "int8", "CC-BY-4.0, Google DeepMind (TIPS)", true), (model.Manifest.Name, model.Manifest.Precision, model.Manifest.License, model.HasText));
        Assert.AreEqual(Convert.ToHexStringLower(SHA256.HashData(_server.Files[Vision])), model.Manifest.Sources[0].Sha256);

        _server.ForgetRequests();
        (code, _, error) = await Run("get", "s14-hr", "--base-url", _server.Address.AbsoluteUri, "--cache", Cache, "--output", _folder["model"], "--image-size", "56");
        Assert.AreEqual(1, code);
        Assert.Contains("is not empty. Give another folder, or --overwrite", error);
        Assert.DoesNotContain("Is there already", error, "the folder is looked at first");
        (code, _, error) = await Run("get", "s14-hr", "--base-url", _server.Address.AbsoluteUri, "--cache", Cache, "--output", _folder["model"], "--image-size", "56", "--overwrite", "--no-text");
        Assert.AreEqual(0, code, error);
        Assert.IsEmpty(_server.Requests, "the cache has it");
        Assert.IsNull(TipsModel.Load(_folder["model"]).Manifest.Text);
    }

    [TestMethod]
    public async Task Download_prints_paths_and_list_shows_them()
    {
        var (_, before, _) = await Run("list", "--cache", Cache);
        Assert.HasCount(10, before.Split('\n').Where(l => l.Contains("TIPS", StringComparison.Ordinal) && l.Contains("14", StringComparison.Ordinal) && l.Contains("0.3", StringComparison.Ordinal) | l.Contains("0.4", StringComparison.Ordinal)));
        Assert.DoesNotContain("pytorch:", before);
        Assert.Contains("they share one tokenizer, which is not on this disk.", before);
        Assert.IsFalse(Directory.Exists(Cache), "looking makes nothing");

        var (code, output, error) = await Run("download", "S14-HR", "--base-url", _server.Address.AbsoluteUri.TrimEnd('/'), "--cache", Cache);
        Assert.AreEqual(0, code, error);
        string[] paths = output.Trim().Split('\n').Select(l => l.Trim()).ToArray();
        CollectionAssert.AreEqual(new[] { Vision, Text, Tokenizer }.Select(p => Path.Combine(Cache, p.Replace('/', Path.DirectorySeparatorChar))).ToArray(), paths);
        Assert.IsTrue(paths.All(File.Exists));
        Assert.Contains("they share one tokenizer, which is on this disk.", (await Run("list", "--cache", Cache)).Output);
        Assert.MatchesRegex(@"s14-hr +TIPS +S/14 +448 +384 +0\.2 +80\.6 +0\.425 +75\.1 +57\.7 +86\.3 +74\.7 +pytorch: image, text", (await Run("list", "--cache", Cache)).Output);
    }

    [TestMethod]
    public async Task The_Scenic_release_is_found_under_either_name()
    {
        _server.Files["v2_0/checkpoints/scenic/tips_v2_so400m14_vision.npz"] = File.ReadAllBytes(TestModels.ScenicVision("swiglu"));
        var (code, output, error) = await Run("download", "v2-so14", "--layout", "scenic", "--no-text", "--base-url", _server.Address.AbsoluteUri, "--cache", Cache);
        Assert.AreEqual(0, code, error);
        Assert.EndsWith("tips_v2_so400m14_vision.npz", output.Trim());
        CollectionAssert.AreEqual(new[] { "v2_0/checkpoints/scenic/tips_v2_so14_vision.npz", "v2_0/checkpoints/scenic/tips_v2_so400m14_vision.npz" }, _server.Requests.Select(r => r.Path).Distinct().ToArray());
    }

    [TestMethod]
    [DataRow("download")]
    [DataRow("download", "s14-hr", "--layout", "flax")]
    [DataRow("download", "s14-hr", "--base-url", "ftp://host/")]
    [DataRow("download", "s14-hr", "--base-url", "host")]
    [DataRow("download", "s14-hr", "--base-url", "https://user:secret@host/")]
    [DataRow("download", "s14-hr", "--base-url", "https://host/?a=b")]
    [DataRow("download", "s14-hr", "--connections", "0")]
    [DataRow("download", "s14-hr", "--timeout", "-1")]
    [DataRow("download", "s14-hr", "--timeout", "1e-9")]
    [DataRow("download", "s14-hr", "--timeout", "abc")]
    [DataRow("download", "s14-hr", "--connections", "x")]
    [DataRow("download", "s14-hr", "--connections", "1.5")]
    [DataRow("download", "s14-hr", "--connections", "17")]
    [DataRow("download", "s14-hr", "--layout", "7")]
    [DataRow("get", "s14-hr", "--precision", "fp8")]
    [DataRow("get", "s14-hr", "--cache", "")]
    public async Task Wrong_usage_is_code_2(params string[] arguments)
    {
        var (code, _, error) = await Run(arguments);
        Assert.AreEqual(2, code);
        Assert.DoesNotContain("System.", error);
    }

    /// <summary>What can be known to fail is to fail before gigabytes are fetched.</summary>
    [TestMethod]
    public async Task Get_looks_at_its_options_and_its_output_first()
    {
        var (code, _, error) = await Run("get", "s14-hr", "--base-url", _server.Address.AbsoluteUri, "--cache", Cache, "--output", _folder["model"], "--image-size", "100");
        Assert.AreEqual(1, code);
        Assert.Contains("Image size 100x100 does not fit", error);
        (code, _, error) = await Run("get", "s14-hr", "--base-url", _server.Address.AbsoluteUri, "--cache", Cache, "--output", _folder["model"], "--image-size", "2147483646");
        Assert.AreEqual(1, code);
        Assert.Contains("Image size 2147483646x2147483646 is too large", error);
        File.WriteAllText(_folder["file"], "in the way");
        (code, _, error) = await Run("get", "s14-hr", "--base-url", _server.Address.AbsoluteUri, "--cache", Cache, "--output", _folder["file/model"]);
        Assert.AreEqual(1, code);
        Assert.Contains($"Output folder '{_folder["file/model"]}' cannot be written:", error);
        Assert.IsEmpty(_server.Requests);
    }

    [TestMethod]
    public async Task An_unknown_name_is_answered_with_the_names()
    {
        foreach (string name in (string[])["b16", ""])
        {
            var (code, _, error) = await Run("get", name, "--cache", Cache);
            Assert.AreEqual(2, code);
            Assert.Contains($"There is no released model '{name}'; the names are g14-hr, g14-lr, so14-hr, l14-hr, b14-hr, s14-hr, v2-g14, v2-so14, v2-l14, v2-b14.", error);
        }
    }

    [TestMethod]
    [DataRow("so400m14-hr", "so14-hr")]
    [DataRow("tipsv2-b14", "v2-b14")]
    [DataRow(" V2-B14 ", "v2-b14")]
    public void Other_forms_of_a_name_are_known(string given, string name) => Assert.AreEqual(name, ReleaseCatalogue.TryFind(given)!.Name);

    [TestMethod]
    public void Every_model_has_files_of_its_own()
    {
        string[] paths = [.. ReleaseCatalogue.Models.SelectMany(m => Enum.GetValues<ReleaseLayout>().SelectMany(l => m.Vision(l).Paths.Concat(m.Text(l).Paths)))];
        Assert.HasCount(paths.Length, paths.Distinct());
        Assert.HasCount(10 * 4 + 4, paths);
        Assert.Contains("v1_0/checkpoints/scenic/tips_oss_g14_lowres_text.npz", paths);
        Assert.Contains("v1_0/checkpoints/pytorch/tips_oss_so400m14_highres_largetext_distilled_vision.npz", paths);
        Assert.Contains("v2_0/checkpoints/pytorch/tips_v2_oss_l14_vision.npz", paths);
        Assert.AreEqual("https://storage.googleapis.com/tips_data/v2_0/checkpoints/scenic/tips_v2_g14_text.npz", new Uri(new Uri(ReleaseCatalogue.DefaultBaseAddress), ReleaseCatalogue.TryFind("v2-g14")!.Text(ReleaseLayout.Scenic).Paths[0]).AbsoluteUri);
    }

    [TestMethod]
    public void The_cache_is_where_the_user_the_variable_or_the_system_says()
    {
        Assert.AreEqual(_folder["mine"], CacheFolder.Choose(_folder["mine"]).Path);
        using var tool = new ChildProcess(ChildProcess.PathOf("Tips.OnnxExport.dll"), ["list"], e => e[CacheFolder.Variable] = _folder["theirs"]);
        Assert.Contains($"Downloads are kept in {_folder["theirs"]}.", tool.WaitForExit().Output);
        if (!OperatingSystem.IsLinux()) return;
        using var xdg = new ChildProcess(ChildProcess.PathOf("Tips.OnnxExport.dll"), ["list"], e => (e[CacheFolder.Variable], e["XDG_CACHE_HOME"]) = ("", _folder["xdg"]));
        Assert.Contains($"Downloads are kept in {_folder["xdg/tips-mlnet"]}.", xdg.WaitForExit().Output);
        using var home = new ChildProcess(ChildProcess.PathOf("Tips.OnnxExport.dll"), ["list"], e => (e[CacheFolder.Variable], e["XDG_CACHE_HOME"], e["HOME"]) = ("", "", _folder.Path));
        Assert.Contains($"Downloads are kept in {_folder[".cache/tips-mlnet"]}.", home.WaitForExit().Output);
    }

    [TestMethod]
    public void A_proxy_is_used_where_one_is_set()
    {
        // The server stands in for the proxy: it is asked for an address that is not there.
        using var tool = new ChildProcess(
            ChildProcess.PathOf("Tips.OnnxExport.dll"),
            ["download", "s14-hr", "--no-text", "--cache", Cache, "--base-url", "http://mirror.invalid/"],
            e => (e["http_proxy"], e["HTTP_PROXY"], e["no_proxy"], e["NO_PROXY"]) = (_server.Address.AbsoluteUri, _server.Address.AbsoluteUri, "", ""));
        var (code, _, error) = tool.WaitForExit();
        Assert.AreEqual(0, code, error);
        CollectionAssert.AreEqual(_server.Files[Vision], File.ReadAllBytes(Path.Combine(Cache, Vision)));
    }

    [TestMethod]
    [DataRow("http", "HTTP_PROXY")]
    [DataRow("https", "HTTPS_PROXY")]
    public void A_proxy_that_wants_a_password_is_said_at_once(string scheme, string variable)
    {
        _server.Intercept = (context, _) =>
        {
            context.Response.StatusCode = 407;
            return Task.FromResult(true);
        };
        using var tool = new ChildProcess(
            ChildProcess.PathOf("Tips.OnnxExport.dll"),
            ["download", "s14-hr", "--no-text", "--cache", Cache, "--base-url", $"{scheme}://mirror.invalid/"],
            e =>
            {
                foreach (string name in (string[])["http_proxy", "HTTP_PROXY", "https_proxy", "HTTPS_PROXY"]) e[name] = _server.Address.AbsoluteUri;
                (e["no_proxy"], e["NO_PROXY"]) = ("", "");
            });
        var (code, _, error) = tool.WaitForExit();
        Assert.AreEqual(1, code, error);
        Assert.Contains($"the proxy wants a user and password (407); set them in the variable {variable}", error);
        Assert.DoesNotContain("Trying again", error);
    }

    [TestMethod]
    public void A_download_that_is_killed_again_and_again_goes_on_and_ends_right()
    {
        byte[] large = Archive(150_000_000);
        _server.Files[Vision] = large;
        _server.Pace = (40, 100_000); // some 10 MB/s over four connections
        string path = Path.Combine(Cache, Vision);
        var random = new Random(6);
        int interrupted = 0;
        for (int kill = 0; kill < 20; kill++)
        {
            using var tool = Start();
            var patience = System.Diagnostics.Stopwatch.StartNew();
            long before = _server.BytesSent;
            while (_server.BytesSent < before + 200_000 && // past the questions, into the data
                !tool.HasExited && patience.Elapsed < TimeSpan.FromSeconds(30)) Thread.Sleep(1);
            Thread.Sleep(random.Next(0, 1000));
            if (tool.HasExited) break;
            tool.Signal("KILL");
            if (tool.WaitForExit().Code == 0) break;
            Assert.IsFalse(File.Exists(path), "no partial file under the final name");
            interrupted++;
        }

        _server.Pace = null;
        using var last = Start();
        var (code, _, error) = last.WaitForExit();
        Assert.AreEqual(0, code, error);
        Assert.AreEqual(Convert.ToHexStringLower(SHA256.HashData(large)), Convert.ToHexStringLower(SHA256.HashData(File.ReadAllBytes(path))));
        Assert.HasCount(2, Directory.GetFiles(Path.GetDirectoryName(path)!), "the file and its record");
        Assert.IsGreaterThanOrEqualTo(15, interrupted, "the file is large enough");
        Assert.IsTrue(_server.Requests.Any(r => r.Range.Length > 0 && CheckpointServer.FirstByte(r.Range) % (16 << 20) > 0), "a chunk was taken up in its middle");
    }

    [TestMethod]
    public void Ctrl_C_says_that_what_is_there_is_kept()
    {
        _server.Files[Vision] = Archive(40_000_000);
        _server.Pace = (20, 50_000);
        using var tool = Start();
        if (tool.Ignores(2)) Assert.Inconclusive("These tests were started with SIGINT ignored (nohup, or in the background), and the tool inherits that.");
        while (_server.BytesSent < 2_000_000)
        {
            Assert.IsFalse(tool.HasExited, "the download ended by itself");
            Thread.Sleep(1);
        }

        tool.Signal("INT");
        var (code, _, error) = tool.WaitForExit();
        Assert.AreEqual(130, code, error);
        Assert.Contains("cancelled; what was downloaded is kept, and the same command goes on from there", error);
        Assert.MatchesRegex(@"s14-hr .*pytorch: image [1-9]\d* %", ToolOutput("list", "--cache", Cache));
    }

    private static byte[] Archive(int length)
    {
        byte[] values = new byte[length];
        new Random(5).NextBytes(values);
        using var stream = new MemoryStream();
        using (var archive = new ZipArchive(stream, ZipArchiveMode.Create))
        {
            using var member = archive.CreateEntry("x.npy", CompressionLevel.NoCompression).Open();
            member.Write(values);
        }

        return stream.ToArray();
    }

    private ChildProcess Start() => new(ChildProcess.PathOf("Tips.OnnxExport.dll"), "download", "s14-hr", "--no-text", "--cache", Cache, "--base-url", _server.Address.AbsoluteUri);

    private static string ToolOutput(params string[] arguments) => Run(arguments).GetAwaiter().GetResult().Output;
}
