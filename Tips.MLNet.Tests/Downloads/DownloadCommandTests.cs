using System.IO.Compression;
using System.Security.Cryptography;
using Tips.MLNet.Tests.Formula;
using Tips.MLNet.Tests.Support;
using Tips.OnnxExport.Downloads;
using Tips.OnnxExport.Towers;
using static Tips.MLNet.Tests.Support.ToolRun;

namespace Tips.MLNet.Tests.Downloads;

/// <summary><c>list</c>, <c>download</c> and <c>get</c> as a shell sees them, against a local server.</summary>
[TestClass]
public sealed class DownloadCommandTests : IDisposable
{
    private const string Vision = "v1_0/checkpoints/pytorch/tips_oss_s14_highres_distilled_vision.npz";

    private const string Text = "v1_0/checkpoints/pytorch/tips_oss_s14_highres_distilled_text.npz";

    private const string Tokenizer = "v1_0/checkpoints/tokenizer.model";

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
        var (vision, text) = TestModels.FormulaCheckpoints(TextTowerSize.All.Single(s => s.Variant == "S"));
        _server.Files[Vision] = File.ReadAllBytes(vision);
        _server.Files[Text] = File.ReadAllBytes(text);
        string[] get =
        [
            "get", "s14-hr", "--base-url", _server.Address.AbsoluteUri, "--cache", Cache,
            "--output", _folder["model"], "--image-size", "56",
        ];
        var (code, output, error) = await Run([.. get, "--precision", "int8"]);
        Assert.AreEqual(0, code, error);
        Assert.Contains("The weights are by Google DeepMind, licensed under CC-BY 4.0", error);
        Assert.Contains("the server's CRC-32C and MD5 hold", error);
        Assert.MatchesRegex(@"tips-s14-hr \(S/14, int8, 56x56\) against itself: 16 pictures, 20 texts\.", output);
        Assert.MatchesRegex(@"picture alone, in a batch +1\.000000", output);
        using var model = TipsModel.Load(_folder["model"]);
        Assert.AreEqual(("tips-s14-hr", "int8"), (model.Manifest.Name, model.Manifest.Precision));
        Assert.AreEqual(("CC-BY-4.0, Google DeepMind (TIPS)", true), (model.Manifest.License, model.HasText));
        Assert.AreEqual(Convert.ToHexStringLower(SHA256.HashData(_server.Files[Vision])), model.Manifest.Sources[0].Sha256);

