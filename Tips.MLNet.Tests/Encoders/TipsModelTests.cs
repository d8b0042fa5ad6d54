using System.Text.Json.Nodes;
using Tips.MLNet.Models;
using Tips.MLNet.Tests.Support;

namespace Tips.MLNet.Tests.Encoders;

[TestClass]
public sealed class TipsModelTests : IDisposable
{
    private readonly TemporaryFolder _temporary = new();

    private string Folder => _temporary["model"];

    private string ManifestPath => Path.Combine(Folder, TipsManifest.FileName);

    public void Dispose() => _temporary.Dispose();

    [TestInitialize]
    public void CopyModel()
    {
        Directory.CreateDirectory(Folder);
        foreach (string file in Directory.GetFiles(TestModels.MiniFolder())) File.Copy(file, Path.Combine(Folder, Path.GetFileName(file)));
    }

    [TestMethod]
    public void A_model_reports_its_sizes()
    {
        using var model = TipsModel.Load(TestModels.MiniFolder("swiglu", 42, 112));
        Assert.AreEqual(128, model.EmbeddingDimension);
        Assert.AreEqual((42, 112), (model.ImageHeight, model.ImageWidth));
        Assert.AreEqual(3 * 8, model.PatchCount);
        Assert.AreEqual(3 * 42 * 112, model.PixelValuesPerImage);
        Assert.AreEqual("swiglu", model.Manifest.Vision!.FeedForward);
        Assert.AreEqual(TestModels.MiniFolder("swiglu", 42, 112), model.Folder);
    }

    /// <summary>Caches and mounted volumes are made of links.</summary>
    [TestMethod]
    [OSCondition(ConditionMode.Exclude, OperatingSystems.Windows)]
    public void A_folder_of_links_is_a_model_folder()
    {
        string links = Directory.CreateDirectory(_temporary["links"]).FullName;
        foreach (string file in Directory.GetFiles(Folder)) File.CreateSymbolicLink(Path.Combine(links, Path.GetFileName(file)), file);
        using TipsModel model = TipsModel.Load(Folder), linked = TipsModel.Load(links, warmUp: true);
        using var picture = TestPictures.Random("links");
        CollectionAssert.AreEqual(model.EmbedImage(picture), linked.EmbedImage(picture));
    }

    /// <summary>As in the Hub's cache: links to files that are named otherwise, in one folder, which may be within the model's.</summary>
    [TestMethod]
    [OSCondition(ConditionMode.Exclude, OperatingSystems.Windows)]
    [DataRow("../blobs", true)]
    [DataRow("blobs", true)]
    [DataRow("../blobs", false)]
    public async Task Links_to_files_of_other_names_are_a_model_folder(string blobs, bool weights)
    {
        string links = LinkFolder(blobs, file => weights || !IsWeights(file));
        using (TipsModel model = TipsModel.Load(Folder), linked = TipsModel.Load(links, warmUp: true))
        {
            using var picture = TestPictures.Random("links");
            CollectionAssert.AreEqual(model.EmbedImage(picture), linked.EmbedImage(picture));
        }

        foreach (string[] arguments in (string[][])[["inspect", links], ["verify", links]])
        {
            var (code, output, error) = await ToolRun.Run(arguments);
            Assert.AreEqual(0, code, error);
            Assert.AreEqual((await ToolRun.Run(arguments[0], Folder)).Output.Split(':')[0], output.Split(':')[0]);
        }

        if (blobs == "blobs") return; // it is a stray folder in the model's own then, which an export does not touch

        // A new export takes the places of the links, and leaves their targets alone.
        var (exported, _, message) = await ToolRun.Run(
            "export", "--vision", GoldenFiles.PathOf("mini", "vision_mlp.npz"), "--output", links, "--overwrite");
        Assert.AreEqual(0, exported, message);
        Assert.IsTrue(Directory.GetFiles(links).All(file => new FileInfo(file).LinkTarget is null));
        TipsModel.Load(links, warmUp: true).Dispose();
        Assert.IsTrue(Directory.GetFiles(Path.Combine(links, blobs)).All(file => new FileInfo(file).Length > 100));
    }

