using Microsoft.ML;
using Microsoft.ML.Data;
using Tips.MLNet.Images;
using Tips.MLNet.Tests.Support;

namespace Tips.MLNet.Tests.Encoders;

/// <summary>Pictures embedded without a pipeline.</summary>
[TestClass]
public sealed class EmbedImageTests : IDisposable
{
    private static TipsModel _model = null!;

    private readonly TemporaryFolder _folder = new();

    private static string[] Files { get; } =
        [.. Directory.GetFiles(Path.Combine(TestModels.PictureFolder, "seen")).Order(StringComparer.Ordinal).Take(40)];

    [ClassInitialize]
    public static void Load(TestContext _) => _model = TestModels.LoadTiny();

    [ClassCleanup]
    public static void Unload() => _model.Dispose();

    public void Dispose() => _folder.Dispose();

    [TestMethod]
    [DataRow(ClassToken.First, true)]
    [DataRow(ClassToken.Second, true)]
    [DataRow(ClassToken.Both, true)]
    [DataRow(ClassToken.First, false)]
    [DataRow(ClassToken.Both, false)]
    public void The_result_is_the_same_as_from_a_pipeline(ClassToken token, bool normalize)
    {
        var ml = new MLContext();
        var rows = ml.Data.LoadFromEnumerable(Files.Select(path => new PathRow { Path = path }));
        float[][] expected = [.. ml.Transforms.LoadImages("Image", "", "Path")
            .Append(ml.Transforms.TipsImageEmbedding("Embedding", "Image", _model, token, normalize))
            .Fit(rows).Transform(rows).GetColumn<float[]>("Embedding")];
        float[][] together = _model.EmbedImages(Files.Select(ImageSource.FromFile), token, normalize);
        Assert.HasCount(Files.Length, together);
        for (int i = 0; i < Files.Length; i++)
        {
            Close.AreClose(expected[i], together[i], 2e-6f);
            Close.AreClose(expected[i], _model.EmbedImage(Files[i], token, normalize), 2e-6f);
        }
    }

    /// <summary>Whatever form a picture comes in, its pixels are the same.</summary>
    [TestMethod]
    public void Every_kind_of_source_gives_the_same_embedding()
    {
        float[] expected = _model.EmbedImage(Files[0]);
        byte[] bytes = File.ReadAllBytes(Files[0]);
        using var image = MLImage.CreateFromFile(Files[0]);
        using var stream = new MemoryStream([99, .. bytes]);
        stream.Position = 1;
        ImageSource fromStream = ImageSource.FromStream(stream);
        CollectionAssert.AreEqual(expected, _model.EmbedImage(bytes));
        CollectionAssert.AreEqual(expected, _model.EmbedImage(new ReadOnlyMemory<byte>(bytes)));
        CollectionAssert.AreEqual(expected, _model.EmbedImage(image));
        CollectionAssert.AreEqual(expected, _model.EmbedImage(fromStream));
        Assert.IsTrue(stream.CanRead, "it stays open");
        Assert.AreEqual(stream.Length, stream.Position);
        Assert.IsGreaterThan(0, image.Width, "it is not disposed");
    }

    /// <summary>Our decoder reads the golden pictures as ML.NET's does, which other tests compare with Pillow.</summary>
    [TestMethod]
    public void Decoding_gives_the_same_pixels_as_LoadImages()
    {
        var golden = Directory.GetFiles(GoldenFiles.PathOf("images"), "*.*").Where(f => Path.GetExtension(f) is ".png" or ".jpg");
        string[] pictures = [.. Files, .. golden];
        Assert.IsGreaterThan(Files.Length, pictures.Length);
        foreach (string path in pictures)
        {
            using var expected = MLImage.CreateFromFile(path);
            using var actual = ImageSource.FromFile(path).Decode();
            Assert.AreEqual((expected.Width, expected.Height), (actual.Width, actual.Height), path);
            float[] before = new float[3 * 84 * 84], after = new float[before.Length];
            new ImagePreprocessor(84, 84).Preprocess(expected, before);
            new ImagePreprocessor(84, 84).Preprocess(actual, after);
            CollectionAssert.AreEqual(before, after, path);
        }
    }

