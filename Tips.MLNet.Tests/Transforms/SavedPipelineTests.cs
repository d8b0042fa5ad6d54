using System.IO.Compression;
using Microsoft.ML;
using Microsoft.ML.Data;
using Tips.MLNet.Models;
using Tips.MLNet.Tests.Support;
using Tips.MLNet.Transforms;

namespace Tips.MLNet.Tests.Transforms;

/// <summary>Pipelines that are saved in one place and loaded in another.</summary>
[TestClass]
public sealed class SavedPipelineTests : IDisposable
{
    private const int Pictures = 24;

    private readonly TemporaryFolder _folder = new();
    private readonly MLContext _ml = new(seed: 1);

    private string Zip => _folder["pipeline.zip"];

    private string PictureFolder => _folder["pictures"];

    private string ModelFolder => _folder["model"];

    public void Dispose() => _folder.Dispose();

    [TestInitialize]
    public void Copy()
    {
        Directory.CreateDirectory(PictureFolder);
        TestModels.Copy(TestModels.TinyFolder, ModelFolder);
        string[] pictures = Directory.GetFiles(Path.Combine(TestModels.PictureFolder, "seen"));
        foreach (string file in pictures.Order(StringComparer.Ordinal).Take(Pictures))
            File.Copy(file, Path.Combine(PictureFolder, Path.GetFileName(file)));
    }

    [TestMethod]
    [DataRow(ModelStorage.Automatic)]
    [DataRow(ModelStorage.Embedded)]
    [DataRow(ModelStorage.Reference)]
    public void A_fresh_process_that_registers_nothing_gives_the_same_bits(ModelStorage storage)
    {
        using var model = TipsModel.Load(ModelFolder);
        var pipeline = Save(model, new TipsImageEmbeddingOptions { Storage = storage });
        var rows = _ml.Data.CreateEnumerable<Output>(pipeline.Transform(Paths()), reuseRowObject: false);
        string[] expected = [.. rows.Select(o => $"{o.PredictedLabel} {Bits(o.Score)} {Bits(o.Embedding)}")];
        if (storage != ModelStorage.Reference) Directory.Delete(ModelFolder, recursive: true); // the zip stands alone
        CollectionAssert.AreEqual(expected, RunFreshProcess());
    }

    [TestMethod]
    [DataRow(ModelStorage.Embedded, true)]
    [DataRow(ModelStorage.Reference, false)]
    public void The_zip_holds_the_model_or_only_refers_to_its_folder(ModelStorage storage, bool holds)
    {
        using var model = TipsModel.Load(ModelFolder);
        Save(model, new TipsImageEmbeddingOptions { Storage = storage });
        using var zip = ZipFile.OpenRead(Zip);
        Assert.AreEqual(holds, zip.Entries.Any(e => e.Name == "vision.fp32.safetensors"));
        Assert.AreEqual(holds, zip.Entries.Any(e => e.Name == "manifest.json"));
        Assert.AreEqual(holds, new FileInfo(Zip).Length > 5_000_000);
    }

    [TestMethod]
    public void A_large_model_is_referred_to_unless_embedding_is_requested()
    {
        using var small = TipsModel.Load(ModelFolder);
        Assert.AreEqual(ModelStorage.Embedded, SavedModel.Decide(ModelStorage.Automatic, small, small.Manifest.Vision!));
        using var large = Claim(size: 300L << 20);
        Assert.AreEqual(ModelStorage.Reference, SavedModel.Decide(ModelStorage.Automatic, large, large.Manifest.Vision!));
        Assert.AreEqual(ModelStorage.Embedded, SavedModel.Decide(ModelStorage.Embedded, large, large.Manifest.Vision!));
        Assert.AreEqual(ModelStorage.Reference, SavedModel.Decide(ModelStorage.Automatic, large, large.Manifest.Text!), "one for both");
        using var giant = Claim(size: 3L << 30);
        var exception = Assert.ThrowsExactly<InvalidOperationException>(
            () => SavedModel.Decide(ModelStorage.Embedded, giant, giant.Manifest.Vision!));
        Assert.MatchesRegex(
            @"The encoder of model 'tips-tiny14' has [\d,]+ bytes; a saved pipeline can hold at most 2,147,483,591\. "
            + @"Save it with ModelStorage\.Reference\.",
            exception.Message);
    }