    /// <summary>ONNX Runtime takes it for an attempt to read any file of the machine.</summary>
    [TestMethod]
    [OSCondition(ConditionMode.Exclude, OperatingSystems.Windows)]
    public void A_link_out_of_the_folder_that_the_runtime_refuses_is_named()
    {
        string links = LinkFolder("../blobs", IsWeights);
        string message = Assert.ThrowsExactly<InvalidOperationException>(() => TipsModel.Load(links, warmUp: true)).Message;
        string target = new FileInfo(Path.Combine(links, "vision.fp32.safetensors")).ResolveLinkTarget(returnFinalTarget: true)!.FullName;
        Assert.Contains(
            $"Cannot open graph 'vision_embedding.onnx' of the model folder '{links}': file 'vision.fp32.safetensors' is a link to "
            + $"'{target}'. ONNX Runtime takes weights from the folder of the graph only.",
            message);
    }

    [TestMethod]
    [OSCondition(ConditionMode.Exclude, OperatingSystems.Windows)]
    public void A_file_behind_a_link_is_checked_as_any_other()
    {
        string links = LinkFolder("../blobs", _ => true), blobs = Path.Combine(links, "../blobs");
        string weights = new FileInfo(Path.Combine(links, "vision.fp32.safetensors")).ResolveLinkTarget(returnFinalTarget: true)!.FullName;
        using (var model = TipsModel.Load(links))
        {
            File.SetLastWriteTimeUtc(weights, DateTime.UnixEpoch);
            using var picture = TestPictures.Random("links");
            Assert.Contains(
                "has changed since the model was loaded",
                Assert.Throws<InvalidOperationException>(() => model.EmbedImage(picture)).Message);
        }

        File.AppendAllText(weights, "x");
        Assert.Contains(
            $"File 'vision.fp32.safetensors' of the model folder '{links}' has {new FileInfo(weights).Length} bytes, expected",
            Assert.Throws<InvalidDataException>(() => TipsModel.Load(links)).Message);
        Directory.Delete(blobs, recursive: true);
        string manifest = Path.Combine(links, "manifest.json");
        File.Delete(manifest);
        File.Copy(Path.Combine(Folder, "manifest.json"), manifest);
        Assert.Contains(
            "is missing from the model folder", Assert.Throws<FileNotFoundException>(() => TipsModel.Load(links)).Message);
    }

    [TestMethod]
    public void A_missing_folder_is_named()
        => Assert.AreEqual(
            $"There is no model folder '{_temporary["none"]}'.",
            Assert.ThrowsExactly<DirectoryNotFoundException>(() => TipsModel.Load(_temporary["none"])).Message);

    [TestMethod]
    public void A_folder_without_a_manifest_is_named()
    {
        string message = Assert.ThrowsExactly<FileNotFoundException>(() => TipsModel.Load(_temporary.Path)).Message;
        Assert.Contains(
            $"Folder '{_temporary.Path}' is not a TIPS model: it has no manifest.json. "
            + "'tips-onnx-export get' and 'tips-onnx-export export' make model folders.",
            message);
    }

    [TestMethod]
    [DataRow("vision.fp32.safetensors")]
    [DataRow("vision_dense.onnx")]
    public void A_missing_file_is_named(string file)
    {
        File.Delete(Path.Combine(Folder, file));
        string message = Assert.ThrowsExactly<FileNotFoundException>(() => TipsModel.Load(Folder)).Message;
        Assert.Contains($"File '{file}' is missing from the model folder '{Folder}'.", message);
    }

    [TestMethod]
    public void A_file_of_the_wrong_length_is_named_even_by_the_quick_check()
    {
        File.AppendAllText(Path.Combine(Folder, "vision_embedding.onnx"), "x");
        var options = new TipsModelOptions { Verification = FileVerification.SizeOnly };
        string message = Assert.ThrowsExactly<InvalidDataException>(() => TipsModel.Load(Folder, options)).Message;
        Assert.Contains("File 'vision_embedding.onnx' of the model folder", message);
        Assert.MatchesRegex(@"has \d+ bytes, expected \d+\.", message);
    }