    [TestMethod]
    public void Bad_pictures_are_named()
    {
        byte[] good = File.ReadAllBytes(Files[0]);
        string text = _folder["text.png"], cut = _folder["cut.png"], vast = _folder["vast.png"], empty = _folder["empty.png"];
        File.WriteAllText(text, "no picture");
        File.WriteAllBytes(cut, good[..(good.Length / 2)]);
        File.WriteAllBytes(vast, TestPictures.ClaimPng(100_000, 100_000));
        File.WriteAllBytes(empty, []);
        string none = _folder["none.png"];
        Assert.AreEqual(
            $"There is no picture '{none}'.",
            Assert.ThrowsExactly<FileNotFoundException>(() => _model.EmbedImage(none)).Message);
        Assert.AreEqual($"Picture '{text}' cannot be read: it is text, not a picture.", Unreadable(text));
        Assert.AreEqual($"Picture '{cut}' cannot be read: it is cut off.", Unreadable(cut));
        Assert.AreEqual(
            $"Picture '{vast}' cannot be read: its header says 100000x100000 pixels, 10,000,000,000 in all, expected at most 178,956,970 "
            + "(MaximumPixels).",
            Unreadable(vast));
        Assert.AreEqual($"Picture '{empty}' cannot be read: it is empty.", Unreadable(empty));
        Assert.AreEqual(
            "Picture '10 bytes' cannot be read: it is text, not a picture.",
            Unreadable(File.ReadAllBytes(text)));
        Assert.AreEqual(
            "Picture 'upload 7' cannot be read: it is cut off.",
            Unreadable(ImageSource.FromBytes(good.AsMemory(0, 300), "upload 7")));
        var disposed = TestPictures.Random("a");
        disposed.Dispose();
        Assert.AreEqual("Picture 'MLImage' was disposed before it was embedded.", Unreadable(disposed));
        var closed = new MemoryStream(good);
        closed.Dispose();
        var stream = ImageSource.FromStream(closed, "request 3");
        Assert.StartsWith(
            "The stream of picture 'request 3' cannot be read: ",
            Assert.ThrowsExactly<IOException>(() => _model.EmbedImage(stream)).Message);

        static string Unreadable(ImageSource source) => Assert.ThrowsExactly<InvalidDataException>(() => _model.EmbedImage(source)).Message;
    }

    [TestMethod]
    public void Conversions_never_throw()
    {
        ImageSource? nothing = (string?)null;
        Assert.IsNull(nothing);
        nothing = (byte[]?)null;
        Assert.IsNull(nothing);
        nothing = (MLImage?)null;
        Assert.IsNull(nothing);
        ImageSource empty = "";
        Assert.AreEqual("There is no picture ''.", Assert.ThrowsExactly<FileNotFoundException>(() => _model.EmbedImage(empty)).Message);
        Assert.ThrowsExactly<ArgumentNullException>(() => _model.EmbedImage((string)null!));
        Assert.Contains("Picture 1 is null.", Assert.ThrowsExactly<ArgumentException>(() => _model.EmbedImages([Files[0], null!])).Message);
        Assert.ThrowsExactly<ArgumentOutOfRangeException>(() => _model.EmbedImage(Files[0], (ClassToken)9));
        Assert.ThrowsExactly<ArgumentOutOfRangeException>(() => _model.EmbedImages([Files[0]], (ClassToken)9));
    }