    [TestMethod]
    public void A_loaded_pipeline_can_be_saved_again()
    {
        using var model = TipsModel.Load(ModelFolder);
        var pipeline = Save(model, new TipsImageEmbeddingOptions());
        float[][] expected = Embeddings(pipeline);
        var loaded = _ml.Model.Load(Zip, out var schema);
        _ml.Model.Save(loaded, schema, _folder["again.zip"]);
        (loaded as IDisposable)!.Dispose();
        float[][] actual = Embeddings(_ml.Model.Load(_folder["again.zip"], out _));
        for (int i = 0; i < Pictures; i++) CollectionAssert.AreEqual(expected[i], actual[i]);
    }

    [TestMethod]
    public void A_model_loaded_from_a_zip_has_no_folder_to_refer_to()
    {
        using var model = TipsModel.Load(ModelFolder);
        Save(model, new TipsImageEmbeddingOptions { Storage = ModelStorage.Embedded });
        using var loaded = Embedding(_ml.Model.Load(Zip, out _));
        Assert.IsNull(loaded.Model.Folder);
        var exception = Assert.ThrowsExactly<InvalidOperationException>(
            () => SavedModel.Decide(ModelStorage.Reference, loaded.Model, loaded.Model.Manifest.Vision!));
        Assert.Contains(
            "Model 'tips-tiny14' came out of a saved pipeline, so there is no folder to refer to. Save it with ModelStorage.Embedded.",
            exception.Message);
    }

    [TestMethod]
    public void Every_option_survives()
    {
        var execution = new TipsModelOptions
        {
            IntraOpThreads = 1,
            DecodingThreads = 2,
            DeviceId = 3,
            Verification = FileVerification.SizeOnly,
        };
        var options = new TipsImageEmbeddingOptions
        {
            ClassToken = ClassToken.Both,
            Normalize = false,
            BatchSize = 5,
            InvalidImages = InvalidImageHandling.MissingValue,
            Background = System.Drawing.Color.FromArgb(255, 1, 2, 3),
            RowNameColumn = "Path",
            CacheBytes = 12345,
            Storage = ModelStorage.Reference,
            ImageFolder = "photos",
            Upright = true,
            MaximumPixels = 54321,
        };
        using var model = TipsModel.Load(ModelFolder, execution);
        Save(model, options);
        using var loaded = Embedding(_ml.Model.Load(Zip, out _));
        AssertSameProperties(options, loaded.Options);
        AssertSameProperties(execution, loaded.Model.Options);
        Assert.AreEqual(("Image", "Embedding"), (loaded.InputColumnName, loaded.OutputColumnName));
    }

    [TestMethod]
    public void Execution_options_can_be_replaced_at_load()
    {
        using var model = TipsModel.Load(ModelFolder, new TipsModelOptions { Provider = ExecutionProvider.Cuda, DeviceId = 2 });
        // The model never runs here, so the provider need not exist.
        var rows = _ml.Data.LoadFromEnumerable(Array.Empty<PathRow>());
        var chain = _ml.Transforms.LoadImages("Image", "", "Path")
            .Append(_ml.Transforms.TipsImageEmbedding("Embedding", "Image", model))
            .Fit(rows);
        _ml.Model.Save(chain, rows.Schema, Zip);
        var here = new TipsModelOptions { IntraOpThreads = 1 };
        using var loaded = Embedding(_ml.Model.Load(Zip, out _, new TipsLoadOptions { ModelOptions = here }));
        Assert.AreSame(here, loaded.Model.Options);
        using (var stream = File.OpenRead(Zip))
        {
            using var streamed = Embedding(_ml.Model.Load(stream, out _, new TipsLoadOptions { ModelOptions = here }));
            Assert.AreSame(here, streamed.Model.Options);
            Assert.IsTrue(stream.CanRead, "it is left open");
        }

        using var unchanged = Embedding(_ml.Model.Load(Zip, out _));
        Assert.AreEqual(ExecutionProvider.Cuda, unchanged.Model.Options.Provider);
    }