    [TestMethod]
    public void A_changed_byte_is_noticed_only_by_the_full_check()
    {
        string weights = Path.Combine(Folder, "vision.fp32.safetensors");
        byte[] bytes = File.ReadAllBytes(weights);
        bytes[^1] ^= 1;
        File.WriteAllBytes(weights, bytes);
        string message = Assert.ThrowsExactly<InvalidDataException>(() => TipsModel.Load(Folder)).Message;
        Assert.MatchesRegex(
            "File 'vision.fp32.safetensors' of the model folder '.*' is damaged or was changed: "
            + "its SHA-256 is [0-9a-f]{64}, expected [0-9a-f]{64}",
            message);
        TipsModel.Load(Folder, new TipsModelOptions { Verification = FileVerification.SizeOnly }).Dispose();
    }

    [TestMethod]
    [DataRow("formatVersion", "99", "has format version 99; this version of Tips.MLNet reads 2. Update Tips.MLNet.")]
    [DataRow("embeddingDimension", "0", "'embeddingDimension' is 0, expected a positive number")]
    [DataRow("vision.imageHeight", "57", "'vision.imageHeight' is 57, expected a positive multiple of the patch size 14")]
    [DataRow("vision.preprocessing.resize", "\"lanczos\"", "'vision.preprocessing' is")]
    [DataRow("vision.files.0.name", "\"../outside.bin\"", "'files' lists '../outside.bin', expected a plain file name")]
    [DataRow("vision.files.0.name", "\"C:evil\"", "expected a plain file name")]
    [DataRow("vision.files.1.name", "\"VISION.fp32.safetensors\"", "twice")]
    [DataRow("vision.embedding.file", "\"other.onnx\"", "other.onnx")]
    [DataRow("vision.weights", "\"other.bin\"", "other.bin")]
    [DataRow("vision.dense.patchTokens", "null", "'vision.dense.patchTokens' is missing")]
    [DataRow("name", "null", "is not a model manifest")]
    [DataRow("vision", "7", "is not a model manifest")]
    [DataRow("vision.files.0.sha256", "\"\"", "the SHA-256 '', expected 64 lower-case hexadecimal digits")]
    [DataRow("vision.files.0.size", "-1", "-1 bytes, expected 0 or more")]
    [DataRow("vision.files.0", "null", "'files' has an entry that is null")]
    [DataRow("vision.files.0.name", "\"Model.key\"", "'files' lists 'Model.key', expected a plain file name")]
    [DataRow("vision.files.0.name", "\"Manifest.json\"", "'files' lists 'Manifest.json', expected a plain file name")]
    [DataRow("vision.files.0.name", "\"a..b\"", "'files' lists 'a..b', expected a plain file name")]
    [DataRow("vision.files.0.name", "\".hidden\"", "expected a plain file name")]
    [DataRow("vision.files.0.name", "\"a\\nb\"", "expected a plain file name")]
    [DataRow(
        "vision.embedding.file",
        "\"Vision_Embedding.onnx\"",
        "'files' does not list 'Vision_Embedding.onnx', which the manifest refers to")]
    [DataRow("vision.imageHeight", "1400000000", "pictures of 1400000000x56 do not fit into one tensor")]
    [DataRow(
        "vision",
        """{"imageHeight":2147483646,"imageWidth":2147483646,"patchSize":14,"layers":1,"heads":1,"feedForwardDimension":1"""
        + ""","feedForward":"mlp","checkpointGrid":[4,4],"tokenOrder":[]"""
        + ""","preprocessing":{"resize":"pillow-bilinear","aspectRatio":"stretch","channels":"RGB","scale":255}"""
        + ""","embedding":{"file":"vision_embedding.onnx","input":"i","classTokens":"c"}"""
        + ""","dense":{"file":"vision_dense.onnx","input":"i","classTokens":"c","patchTokens":"p"},"weights":"w","files":[]}""",
        "do not fit into one tensor")]
    public void The_error_for_an_invalid_manifest_says_where_it_is_wrong(string key, string value, string expected)
    {
        ChangeManifest(key, value);
        string message = Assert.ThrowsExactly<InvalidDataException>(() => TipsModel.Load(Folder)).Message;
        Assert.Contains(ManifestPath, message);
        Assert.Contains(expected, message);
    }