    [TestMethod]
    public async Task A_stream_of_pictures_keeps_its_order_and_fails_at_the_bad_one()
    {
        float[][] expected = _model.EmbedImages(Files.Select(ImageSource.FromFile));
        foreach (int bad in (int[])[0, 1, 12, 13, 14, 39])
        {
            var got = new List<float[]>();
            string path = _folder["bad.png"];
            File.WriteAllText(path, "no picture");
            var e = await Assert.ThrowsExactlyAsync<InvalidDataException>(async () =>
            {
                await foreach (float[] embedding in _model.EmbedImagesAsync(Pictures(bad, path))) got.Add(embedding);
            });
            Assert.Contains($"Picture '{path}' cannot be read", e.Message);
            Assert.HasCount(bad, got, "every good picture before it comes first");
            for (int i = 0; i < bad; i++) Close.AreClose(expected[i], got[i], 2e-6f);
        }

        static async IAsyncEnumerable<ImageSource> Pictures(int bad, string path)
        {
            for (int i = 0; i < Files.Length; i++)
            {
                if (i % 5 == 0) await Task.Yield();
                yield return i == bad ? path : Files[i];
            }
        }
    }

    [TestMethod]
    public async Task A_source_that_fails_does_so_after_its_good_pictures()
    {
        int got = 0;
        await Assert.ThrowsExactlyAsync<FormatException>(async () =>
        {
            await foreach (float[] _ in _model.EmbedImagesAsync(Failing())) got++;
        });
        Assert.AreEqual(20, got);

        static async IAsyncEnumerable<ImageSource> Failing()
        {
            foreach (string file in Files.Take(20)) yield return file;
            await Task.Yield();
            throw new FormatException("source");
        }
    }

    /// <summary>Memory stays bounded: no more is read until the consumer takes what is ready.</summary>
    [TestMethod]
    public async Task A_stream_is_read_at_most_two_windows_ahead()
    {
        int read = 0, batch = _model.Images.DefaultBatchSize;
        int window = _model.Images.PlanFor(batch, _model.PixelValuesPerImage).Window;
        Assert.IsLessThanOrEqualTo(64, window);
        await using var embeddings = _model.EmbedImagesAsync(Endless()).GetAsyncEnumerator();
        for (int i = 1; i <= 5 * window; i++)
        {
            Assert.IsTrue(await embeddings.MoveNextAsync());
            Assert.IsLessThanOrEqualTo(i + 2 * window, read);
            if (i <= batch) Assert.IsLessThanOrEqualTo(4 * batch, read, "it begins with little");
        }

        async IAsyncEnumerable<ImageSource> Endless()
        {
            for (; ; read++)
            {
                yield return Files[read % Files.Length];
                if (read % 7 == 0) await Task.Yield();
            }
        }
    }

    /// <summary>Like a person at a keyboard: each picture gets its answer before the next one arrives.</summary>
    [TestMethod]
    public async Task A_slow_source_gets_each_answer_at_once()
    {
        var gate = new SemaphoreSlim(1);
        int given = 0;
        await using var embeddings = _model.EmbedImagesAsync(OneByOne()).GetAsyncEnumerator();
        for (int i = 1; i <= 5; i++)
        {
            Assert.IsTrue(await embeddings.MoveNextAsync().AsTask().WaitAsync(TimeSpan.FromSeconds(30)));
            Assert.AreEqual(i, given);
            gate.Release();
        }

        async IAsyncEnumerable<ImageSource> OneByOne()
        {
            while (true)
            {
                await gate.WaitAsync();
                given++;
                yield return Files[0];
            }
        }
    }

    [TestMethod]
    public async Task Leaving_early_does_not_wait_for_an_idle_source()
    {
        var left = Task.Run(async () =>
        {
            await foreach (float[] _ in _model.EmbedImagesAsync(ThenNothing())) return;
        });
        await left.WaitAsync(TimeSpan.FromSeconds(30));

        static async IAsyncEnumerable<ImageSource> ThenNothing()
        {
            yield return Files[0];
            await Task.Delay(Timeout.Infinite, CancellationToken.None);
        }
    }