    [TestMethod]
    public void A_model_folder_that_moved_is_named_and_its_new_path_can_be_given()
    {
        using var model = TipsModel.Load(ModelFolder);
        float[][] expected = Embeddings(Save(model, new TipsImageEmbeddingOptions { Storage = ModelStorage.Reference }));
        Directory.Move(ModelFolder, _folder["moved"]);
        Assert.AreEqual(
            $"The pipeline refers to model 'tips-tiny14' in folder '{ModelFolder}', which is not there. Put the folder there, or name "
            + "its new place in TipsLoadOptions.ModelFolders or in the environment variable TIPS_MODEL_FOLDERS. Where no "
            + "options can be given, as to mlContext.Model.Load or to a pool of engines, set TipsLoadOptions.Default.",
            InnermostOf(() => _ml.Model.Load(Zip, out _)).Message);
        float[][] actual = Embeddings(_ml.Model.Load(Zip, out _, new TipsLoadOptions { ModelFolders = [_folder["moved"]] }));
        for (int i = 0; i < Pictures; i++) CollectionAssert.AreEqual(expected[i], actual[i]);
    }

    [TestMethod]
    public void A_reference_whose_files_changed_is_refused()
    {
        using (var model = TipsModel.Load(ModelFolder)) Save(model, new TipsImageEmbeddingOptions { Storage = ModelStorage.Reference });
        string weights = Path.Combine(ModelFolder, "vision.fp32.safetensors");
        byte[] bytes = File.ReadAllBytes(weights);
        bytes[^1] ^= 1;
        File.WriteAllBytes(weights, bytes);
        Assert.Contains("File 'vision.fp32.safetensors' of the model folder", InnermostOf(() => _ml.Model.Load(Zip, out _)).Message);
        Assert.Contains("is damaged or was changed", InnermostOf(() => _ml.Model.Load(Zip, out _)).Message);
    }

    [TestMethod]
    public void Another_model_in_the_folder_is_refused()
    {
        using (var model = TipsModel.Load(ModelFolder)) Save(model, new TipsImageEmbeddingOptions { Storage = ModelStorage.Reference });
        var elsewhere = new TipsLoadOptions { ModelFolders = [TestModels.MiniFolder()] };
        using (Embedding(_ml.Model.Load(Zip, out _, elsewhere)))
        {
            // The model it was saved with is still where it was.
        }

        Directory.Delete(ModelFolder, recursive: true);
        string message = Assert.ThrowsExactly<InvalidDataException>(() => _ml.Model.Load(Zip, out _, elsewhere)).Message;
        Assert.StartsWith("The pipeline was saved with another model than the one in folder", message);
        Assert.Contains("(model 'mini-mlp-56x56')", message);
        Assert.Contains("(model 'tips-tiny14')", message);
    }

    /// <summary>One list of folders serves every model of a pipeline.</summary>
    [TestMethod]
    public void Two_models_that_moved_are_found_by_their_content()
    {
        TestModels.Copy(TestModels.MiniFolder(), _folder["second"]);
        using (var first = TipsModel.Load(ModelFolder))
        using (var second = TipsModel.Load(_folder["second"]))
        {
            var options = new TipsImageEmbeddingOptions { Storage = ModelStorage.Reference };
            var rows = Paths();
            var chain = _ml.Transforms.LoadImages("Image", "", "Path")
                .Append(_ml.Transforms.TipsImageEmbedding("Embedding", "Image", first, options))
                .Append(_ml.Transforms.TipsImageEmbedding("Other", "Image", second, options))
                .Fit(rows);
            _ml.Model.Save(chain, rows.Schema, Zip);
        }

        Directory.Move(_folder["second"], _folder["second moved"]);
        Check([_folder["second moved"]]);
        Directory.Move(ModelFolder, _folder["first moved"]);
        Check([_folder["second moved"], _folder["first moved"]]);
        Check([_folder["first moved"], _folder["nowhere"], _folder["second moved"]]);

        void Check(string[] folders)
        {
            var loaded = _ml.Model.Load(Zip, out _, new TipsLoadOptions { ModelFolders = folders });
            var embeddings = ((IEnumerable<ITransformer>)loaded).OfType<TipsImageEmbeddingTransformer>();
            CollectionAssert.AreEqual(new[] { 192, 128 }, embeddings.Select(t => t.Model.EmbeddingDimension).ToArray());
            ((IDisposable)loaded).Dispose();
        }
    }