    [TestMethod]
    [DataRow("")]
    [DataRow("null")]
    [DataRow("[]")]
    [DataRow("{")]
    [DataRow("{}")]
    public void A_file_that_is_not_a_manifest_is_named(string content)
    {
        File.WriteAllText(ManifestPath, content);
        string message = Assert.ThrowsExactly<InvalidDataException>(() => TipsModel.Load(Folder)).Message;
        Assert.StartsWith($"Manifest '{ManifestPath}' is not a model manifest", message);
    }

    [TestMethod]
    public void A_manifest_that_is_too_large_is_refused()
    {
        File.WriteAllText(ManifestPath, new string(' ', 2 << 20));
        Assert.Contains("a manifest has at most", Assert.ThrowsExactly<InvalidDataException>(() => TipsModel.Load(Folder)).Message);
    }

    [TestMethod]
    public void A_graph_that_ONNX_Runtime_cannot_open_is_named()
    {
        ReplaceFile("vision_embedding.onnx", [1, 2, 3, 4]);
        using var model = TipsModel.Load(Folder);
        string message = RunError(model);
        Assert.StartsWith($"Cannot open graph 'vision_embedding.onnx' of the model folder '{Folder}':", message);
    }

    [TestMethod]
    [DataRow("embeddingDimension", "64", "its output 'class_tokens' is Single [-1, 2, 128], but the manifest says Single [-1, 2, 64].")]
    [DataRow("vision.embedding.classTokens", "\"nothing\"", "it has no output 'nothing', which the manifest names; it has 'class_tokens'.")]
    [DataRow("vision.embedding.input", "\"nothing\"", "it has no input 'nothing', which the manifest names; it has 'pixel_values'.")]
    [DataRow(
        "vision.imageWidth",
        "84",
        "its input 'pixel_values' is Single [-1, 3, 56, 56], but the manifest says Single [-1, 3, 56, 84].")]
    public void A_graph_that_does_not_match_its_manifest_is_named(string key, string value, string expected)
    {
        ChangeManifest(key, value);
        using var model = TipsModel.Load(Folder);
        string message = RunError(model);
        Assert.AreEqual($"Cannot open graph 'vision_embedding.onnx' of the model folder '{Folder}': {expected}", message);
    }

    /// <summary>The manifest names the weights file; a graph must not load its weights from another.</summary>
    [TestMethod]
    public void A_graph_whose_weights_are_elsewhere_is_not_opened()
    {
        string path = Path.Combine(Folder, "vision_embedding.onnx");
        var graph = Tips.MLNet.Models.Onnx.ModelProto.Parser.ParseFrom(File.ReadAllBytes(path));
        graph.Graph.Initializer.First(i => i.ExternalData.Count > 0).ExternalData.Single(e => e.Key == "location").Value = "../other.bin";
        ReplaceFile("vision_embedding.onnx", Google.Protobuf.MessageExtensions.ToByteArray(graph));
        using var model = TipsModel.Load(Folder);
        string message = RunError(model);
        Assert.Contains("is in '../other.bin', expected 'vision.fp32.safetensors'.", message);
    }

    [TestMethod]
    [DataRow("vision.fp32.safetensors")]
    [DataRow("vision_embedding.onnx")]
    public void Files_that_change_between_the_check_and_the_first_call_are_not_used(string file)
    {
        using var model = TipsModel.Load(Folder);
        string path = Path.Combine(Folder, file);
        byte[] bytes = File.ReadAllBytes(path);
        bytes[^1] ^= 1;
        File.WriteAllBytes(path, bytes);
        string message = RunError(model);
        Assert.Contains($"file '{file}' has changed since the model was loaded. Load it again.", message);
    }

