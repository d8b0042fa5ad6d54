using System.Diagnostics;
using Microsoft.ML;
using Microsoft.ML.Data;
using Tips.MLNet.Tests.Support;

namespace Tips.MLNet.Tests.Transforms;

[TestClass]
public class MemoryTests
{
    private const int Total = 10_000, WarmUp = 3_000;

    /// <summary>A leak of every tenth picture would show as 35 MB, of every tenth input tensor as 26 MB.</summary>
    private const long Allowed = 24 << 20;

    public TestContext TestContext { get; set; } = null!;

    [TestMethod]
    [DataRow(true)]
    [DataRow(false)]
    public void Memory_does_not_grow_over_ten_thousand_pictures(bool loadImages)
    {
        string[] files = Directory.GetFiles(Path.Combine(TestModels.PictureFolder, "seen"));
        var mlContext = new MLContext();
        using var model = TipsModel.Load(TestModels.MiniFolder());
        var paths = Enumerable.Range(0, Total).Select(i => new PathRow { Path = files[i % files.Length] });
        var rows = mlContext.Data.LoadFromEnumerable(paths);
        var loaded = loadImages ? mlContext.Transforms.LoadImages("Image", "", "Path").Fit(rows).Transform(rows) : rows;
        string column = loadImages ? "Image" : "Path";
        var view = mlContext.Transforms.TipsImageEmbedding("Embedding", column, model).Fit(loaded).Transform(loaded);

        long before = 0;
        int done = 0;
        using (var cursor = view.GetRowCursor([view.Schema["Embedding"]]))
        {
            var get = cursor.GetGetter<VBuffer<float>>(view.Schema["Embedding"]);
            VBuffer<float> embedding = default;
            while (cursor.MoveNext())
            {
                get(ref embedding);
                if (++done == WarmUp) before = Measure();
            }
        }

        long growth = Measure() - before;
        TestContext.WriteLine($"grew by {growth / 1e6:F1} MB from picture {WarmUp} to {done}, from {before / 1e6:F1} MB");
        Assert.AreEqual(Total, done);
        Assert.IsLessThan(Allowed, growth);
    }

    /// <summary>Pictures of different sizes, after the first hundred: their pixels, files and resizing tables are of pools.</summary>
    [TestMethod]
    public void A_picture_from_a_file_costs_less_than_10_KB_of_new_memory()
    {
        string[] files = [.. Directory.GetFiles(GoldenFiles.PathOf("images")).Where(f => Path.GetExtension(f) is ".jpg" or ".png")];
        var mlContext = new MLContext();
        using var model = TestModels.LoadTiny();
        const int total = 900, warmUp = 300;
        var rows = mlContext.Data.LoadFromEnumerable(
            Enumerable.Range(0, total).Select(i => new PathRow { Path = files[i % files.Length] }));
        var options = new TipsImageEmbeddingOptions { CacheBytes = 0 };
        var view = mlContext.Transforms.TipsImageEmbedding("Embedding", "Path", model, options).Fit(rows).Transform(rows);
        using var cursor = view.GetRowCursor([view.Schema["Embedding"]]);
        var get = cursor.GetGetter<VBuffer<float>>(view.Schema["Embedding"]);
        VBuffer<float> embedding = default;
        long before = 0;
        for (int done = 0; cursor.MoveNext(); done++)
        {
            get(ref embedding);
            if (done == warmUp) before = GC.GetTotalAllocatedBytes(precise: true);
        }

        long perPicture = (GC.GetTotalAllocatedBytes(precise: true) - before) / (total - warmUp);
        TestContext.WriteLine($"{perPicture:N0} bytes a picture");
        Assert.IsLessThan(10_000L, perPicture);
    }

    private static long Measure()
    {
        for (int i = 0; i < 2; i++)
        {
            GC.Collect();
            GC.WaitForPendingFinalizers();
        }

        using var process = Process.GetCurrentProcess();
        return process.WorkingSet64;
    }
}