    [TestMethod]
    public void A_manifest_changed_inside_the_zip_is_refused()
    {
        using (var model = TipsModel.Load(ModelFolder)) Save(model, new TipsImageEmbeddingOptions { Storage = ModelStorage.Embedded });
        using (var zip = ZipFile.Open(Zip, ZipArchiveMode.Update))
        {
            var entry = zip.Entries.Single(e => e.Name == "manifest.json");
            string name = entry.FullName, text;
            using (var reader = new StreamReader(entry.Open())) text = reader.ReadToEnd();
            entry.Delete();
            using var writer = new StreamWriter(zip.CreateEntry(name).Open());
            writer.Write(text.Replace("Apache-2.0", "Public domain", StringComparison.Ordinal));
        }

        var exception = Assert.ThrowsExactly<InvalidDataException>(() => _ml.Model.Load(Zip, out _, new TipsLoadOptions()));
        Assert.MatchesRegex(
            "manifest.json inside the saved pipeline was changed: its SHA-256 is [0-9a-f]{64}, expected [0-9a-f]{64}",
            exception.Message);
    }

    [TestMethod]
    public void A_model_whose_files_changed_is_not_saved()
    {
        using var model = TipsModel.Load(ModelFolder);
        string weights = Path.Combine(ModelFolder, "vision.fp32.safetensors");
        byte[] bytes = File.ReadAllBytes(weights);
        bytes[^1] ^= 1;
        File.WriteAllBytes(weights, bytes);
        var options = new TipsImageEmbeddingOptions { Storage = ModelStorage.Embedded };
        Assert.AreEqual(
            $"File 'vision.fp32.safetensors' of the model folder '{ModelFolder}' has changed since the model was loaded, "
            + "so the pipeline cannot hold the model. Load it again.",
            InnermostOf(() => Save(model, options, train: false)).Message);
    }

    /// <summary>ML.NET creates components by reflection and wraps what they throw; our own Load unwraps it.</summary>
    [TestMethod]
    public void Load_with_options_throws_what_it_documents()
    {
        using (var model = TipsModel.Load(ModelFolder)) Save(model, new TipsImageEmbeddingOptions { Storage = ModelStorage.Reference });
        File.Delete(Path.Combine(ModelFolder, "vision_dense.onnx"));
        Assert.ThrowsExactly<FileNotFoundException>(() => _ml.Model.Load(Zip, out _, new TipsLoadOptions()));
        using (var stream = File.OpenRead(Zip))
            Assert.ThrowsExactly<FileNotFoundException>(() => _ml.Model.Load(stream, out _, new TipsLoadOptions()));
        Directory.Delete(ModelFolder, recursive: true);
        Assert.ThrowsExactly<DirectoryNotFoundException>(() => _ml.Model.Load(Zip, out _, new TipsLoadOptions()));
        Assert.ThrowsExactly<System.Reflection.TargetInvocationException>(() => _ml.Model.Load(Zip, out _));
    }

    [TestMethod]
    public void Damage_inside_the_zip_is_named()
    {
        using (var model = TipsModel.Load(ModelFolder)) Save(model, new TipsImageEmbeddingOptions { Storage = ModelStorage.Embedded });
        using (var zip = ZipFile.Open(Zip, ZipArchiveMode.Update))
        {
            using var stream = zip.Entries.Single(e => e.Name == "vision.fp32.safetensors").Open();
            stream.Position = 5000;
            stream.WriteByte(99);
        }

        Assert.Contains(
            "File 'vision.fp32.safetensors' inside the saved pipeline is damaged: its SHA-256 is",
            InnermostOf(() => _ml.Model.Load(Zip, out _)).Message);
    }