    [TestMethod]
    public void Sessions_are_opened_by_the_first_call_that_needs_them()
    {
        using var model = TipsModel.Load(Folder);
        File.Delete(Path.Combine(Folder, "vision_dense.onnx"));
        float[] input = new float[model.PixelValuesPerImage], tokens = new float[256];
        model.RunPixels(input, 1, tokens);
        Assert.ThrowsExactly<InvalidOperationException>(() => model.RunPixels(input, 1, tokens, new float[16 * 128]));
    }

#if !ONNXRUNTIME_GPU
    [TestMethod]
    public void CUDA_without_its_package_reports_what_is_missing()
    {
        using var model = TipsModel.Load(Folder, new TipsModelOptions { Provider = ExecutionProvider.Cuda });
        string message = RunError(model);
        Assert.StartsWith("The CUDA provider cannot be used on device 0:", message);
        Assert.Contains("Microsoft.ML.OnnxRuntime.Gpu", message);
    }
#endif

    [TestMethod]
    public void Wrong_buffers_are_named()
    {
        using var model = TipsModel.Load(Folder);
        float[] input = new float[model.PixelValuesPerImage];
        Assert.Contains(
            "The buffer has 255 elements; [1, 2, 128] needs 256.",
            Assert.ThrowsExactly<ArgumentException>(() => model.RunPixels(input, 1, new float[255])).Message);
        Assert.Contains(
            "[2, 3, 56, 56] needs 18816",
            Assert.ThrowsExactly<ArgumentException>(() => model.RunPixels(input, 2, new float[512])).Message);
        Assert.ThrowsExactly<ArgumentOutOfRangeException>(() => model.RunPixels(input, 0, new float[512]));
    }

    [TestMethod]
    public void Options_out_of_range_are_refused()
    {
        Assert.ThrowsExactly<ArgumentOutOfRangeException>(() => TipsModel.Load(Folder, new TipsModelOptions { IntraOpThreads = -1 }));
        Assert.ThrowsExactly<ArgumentOutOfRangeException>(() => TipsModel.Load(Folder, new TipsModelOptions { DeviceId = -1 }));
        Assert.ThrowsExactly<ArgumentOutOfRangeException>(
            () => TipsModel.Load(Folder, new TipsModelOptions { Provider = (ExecutionProvider)9 }));
    }

    [TestMethod]
    public void Many_threads_share_one_model()
    {
        using var model = TipsModel.Load(Folder, new TipsModelOptions { IntraOpThreads = 1 });
        float[][] inputs = [.. Enumerable.Range(0, 8).Select(i => TestPictures.FormulaInput(56, 56, (ulong)i))];
        float[][] alone = [.. inputs.Select(Embed)];
        var parallel = new ParallelOptions { MaxDegreeOfParallelism = 8 };
        Parallel.For(0, 64, parallel, i => CollectionAssert.AreEqual(alone[i % 8], Embed(inputs[i % 8])));

        float[] Embed(float[] input)
        {
            float[] tokens = new float[256];
            model.RunPixels(input, 1, tokens);
            return tokens;
        }
    }

    [TestMethod]
    public void Disposing_lets_running_calls_finish_and_refuses_later_ones()
    {
        for (int round = 0; round < 20; round++)
        {
            var model = TipsModel.Load(Folder, new TipsModelOptions { Verification = FileVerification.SizeOnly });
            float[] input = new float[model.PixelValuesPerImage];
            int done = 0;
            var worker = Task.Run(() =>
            {
                try
                {
                    float[] tokens = new float[256];
                    while (true)
                    {
                        model.RunPixels(input, 1, tokens);
                        Interlocked.Increment(ref done);
                    }
                }
                catch (ObjectDisposedException)
                {
                    // This is how it must end.
                }
            });
            SpinWait.SpinUntil(() => Volatile.Read(ref done) > 2, TimeSpan.FromSeconds(20));
            model.Dispose();
            model.Dispose();
            Assert.IsTrue(worker.Wait(TimeSpan.FromSeconds(20)));
        }
    }

