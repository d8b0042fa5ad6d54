using System.IO.Compression;
using Microsoft.ML;
using Tips.MLNet.Tests.Support;
using Tips.MLNet.Transforms;

namespace Tips.MLNet.Tests.Transforms;

/// <summary>Pipelines whose transforms share a model, and settings from outside a pipeline that say where its models are and run.</summary>
[TestClass]
public sealed class SharedModelTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly MLContext _ml = new(seed: 1);

    private string Zip => _folder["p.zip"];

    public void Dispose()
    {
        TipsLoadOptions.Default = new TipsLoadOptions();
        Environment.SetEnvironmentVariable(TipsLoadOptions.ModelFoldersVariable, null);
        _folder.Dispose();
    }

    [TestMethod]
    [DataRow(ModelStorage.Embedded)]
    [DataRow(ModelStorage.Reference)]
    public void Several_transforms_save_load_and_free_their_model_once(ModelStorage storage)
    {
        using var model = TestModels.LoadTiny();
        Save(model, storage, images: true, texts: true);
        using (var zip = ZipFile.OpenRead(Zip))
        {
            string[] names =
            [
                .. zip.Entries.Select(e => e.Name)
                    .Where(n => n.EndsWith(".safetensors", StringComparison.Ordinal) || n == "manifest.json")
                    .Order(StringComparer.Ordinal),
            ];
            string[] expected = storage == ModelStorage.Embedded
                ? ["manifest.json", "text.fp32.safetensors", "vision.fp32.safetensors"]
                : [];
            CollectionAssert.AreEqual(expected, names);
        }

        var loaded = _ml.Model.Load(Zip, out _);
        var transformers = Transformers(loaded);
        Assert.HasCount(3, transformers);
        Assert.HasCount(1, transformers.Select(t => t.Model).Distinct().ToArray());
        var shared = transformers[0].Model;
        transformers[0].Dispose();
        transformers[0].Dispose();
        transformers[1].Dispose();
        Assert.HasCount(192, shared.EmbedText("still open"));
        transformers[2].Dispose();
        Assert.ThrowsExactly<ObjectDisposedException>(() => shared.EmbedText("closed"));
    }

    [TestMethod]
    [DataRow(true)]
    [DataRow(false)]
    public void A_pipeline_holds_only_the_encoder_that_it_uses(bool images)
    {
        using var model = TestModels.LoadTiny();
        Save(model, ModelStorage.Embedded, images, !images);
        using (var zip = ZipFile.OpenRead(Zip))
        {
            Assert.AreEqual(images, zip.Entries.Any(e => e.Name.StartsWith("vision", StringComparison.Ordinal)));
            Assert.AreEqual(!images, zip.Entries.Any(e => e.Name.StartsWith("text", StringComparison.Ordinal)));
        }

        var loaded = _ml.Model.Load(Zip, out var schema);
        var part = Transformers(loaded)[0].Model;
        Assert.AreEqual((images, !images), (part.HasImages, part.HasText));
        // Saved again, it still holds only what it was loaded with.
        _ml.Model.Save(loaded, schema, _folder["again.zip"]);
        ((IDisposable)loaded).Dispose();
        using var again = (IDisposable)_ml.Model.Load(_folder["again.zip"], out _);
        Assert.AreEqual(images, Transformers((ITransformer)again)[0].Model.HasImages);
    }

    [TestMethod]
    public void A_part_that_is_missing_from_the_zip_is_named()
    {
        using (var model = TestModels.LoadTiny()) Save(model, ModelStorage.Embedded, images: true, texts: false);
        Remove("vision_dense.onnx");
        Assert.Contains("The saved pipeline has no 'vision_dense.onnx', which its manifest lists.", Load().Message);
        foreach (string name in (string[])["vision_embedding.onnx", "vision_value_path.onnx", "vision.fp32.safetensors"]) Remove(name);
        Assert.Contains("The saved pipeline needs the image encoder of its model, but does not hold it.", Load().Message);

        void Remove(string name)
        {
            using var zip = ZipFile.Open(Zip, ZipArchiveMode.Update);
            zip.Entries.Single(e => e.Name == name).Delete();
        }

        InvalidDataException Load() => Assert.ThrowsExactly<InvalidDataException>(() => _ml.Model.Load(Zip, out _, new TipsLoadOptions()));
    }

    /// <summary>A pool of prediction engines calls ML.NET's own Load, which takes no options of ours.</summary>
    [TestMethod]
    [DataRow(true, false)]
    [DataRow(true, true)]
    [DataRow(false, false)]
    [DataRow(false, true)]
    public void A_moved_model_is_found_through_the_variable_or_the_default_options(bool byVariable, bool byParent)
    {
        TestModels.Copy(TestModels.TinyFolder, _folder["model"]);
        using (var model = TipsModel.Load(_folder["model"])) Save(model, ModelStorage.Reference, images: true, texts: true);
        Directory.CreateDirectory(_folder["models"]);
        Directory.Move(_folder["model"], _folder["models/moved"]);
        // ML.NET loads a component by reflection, which wraps what it throws.
        var cause = Assert.Throws<Exception>(() => _ml.Model.Load(Zip, out _)).GetBaseException();
        Assert.IsInstanceOfType<DirectoryNotFoundException>(cause);
        Assert.Contains("TipsLoadOptions.Default", cause.Message);
        string found = byParent ? _folder["models"] : _folder["models/moved"];
        string variable = $"{_folder["nowhere"]}{Path.PathSeparator}{found}";
        if (byVariable) Environment.SetEnvironmentVariable(TipsLoadOptions.ModelFoldersVariable, variable);
        else TipsLoadOptions.Default = new TipsLoadOptions { ModelFolders = [_folder["nowhere"], found] };
        using var loaded = (IDisposable)_ml.Model.Load(Zip, out _);
        Assert.AreEqual(_folder["models/moved"], Transformers((ITransformer)loaded)[0].Model.Folder);
    }

    /// <summary>A prediction engine owns the pipeline that it was made from, unless it is told otherwise.</summary>
    [TestMethod]
    public void Two_engines_share_a_pipeline_as_the_message_says()
    {
        using (var model = TestModels.LoadTiny()) Save(model, ModelStorage.Embedded, images: false, texts: true);
        var row = new Row { Text = "a cat" };
        var loaded = _ml.Model.Load(Zip, out _);
        var shared = new PredictionEngineOptions { OwnsTransformer = false };
        for (int i = 0; i < 2; i++)
        {
            using var engine = _ml.Model.CreatePredictionEngine<Row, Captioned>(loaded, shared);
            Assert.HasCount(192, engine.Predict(row).Caption);
        }

        using var second = _ml.Model.CreatePredictionEngine<Row, Captioned>(loaded);
        using (var first = _ml.Model.CreatePredictionEngine<Row, Captioned>(loaded)) first.Predict(row);
        string message = Assert.ThrowsExactly<ObjectDisposedException>(() => second.Predict(row)).Message;
        Assert.Contains("PredictionEngineOptions { OwnsTransformer = false }", message);
        Assert.Contains("Tips.MLNet.TipsModel", message);
    }

    [TestMethod]
    public void The_default_options_apply_to_every_load()
    {
        using (var model = TestModels.LoadTiny()) Save(model, ModelStorage.Embedded, images: true, texts: false);
        TipsLoadOptions.Default = new TipsLoadOptions { ModelOptions = new TipsModelOptions { IntraOpThreads = 1 } };
        using var loaded = (IDisposable)_ml.Model.Load(Zip, out _);
        Assert.AreEqual(1, Transformers((ITransformer)loaded)[0].Model.Options.IntraOpThreads);
        using var given = (IDisposable)_ml.Model.Load(Zip, out _, new TipsLoadOptions());
        Assert.AreEqual(0, Transformers((ITransformer)given)[0].Model.Options.IntraOpThreads);
        Assert.ThrowsExactly<ArgumentNullException>(() => TipsLoadOptions.Default = null!);
    }