        _server.ForgetRequests();
        (code, _, error) = await Run(get);
        Assert.AreEqual(1, code);
        Assert.Contains("is not empty. Give another folder, or --overwrite", error);
        Assert.DoesNotContain("Is there already", error, "the folder is checked first");
        (code, _, error) = await Run([.. get, "--overwrite", "--no-text"]);
        Assert.AreEqual(0, code, error);
        Assert.IsEmpty(_server.Requests, "the files are in the cache");
        Assert.IsNull(TipsModel.Load(_folder["model"]).Manifest.Text);
    }

    [TestMethod]
    public async Task Download_prints_paths_and_list_shows_the_files()
    {
        var (_, before, _) = await Run("list", "--cache", Cache);
        Assert.HasCount(10, before.Split('\n').Where(IsModel));
        Assert.DoesNotContain("pytorch:", before);
        Assert.Contains("they share one tokenizer, which is not on this disk.", before);
        Assert.IsFalse(Directory.Exists(Cache), "listing creates nothing");

        string baseUrl = _server.Address.AbsoluteUri.TrimEnd('/');
        var (code, output, error) = await Run("download", "S14-HR", "--base-url", baseUrl, "--cache", Cache);
        Assert.AreEqual(0, code, error);
        string[] paths = output.Trim().Split('\n').Select(l => l.Trim()).ToArray();
        string[] expected = [.. ((string[])[Vision, Text, Tokenizer]).Select(CachePath)];
        CollectionAssert.AreEqual(expected, paths);
        Assert.IsTrue(paths.All(File.Exists));
        string after = (await Run("list", "--cache", Cache)).Output;
        Assert.Contains("they share one tokenizer, which is on this disk.", after);
        Assert.MatchesRegex(@"s14-hr +TIPS +S/14 +448 +384 +0\.2 +80\.6 +0\.425 +75\.1 +57\.7 +86\.3 +74\.7 +pytorch: image, text", after);

        static bool IsModel(string line) => line.Contains("TIPS", StringComparison.Ordinal)
            && line.Contains("14", StringComparison.Ordinal)
            && (line.Contains("0.3", StringComparison.Ordinal) || line.Contains("0.4", StringComparison.Ordinal));
    }

    /// <summary>Somebody has moved downloads to a larger disk and left links in their places.</summary>
    [TestMethod]
    [OSCondition(ConditionMode.Exclude, OperatingSystems.Windows)]
    public async Task Downloads_that_were_moved_and_linked_back_are_still_there()
    {
        string[] download = ["download", "s14-hr", "--base-url", _server.Address.AbsoluteUri, "--cache", Cache];
        Assert.AreEqual(0, (await Run(download)).Code);
        string disk = Directory.CreateDirectory(_folder["disk"]).FullName, record = CachePath(Text) + ".json";
        string[] moved = [CachePath(Vision), CachePath(Text), CachePath(Tokenizer), record];
        foreach (string file in moved)
        {
            string place = Path.Combine(disk, Path.GetFileName(file));
            File.Move(file, place);
            File.CreateSymbolicLink(file, place);
        }

        _server.ForgetRequests();
        string list = (await Run("list", "--cache", Cache)).Output;
        Assert.Contains("pytorch: image, text", list);
        Assert.Contains("which is on this disk.", list);
        var (code, _, error) = await Run(download);
        Assert.AreEqual(0, code, error);
        Assert.IsEmpty(_server.Requests);

        // What has to come again goes where the user put it.
        string vision = Path.Combine(disk, Path.GetFileName(Vision));
        File.WriteAllText(vision, "damaged");
        File.Delete(Path.Combine(disk, Path.GetFileName(Text)));
        (code, _, error) = await Run(download);
        Assert.AreEqual(0, code, error);
        foreach (string file in moved) Assert.IsNotNull(new FileInfo(file).LinkTarget, file);
        CollectionAssert.AreEqual(_server.Files[Vision], File.ReadAllBytes(vision));
        CollectionAssert.AreEqual(_server.Files[Text], File.ReadAllBytes(Path.Combine(disk, Path.GetFileName(Text))));

        // A link into a folder that is gone has to give way.
        Directory.Delete(disk, recursive: true);
        (code, _, error) = await Run(download);
        Assert.AreEqual(0, code, error);
        CollectionAssert.AreEqual(_server.Files[Vision], File.ReadAllBytes(CachePath(Vision)));
        Assert.IsNull(new FileInfo(CachePath(Vision)).LinkTarget);
    }

    [TestMethod]
    public async Task A_cache_that_cannot_be_written_is_named_with_the_option_that_names_another()
    {
        File.WriteAllText(_folder["file"], "in the way");
        var (code, _, error) = await Run("download", "s14-hr", "--base-url", _server.Address.AbsoluteUri, "--cache", _folder["file"]);
        Assert.AreEqual(1, code);
        Assert.Contains("Choose another folder for downloads with --cache, or with the variable TIPS_CACHE.", error);
    }

    [TestMethod]
    public async Task The_Scenic_release_is_found_under_either_name()
    {
        const string folder = "v2_0/checkpoints/scenic/";
        _server.Files[folder + "tips_v2_so14_vision.npz"] = File.ReadAllBytes(TestModels.ScenicVision("swiglu"));
        var (code, output, error) = await Run(
            "download", "v2-so14", "--layout", "scenic", "--no-text", "--base-url", _server.Address.AbsoluteUri, "--cache", Cache);
        Assert.AreEqual(0, code, error);
        Assert.EndsWith("tips_v2_so14_vision.npz", output.Trim());
        string[] requested = [.. _server.Requests.Select(r => r.Path).Distinct()];
        CollectionAssert.AreEqual(new[] { folder + "tips_v2_so400m14_vision.npz", folder + "tips_v2_so14_vision.npz" }, requested);
    }

    [TestMethod]
    public async Task Heads_come_with_their_model()
    {
        var tasks = HeadTasks.All;
        foreach (var task in tasks) _server.Files[Zip("b14", task)] = File.ReadAllBytes(TestModels.GoldenHead(task));
        _server.Files["v2_0/checkpoints/pytorch/tips_v2_oss_b14_vision.npz"] = _server.Files[Vision];
        string[] options = ["--no-text", "--heads", "--base-url", _server.Address.AbsoluteUri, "--cache", Cache];
        var (code, output, error) = await Run(["download", "v2-b14", .. options]);
        Assert.AreEqual(0, code, error);
        string[] expected = ["v2_0/checkpoints/pytorch/tips_v2_oss_b14_vision.npz", .. tasks.Select(t => Zip("b14", t))];
        CollectionAssert.AreEqual(expected.Select(CachePath).ToArray(), output.Trim().Split('\n').Select(l => l.Trim()).ToArray());
        Assert.Contains("pytorch: image; heads: depth, normals, segmentation", (await Run("list", "--cache", Cache)).Output);
        // The vision file is another model's, which is said after the heads were read.
        (code, _, error) = await Run(["get", "v2-b14", .. options, "--output", _folder["model"]]);
        Assert.AreEqual(1, code);
        Assert.Contains("is not the image encoder of v2-b14", error);

        foreach (var task in tasks) _server.Files[Zip("so14", task)] = File.ReadAllBytes(TestModels.GoldenHead(task));
        _server.Files["v2_0/checkpoints/scenic/tips_v2_so14_vision.npz"] = _server.Files[Vision];
        (code, output, error) = await Run(["download", "v2-so14", "--layout", "scenic", .. options]);
        Assert.AreEqual(0, code, error);
        Assert.EndsWith("tips_v2_so14_segmentation_dpt.zip", output.Trim());
        CollectionAssert.Contains(_server.Requests.Select(r => r.Path).ToArray(), Zip("so400m14", HeadTask.Depth), "tried first");
        foreach (var task in tasks) _server.Files[Zip("l14", task)] = "not an archive"u8.ToArray();
        _server.Files["v2_0/checkpoints/pytorch/tips_v2_oss_l14_vision.npz"] = _server.Files[Vision];
        (code, _, error) = await Run(["download", "v2-l14", .. options]);
        Assert.AreEqual(1, code);
        Assert.Contains("it does not start like a .zip archive", error);

        static string Zip(string size, HeadTask task) => $"v2_0/checkpoints/scenic/tips_v2_{size}_{task.Name()}_dpt.zip";
    }

    [TestMethod]
    [TestCategory("Slow")]
    public async Task Get_exports_a_model_with_its_heads()
    {
        string vision = _folder["base.npz"];
        FormulaCheckpoint.WriteVision(vision, TowerSize.Base, grid: 4, seed: 1);
        _server.Files["v2_0/checkpoints/pytorch/tips_v2_oss_b14_vision.npz"] = File.ReadAllBytes(vision);
        foreach (var task in HeadTasks.All)
        {
            HeadCheckpoint.WriteReleased(_folder["head.npz"], width: 768, outputs: task == HeadTask.Normals ? 3 : 150);
            _server.Files[$"v2_0/checkpoints/scenic/tips_v2_b14_{task.Name()}_dpt.zip"] = File.ReadAllBytes(_folder["head.npz"]);
        }

        var (code, output, error) = await Run(
            "get", "v2-b14", "--no-text", "--heads", "--image-size", "28", "--base-url", _server.Address.AbsoluteUri, "--cache", Cache,
            "--output", _folder["model"]);
        Assert.AreEqual(0, code, error);
        Assert.Contains("Head for segmentation: 8 channels, 150 classes, wall, building, sky, …; tokens of the blocks 2, 5, 8, 11.", error);
        Assert.Contains("against itself", output);
    }

    [TestMethod]
    public async Task Models_without_heads_say_which_have_them()
    {
        foreach (string verb in (string[])["get", "download"])
        {
            var (code, _, error) = await Run(verb, "b14-hr", "--heads", "--cache", Cache);
            Assert.AreEqual(2, code);
            Assert.Contains("b14-hr has no heads; the models with heads are v2-g14, v2-so14, v2-l14, v2-b14.", error);
            (code, _, error) = await Run(verb, "v2-b14", "--heads", "--no-vision", "--cache", Cache);
            Assert.AreEqual(2, code);
            Assert.Contains("--heads are for an image encoder: leave out --no-vision, or it.", error);
        }
    }

    /// <summary>The server has files of another model under the names of the one asked for.</summary>
    [TestMethod]
    public async Task Get_refuses_a_file_of_another_model_before_it_replaces_anything()
    {
        TestModels.Copy(TestModels.TinyFolder, _folder["model"]);
        string manifest = Path.Combine(_folder["model"], "manifest.json");
        byte[] before = File.ReadAllBytes(manifest);
        foreach (var (option, expected) in ((string, string)[])
        [
            ("--no-text", "is not the image encoder of s14-hr: it has width 128, 3 blocks, mlp of 512, expected width 384, 12 blocks"),
            ("--no-vision", "is not the text encoder of s14-hr: it has width 128, 3 blocks, mlp of 512, expected width 384, 12 blocks"),
        ])
        {
            var (code, _, error) = await Run(
                "get", "s14-hr", option, "--base-url", _server.Address.AbsoluteUri, "--cache", Cache, "--output", _folder["model"],
                "--overwrite");
            Assert.AreEqual(1, code);
            Assert.Contains(expected, error);
            CollectionAssert.AreEqual(before, File.ReadAllBytes(manifest));
        }

        TipsModel.Load(_folder["model"]).Dispose();
    }

    /// <summary>The sizes in the catalog are those that the tests fill by formula, which the golden outputs hold.</summary>
    [TestMethod]
    public void The_catalog_knows_the_shapes_of_all_models()
    {
        foreach (var model in ReleaseCatalog.Models)
        {
            string variant = model.Variant[..^3];
            var (vision, text) = (TowerSize.All.Single(s => s.Variant == variant), TextTowerSize.All.Single(s => s.Variant == variant));
            Assert.AreEqual(
                new ModelShape(vision.Width, vision.Layers, vision.SwiGlu ? "swiglu" : "mlp", vision.Hidden, text.Layers, text.Hidden),
                model.Shape,
                model.Name);
        }
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

    /// <summary>What is certain to fail should fail before gigabytes are downloaded.</summary>
    [TestMethod]
    public async Task Get_checks_its_options_and_its_output_first()
    {
        string[] get = ["get", "s14-hr", "--base-url", _server.Address.AbsoluteUri, "--cache", Cache, "--output"];
        var (code, _, error) = await Run([.. get, _folder["model"], "--image-size", "100"]);
        Assert.AreEqual(1, code);
        Assert.Contains("Image size 100x100 does not fit", error);
        (code, _, error) = await Run([.. get, _folder["model"], "--image-size", "2147483646"]);
        Assert.AreEqual(1, code);
        Assert.Contains("Image size 2147483646x2147483646 is too large", error);
        File.WriteAllText(_folder["file"], "in the way");
        (code, _, error) = await Run([.. get, _folder["file/model"]]);
        Assert.AreEqual(1, code);
        Assert.Contains($"Output folder '{_folder["file/model"]}' cannot be written:", error);
        Assert.Contains("Another folder is named with --output.", error);
        Assert.DoesNotContain(".tips-onnx-export", error, "the tool's own business");
        Assert.IsEmpty(_server.Requests);
    }

    [TestMethod]
    public async Task An_unknown_name_gets_the_list_of_names()
    {
        foreach (string name in (string[])["b16", ""])
        {
            var (code, _, error) = await Run("get", name, "--cache", Cache);
            Assert.AreEqual(2, code);
            const string names = "g14-hr, g14-lr, so14-hr, l14-hr, b14-hr, s14-hr, v2-g14, v2-so14, v2-l14, v2-b14";
            Assert.Contains($"There is no released model '{name}'; the names are {names}.", error);
        }
    }

    [TestMethod]
    [DataRow("so400m14-hr", "so14-hr")]
    [DataRow("tipsv2-b14", "v2-b14")]
    [DataRow(" V2-B14 ", "v2-b14")]
    public void Other_forms_of_a_name_are_recognized(string given, string name)
        => Assert.AreEqual(name, ReleaseCatalog.TryFind(given)!.Name);

    [TestMethod]
    public void Every_model_has_files_of_its_own()
    {
        var files = ReleaseCatalog.Models.SelectMany(
            m => Enum.GetValues<ReleaseLayout>().SelectMany(l => (ReleasedFile[])[m.Vision(l), m.Text(l)]));
        string[] paths = [.. files.SelectMany(f => f.Paths)];
        Assert.HasCount(paths.Length, paths.Distinct());
        Assert.HasCount(10 * 4 + 4, paths);
        Assert.Contains("v1_0/checkpoints/scenic/tips_oss_g14_lowres_text.npz", paths);
        Assert.Contains("v1_0/checkpoints/pytorch/tips_oss_so400m14_highres_largetext_distilled_vision.npz", paths);
        Assert.Contains("v2_0/checkpoints/pytorch/tips_v2_oss_l14_vision.npz", paths);
        var text = ReleaseCatalog.TryFind("v2-g14")!.Text(ReleaseLayout.Scenic);
        Assert.AreEqual(
            "https://storage.googleapis.com/tips_data/v2_0/checkpoints/scenic/tips_v2_g14_text.npz",
            new Uri(new Uri(ReleaseCatalog.DefaultBaseAddress), text.Paths[0]).AbsoluteUri);
    }

    [TestMethod]
    public void The_user_the_variable_or_the_system_chooses_the_cache_folder()
    {
        Assert.AreEqual(_folder["mine"], CacheFolder.Choose(_folder["mine"]).Path);
        string chosen = ListWith(e => e[CacheFolder.EnvironmentVariable] = _folder["theirs"]);
        Assert.Contains($"Downloads are kept in '{_folder["theirs"]}'.", chosen);
        if (!OperatingSystem.IsLinux()) return;
        string xdg = ListWith(e => (e[CacheFolder.EnvironmentVariable], e["XDG_CACHE_HOME"]) = ("", _folder["xdg"]));
        Assert.Contains($"Downloads are kept in '{_folder["xdg/tips-mlnet"]}'.", xdg);
        string home = ListWith(e => (e[CacheFolder.EnvironmentVariable], e["XDG_CACHE_HOME"], e["HOME"]) = ("", "", _folder.Path));
        Assert.Contains($"Downloads are kept in '{_folder[".cache/tips-mlnet"]}'.", home);

        static string ListWith(Action<IDictionary<string, string?>> environment)
        {
            using var tool = new ChildProcess(ChildProcess.PathOf("Tips.OnnxExport.dll"), ["list"], environment);
            return tool.WaitForExit().Output;
        }
    }

    [TestMethod]
    public void A_proxy_is_used_if_one_is_set()
    {
        // The server acts as the proxy and is asked for an address that does not exist.
        using var tool = new ChildProcess(
            ChildProcess.PathOf("Tips.OnnxExport.dll"),
            ["download", "s14-hr", "--no-text", "--cache", Cache, "--base-url", "http://mirror.invalid/"],
            e =>
            {
                foreach (string name in (string[])["http_proxy", "HTTP_PROXY"]) e[name] = _server.Address.AbsoluteUri;
                foreach (string name in (string[])["no_proxy", "NO_PROXY"]) e[name] = "";
            });
        var (code, _, error) = tool.WaitForExit();
        Assert.AreEqual(0, code, error);
        CollectionAssert.AreEqual(_server.Files[Vision], File.ReadAllBytes(Path.Combine(Cache, Vision)));
    }

    [TestMethod]
    [DataRow("http", "HTTP_PROXY")]
    [DataRow("https", "HTTPS_PROXY")]
    public void A_proxy_that_requires_a_password_is_reported_at_once(string scheme, string variable)
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
                string[] variables = ["http_proxy", "HTTP_PROXY", "https_proxy", "HTTPS_PROXY"];
                foreach (string name in variables) e[name] = _server.Address.AbsoluteUri;
                (e["no_proxy"], e["NO_PROXY"]) = ("", "");
            });
        var (code, _, error) = tool.WaitForExit();
        Assert.AreEqual(1, code, error);
        Assert.Contains("the proxy requires a user name and password (407).", error);
        Assert.Contains($"Set them in the variable {variable}, as http://user:password@host:port.", error);
        Assert.DoesNotContain("Trying again", error);
    }

    [TestMethod]
    public void A_download_that_is_killed_again_and_again_resumes_and_ends_right() => KillAndResume(kills: 7, bytes: 60_000_000);

    [TestMethod]
    [TestCategory("Slow")]
    public void A_download_that_is_killed_twenty_times_resumes_and_ends_right() => KillAndResume(kills: 20, bytes: 150_000_000);

    private void KillAndResume(int kills, int bytes)
    {
        byte[] large = Archive(bytes);
        _server.Files[Vision] = large;
        _server.Pace = (40, 100_000); // about 10 MB/s over four connections
        string path = Path.Combine(Cache, Vision);
        var random = new Random(6);
        int interrupted = 0;
        for (int kill = 0; kill < kills; kill++)
        {
            using var tool = Start();
            var waited = System.Diagnostics.Stopwatch.StartNew();
            long start = _server.BytesSent + 200_000; // past the probes, in the data
            while (_server.BytesSent < start && !tool.HasExited && waited.Elapsed < TimeSpan.FromSeconds(30)) Thread.Sleep(1);
            Thread.Sleep(random.Next(0, 1000));
            if (tool.HasExited) break;
            tool.Signal("KILL");
            if (tool.WaitForExit().Code == 0) break;
            Assert.IsFalse(File.Exists(path), "no incomplete file under the final name");
            interrupted++;
        }

        _server.Pace = null;
        using var last = Start();
        var (code, _, error) = last.WaitForExit();
        Assert.AreEqual(0, code, error);
        string expected = Convert.ToHexStringLower(SHA256.HashData(large));
        Assert.AreEqual(expected, Convert.ToHexStringLower(SHA256.HashData(File.ReadAllBytes(path))));
        Assert.HasCount(2, Directory.GetFiles(Path.GetDirectoryName(path)!), "the file and its record");
        Assert.IsGreaterThanOrEqualTo(3 * kills / 4, interrupted, "the file is large enough");
        bool resumed = _server.Requests.Any(r => r.Range.Length > 0 && CheckpointServer.FirstByte(r.Range) % (16 << 20) > 0);
        Assert.IsTrue(resumed, "a chunk was resumed in its middle");
    }

    [TestMethod]
    public void Ctrl_C_says_that_the_part_downloaded_so_far_is_kept()
    {
        _server.Files[Vision] = Archive(40_000_000);
        _server.Pace = (20, 50_000);
        using var tool = Start();
        if (tool.Ignores(2))
            Assert.Inconclusive("These tests run with SIGINT ignored (under nohup or in the background), and the tool inherits that.");
        while (_server.BytesSent < 2_000_000)
        {
            Assert.IsFalse(tool.HasExited, "the download ended by itself");
            Thread.Sleep(1);
        }

        tool.Signal("INT");
        var (code, _, error) = tool.WaitForExit();
        Assert.AreEqual(130, code, error);
        Assert.Contains("canceled; the part downloaded so far is kept, and the same command resumes from there", error);
        Assert.MatchesRegex(@"s14-hr .*pytorch: image [1-9]\d*\.\d %", ToolOutput("list", "--cache", Cache));
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

    private string CachePath(string path) => Path.Combine(Cache, path.Replace('/', Path.DirectorySeparatorChar));

    private ChildProcess Start() => new(
        ChildProcess.PathOf("Tips.OnnxExport.dll"),
        "download", "s14-hr", "--no-text", "--cache", Cache, "--base-url", _server.Address.AbsoluteUri);

    private static string ToolOutput(params string[] arguments) => Run(arguments).GetAwaiter().GetResult().Output;
}