    [TestMethod]
    public void Disposing_a_loaded_pipeline_frees_its_model()
    {
        using (var model = TipsModel.Load(ModelFolder)) Save(model, new TipsImageEmbeddingOptions());
        var loaded = _ml.Model.Load(Zip, out _);
        Embeddings(loaded);
        ((IDisposable)loaded).Dispose();
        Assert.ThrowsExactly<ObjectDisposedException>(() => Embedding(loaded).Model.RunPixels(new float[3 * 84 * 84], 1, new float[384]));
    }

    private static void AssertSameProperties<T>(T expected, T actual)
    {
        foreach (var property in typeof(T).GetProperties())
            Assert.AreEqual(property.GetValue(expected), property.GetValue(actual), property.Name);
    }

    private TransformerChain<ITransformer> Save(TipsModel model, TipsImageEmbeddingOptions options, bool train = true)
    {
        var rows = Paths();
        var embedder = _ml.Transforms.LoadImages("Image", "", "Path")
            .Append(_ml.Transforms.TipsImageEmbedding("Embedding", "Image", model, options))
            .Fit(rows);
        if (!train)
        {
            _ml.Model.Save(embedder, rows.Schema, Zip);
            return new TransformerChain<ITransformer>([.. embedder]);
        }

        var embedded = embedder.Transform(rows);
        var labels = _ml.Transforms.Conversion.MapValueToKey("Label", "Path").Fit(embedded).Transform(embedded);
        var classifier = _ml.MulticlassClassification.Trainers.KNearestNeighbors("Label", "Embedding", 3).Fit(labels);
        var pipeline = new TransformerChain<ITransformer>([.. embedder, classifier]);
        _ml.Model.Save(pipeline, rows.Schema, Zip);
        return pipeline;
    }

    private float[][] Embeddings(ITransformer pipeline)
    {
        float[][] embeddings = [.. pipeline.Transform(Paths()).GetColumn<float[]>("Embedding")];
        Assert.HasCount(Pictures, embeddings);
        return embeddings;
    }

    private IDataView Paths()
    {
        var paths = Directory.GetFiles(PictureFolder).Order(StringComparer.Ordinal);
        return _ml.Data.LoadFromEnumerable(paths.Select(path => new PathRow { Path = path }));
    }

    private static TipsImageEmbeddingTransformer Embedding(ITransformer pipeline)
        => ((IEnumerable<ITransformer>)pipeline).OfType<TipsImageEmbeddingTransformer>().Single();

    private static string Bits(float[] values) => string.Join(",", values.Select(v => BitConverter.SingleToUInt32Bits(v).ToString("x8")));

    // ML.NET wraps what a component's loader throws.
    private static Exception InnermostOf(Action action)
    {
        var exception = Assert.Throws<Exception>(action);
        while (exception.InnerException is { } inner) exception = inner;
        return exception;
    }

    private string[] RunFreshProcess()
    {
        using var process = new ChildProcess(ChildProcess.PathOf("FreshProcess.dll"), Zip, PictureFolder);
        var (code, output, error) = process.WaitForExit();
        Assert.AreEqual(0, code, error);
        return output.Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
    }

    /// <summary>A model whose manifest claims a size that its files do not have.</summary>
    private TipsModel Claim(long size)
    {
        using var real = TipsModel.Load(ModelFolder);
        var vision = real.Manifest.Vision!;
        var manifest = real.Manifest with
        {
            Vision = vision with { Files = [.. vision.Files.Select(f => f.Name == vision.Weights ? f with { Size = size } : f)] },
        };
        string folder = _folder[$"claims-{size}"];
        Directory.CreateDirectory(folder);
        File.WriteAllBytes(Path.Combine(folder, TipsManifest.FileName), ManifestSerializer.Serialize(manifest));
        foreach (var file in manifest.Files)
        {
            using var stream = File.Create(Path.Combine(folder, file.Name));
            stream.SetLength(file.Size); // sparse
        }

        return TipsModel.Load(folder, new TipsModelOptions { Verification = FileVerification.SizeOnly });
    }

    private sealed class Output
    {
        [KeyType(count: int.MaxValue)]
        public uint PredictedLabel { get; set; }

        public float[] Score { get; set; } = [];

        public float[] Embedding { get; set; } = [];
    }
}