#if !ONNXRUNTIME_GPU
    /// <summary>There is no GPU here: a context that asks for one falls back to the CPU or fails, as it was set to.</summary>
    [TestMethod]
    public void A_context_with_a_GPU_decides_where_a_loaded_model_runs()
    {
        using (var model = TestModels.LoadTiny()) Save(model, ModelStorage.Embedded, images: true, texts: false);
        var log = new List<string>();
        var lenient = new MLContext { GpuDeviceId = 1, FallbackToCpu = true };
        lenient.Log += (_, e) => log.Add($"{e.Kind} {e.RawMessage}");
        using (var loaded = (IDisposable)lenient.Model.Load(Zip, out _))
            Assert.AreEqual(ExecutionProvider.Cpu, Transformers((ITransformer)loaded)[0].Model.Provider);
        const string warning =
            "Warning Model 'tips-tiny14' runs on the CPU instead: The CUDA provider cannot be used on device 1:";
        Assert.IsTrue(log.Any(m => m.StartsWith(warning, StringComparison.Ordinal)), string.Join("\n", log));
        Assert.IsTrue(log.Contains("Info Model 'tips-tiny14' runs on the CPU."));

        var strict = new MLContext { GpuDeviceId = 1, FallbackToCpu = false };
        using (var loaded = (IDisposable)strict.Model.Load(Zip, out _))
        {
            var model = Transformers((ITransformer)loaded)[0].Model;
            Assert.AreEqual(ExecutionProvider.Cuda, model.Provider);
            var exception = Assert.ThrowsExactly<InvalidOperationException>(
                () => model.RunPixels(new float[model.PixelValuesPerImage], 1, new float[384]));
            Assert.Contains("on device 1:", exception.Message);
        }

        // The model's own options take precedence.
        var asked = new TipsLoadOptions { ModelOptions = new TipsModelOptions { Provider = ExecutionProvider.Cpu } };
        using var cpu = (IDisposable)strict.Model.Load(Zip, out _, asked);
        Assert.AreEqual(ExecutionProvider.Cpu, Transformers((ITransformer)cpu)[0].Model.Provider);
    }