    [TestMethod]
    public async Task Disposing_lets_a_stream_finish_and_refuses_later_calls_even_without_work()
    {
        using var image = TestPictures.Random("a");
        var model = TestModels.LoadTiny();
        var pictures = Enumerable.Repeat<ImageSource>(image, 40).ToAsyncEnumerable();
        var notStarted = model.EmbedImagesAsync(pictures);
        int embedded = 0;
        await foreach (float[] embedding in model.EmbedImagesAsync(pictures))
        {
            if (embedded++ == 0) model.Dispose();
        }

        Assert.AreEqual(40, embedded);
        foreach (var call in (Action[])
        [
            () => model.EmbedText(""), () => model.EmbedTexts([]), () => model.EmbedImages([]), () => model.EmbedImage(image),
            () => _ = notStarted.ToBlockingEnumerable().Count(),
        ])
        {
            Assert.AreEqual("Tips.MLNet.TipsModel", Assert.ThrowsExactly<ObjectDisposedException>(call).ObjectName);
        }
    }

    [TestMethod]
    [DataRow(1e-30f)]
    [DataRow(1f)]
    [DataRow(1e30f)]
    public void The_cosine_of_tiny_and_huge_vectors_is_right(float scale)
    {
        float[] first = [3 * scale, 4 * scale, 0], second = [4 * scale, 3 * scale, 0];
        Assert.AreEqual(0.96f, TipsModel.CosineSimilarity(first, second), 1e-6f);
        Assert.AreEqual(1f, TipsModel.CosineSimilarity(first, first));
    }

    [TestMethod]
    public void Normalize_divides_by_the_norm_but_never_by_less_than_a_thousandth()
    {
        float[] vector = [3, 0, 4];
        TipsModel.Normalize(vector);
        CollectionAssert.AreEqual(new[] { 0.6f, 0, 0.8f }, vector);
        float[] tiny = [3e-5f, 4e-5f];
        TipsModel.Normalize(tiny);
        Close.AreClose([0.03f, 0.04f], tiny, 1e-7f);
        float[] zero = [0, 0];
        TipsModel.Normalize(zero);
        CollectionAssert.AreEqual(new float[2], zero);
    }

    private static string RunError(TipsModel model)
        => Assert.ThrowsExactly<InvalidOperationException>(
            () => model.RunPixels(new float[model.PixelValuesPerImage], 1, new float[256])).Message;

    private void ChangeManifest(string key, string value)
    {
        var manifest = JsonNode.Parse(File.ReadAllText(ManifestPath))!;
        string[] path = key.Split('.');
        var parent = path[..^1].Aggregate(manifest, (node, part) => int.TryParse(part, out int index) ? node[index]! : node[part]!);
        if (int.TryParse(path[^1], out int last)) parent[last] = JsonNode.Parse(value);
        else parent[path[^1]] = JsonNode.Parse(value);
        File.WriteAllText(ManifestPath, manifest.ToJsonString());
    }

    // As an export would have written it.
    private void ReplaceFile(string name, byte[] bytes)
    {
        File.WriteAllBytes(Path.Combine(Folder, name), bytes);
        var manifest = JsonNode.Parse(File.ReadAllText(ManifestPath))!;
        var entry = manifest["vision"]!["files"]!.AsArray().Single(f => (string)f!["name"]! == name)!;
        entry["size"] = bytes.Length;
        entry["sha256"] = Convert.ToHexStringLower(System.Security.Cryptography.SHA256.HashData(bytes));
        File.WriteAllText(ManifestPath, manifest.ToJsonString());
    }

    private static bool IsWeights(string file) => file.EndsWith(".safetensors", StringComparison.Ordinal);

    /// <summary>A model folder in which some files are links to files named by numbers.</summary>
    private string LinkFolder(string blobs, Func<string, bool> isLink)
    {
        string links = Directory.CreateDirectory(_temporary["links"]).FullName;
        string place = Directory.CreateDirectory(Path.GetFullPath(Path.Combine(links, blobs))).FullName;
        foreach (string file in Directory.GetFiles(Folder))
        {
            string name = Path.Combine(links, Path.GetFileName(file));
            string blob = Path.Combine(place, $"blob{Directory.GetFiles(place).Length}");
            File.Copy(file, isLink(file) ? blob : name);
            if (isLink(file)) File.CreateSymbolicLink(name, Path.GetRelativePath(links, blob));
        }

        return links;
    }
}