    [TestMethod]
    public async Task Canceling_does_not_wait_for_an_idle_source_that_ignores_the_token()
    {
        using var source = new CancellationTokenSource();
        var canceled = Task.Run(async () =>
        {
            await foreach (float[] _ in _model.EmbedImagesAsync(ThenNothing(), cancellationToken: source.Token)) source.CancelAfter(50);
        });
        var exception = await Assert.ThrowsAsync<OperationCanceledException>(() => canceled.WaitAsync(TimeSpan.FromSeconds(30)));
        Assert.AreEqual(source.Token, exception.CancellationToken);

        static async IAsyncEnumerable<ImageSource> ThenNothing()
        {
            yield return Files[0];
            await Task.Delay(Timeout.Infinite, CancellationToken.None);
        }
    }

    [TestMethod]
    public void Streams_may_be_closed_when_the_next_one_is_asked_for()
    {
        float[][] expected = _model.EmbedImages(Files.Select(ImageSource.FromFile)), found = _model.EmbedImages(Open());
        for (int i = 0; i < Files.Length; i++) CollectionAssert.AreEqual(expected[i], found[i]);

        static IEnumerable<ImageSource> Open()
        {
            foreach (string file in Files)
            {
                using var stream = File.OpenRead(file);
                yield return ImageSource.FromStream(stream, file);
            }
        }
    }

    [TestMethod]
    public void Progress_counts_up_and_canceling_ends_the_run()
    {
        var steps = new List<int>();
        _model.EmbedImages(Files.Select(ImageSource.FromFile), progress: new ImmediateProgress(steps.Add));
        Assert.AreEqual(Files.Length, steps[^1]);
        CollectionAssert.AreEqual(steps.Distinct().Order().ToArray(), steps);

        using var source = new CancellationTokenSource();
        int last = 0;
        var endless = Enumerable.Range(0, int.MaxValue).Select(i => ImageSource.FromFile(Files[i % Files.Length]));
        var progress = new ImmediateProgress(done =>
        {
            last = done;
            if (done > 30) source.Cancel();
        });
        Assert.Throws<OperationCanceledException>(() => _model.EmbedImages(endless, progress: progress, cancellationToken: source.Token));
        Assert.IsLessThan(30 + 3 * _model.Images.DefaultBatchSize, last);
        Assert.Throws<OperationCanceledException>(
            () => _model.RunPixels(new float[_model.PixelValuesPerImage], 1, new float[384], source.Token));
    }

    [TestMethod]
    public void A_model_without_its_image_encoder_says_how_to_add_it()
    {
        using var model = TipsModel.Load(TestModels.TextOnlyFolder());
        Assert.IsFalse(model.HasImages);
        Assert.IsTrue(model.HasText);
        Assert.HasCount(128, model.EmbedText("ab"));
        const string expected = "Model 'text-only' has no image encoder. To add it, export its checkpoint with '--vision FILE' "
            + "(and '--text' and '--tokenizer' for both), or 'get' it without --no-vision.";
        foreach (var use in (Action[])
        [
            () => model.EmbedImage(Files[0]),
            () => model.EmbedImages([Files[0]]),
            () => model.EmbedImagesAsync(AsyncEnumerable.Empty<ImageSource>()),
            () => model.RunPixels(new float[1], 1, new float[1]),
            () => _ = model.ImageHeight,
            () => _ = model.ImageWidth,
            () => _ = model.PatchCount,
            () => new MLContext().Transforms.TipsImageEmbedding("E", "I", model),
        ])
        {
            Assert.AreEqual(expected, Assert.ThrowsExactly<InvalidOperationException>(use).Message);
        }
    }

    private sealed class PathRow
    {
        public string Path { get; set; } = "";
    }

    private sealed class ImmediateProgress(Action<int> report) : IProgress<int>
    {
        public void Report(int value) => report(value);
    }
}