#endif

    private void Save(TipsModel model, ModelStorage storage, bool images, bool texts)
    {
        var rows = _ml.Data.LoadFromEnumerable(Array.Empty<Row>());
        IEstimator<ITransformer> chain = _ml.Transforms.LoadImages("Image", "", "Path");
        if (images)
        {
            var first = new TipsImageEmbeddingOptions { Storage = storage };
            var second = new TipsImageEmbeddingOptions { Storage = storage, ClassToken = ClassToken.Second };
            chain = chain.Append(_ml.Transforms.TipsImageEmbedding("First", "Image", model, first));
            chain = chain.Append(_ml.Transforms.TipsImageEmbedding("Second", "Image", model, second));
        }

        var textOptions = new TipsTextEmbeddingOptions { Storage = storage };
        if (texts) chain = chain.Append(_ml.Transforms.TipsTextEmbedding("Caption", "Text", model, textOptions));
        _ml.Model.Save(chain.Fit(rows), rows.Schema, Zip);
    }

    // Append nests chains.
    private static TipsEmbeddingTransformer[] Transformers(ITransformer transformer) => transformer switch
    {
        TipsEmbeddingTransformer embedding => [embedding],
        IEnumerable<ITransformer> chain => [.. chain.SelectMany(Transformers)],
        _ => [],
    };

    private sealed class Row
    {
        public string Path { get; set; } = "";

        public string Text { get; set; } = "";
    }

    private sealed class Captioned
    {
        public float[] Caption { get; set; } = [];
    }
}
