using Microsoft.ML;
using Microsoft.ML.Data;

namespace Tips.MLNet.Benchmarks.Pipelines;

/// <summary>Fits a k-NN pipeline to JPEG files: without a store, with an empty one, and with one that an earlier run filled.</summary>
internal static class StoreComparison
{
    private const int Classes = 10;

    public static void Run(int pictures, int turns, string modelFolder)
    {
        string folder = Directory.CreateTempSubdirectory("tips-benchmark-").FullName;
        try
        {
            string[] files = JpegFiles.Write(Path.Combine(folder, "jpeg"), pictures);
            // Those written just now would be read again.
            foreach (string file in files) File.SetLastWriteTimeUtc(file, DateTime.UtcNow.AddMinutes(-1));
            using var model = TipsModel.Load(modelFolder);
            string full = Path.Combine(folder, "full");
            int empty = 0;
            Turns.Run(
                $"k-NN pipeline, {model.Variant} at {model.ImageHeight}x{model.ImageWidth}, {pictures} JPEG files of 640x480",
                turns,
                ("Fit without a store", () => Fit(model, files, null)),
                ("Fit with an empty store, opened and closed", () => FitWith(model, files, Path.Combine(folder, $"empty{empty++}"))),
                ("Fit with a full store, opened and closed", () => FitWith(model, files, full)));
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private static void FitWith(TipsModel model, string[] files, string folder)
    {
        using var store = EmbeddingStore.Open(folder);
        Fit(model, files, store);
    }

    private static void Fit(TipsModel model, string[] files, EmbeddingStore? store)
    {
        var mlContext = new MLContext(seed: 1);
        var rows = mlContext.Data.LoadFromEnumerable(files.Select((file, i) => new Row { Path = file, Label = (uint)(i % Classes) + 1 }));
        mlContext.Transforms.TipsImageEmbedding("Embedding", "Path", model, new TipsImageEmbeddingOptions { Store = store })
            .Append(mlContext.MulticlassClassification.Trainers.KNearestNeighbors("Label", "Embedding"))
            .Fit(rows);
    }

    private sealed class Row
    {
        public string Path { get; set; } = "";

        [KeyType(Classes)]
        public uint Label { get; set; }
    }
}
