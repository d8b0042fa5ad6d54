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
    public void Memory_does_not_grow_over_ten_thousand_pictures()
    {
        string[] files = Directory.GetFiles(Path.Combine(TestModels.PictureFolder, "seen"));
        var mlContext = new MLContext();
        using var model = TipsModel.Load(TestModels.MiniFolder());
        var paths = Enumerable.Range(0, Total).Select(i => new PathRow { Path = files[i % files.Length] });
        var rows = mlContext.Data.LoadFromEnumerable(paths);
        var view = mlContext.Transforms.LoadImages("Image", "", "Path")
            .Append(mlContext.Transforms.TipsImageEmbedding("Embedding", "Image", model))
            .Fit(rows)
            .Transform(rows);

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
