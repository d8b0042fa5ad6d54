using Tips.MLNet.Tests.Formula;
using Tips.OnnxExport.Export;
using Tips.OnnxExport.Graphs;

namespace Tips.MLNet.Benchmarks;

/// <summary>Embeds the same picture with models of every precision, which take turns.</summary>
internal static class PrecisionComparison
{
    private const int PicturesPerTurn = 5;

    public static void Run(int imageSize, int turns)
    {
        string folder = Directory.CreateTempSubdirectory("tips-benchmark-").FullName;
        try
        {
            string checkpoint = Path.Combine(folder, "s14.npz");
            FormulaCheckpoint.WriteVision(checkpoint, TowerSize.Small, imageSize / 14, seed: 1);
            var models = Enum.GetValues<WeightPrecision>().Select(precision =>
            {
                string output = Path.Combine(folder, precision.Name());
                ModelExporter.Export(new ExportRequest(checkpoint, output) { Precision = precision, License = "none: benchmark data" });
                return TipsModel.Load(output);
            }).ToArray();
            try
            {
                float[] pixels = [.. FormulaValues.Picture("image", imageSize, imageSize, seed: 1).Select(b => b / 255f)];
                float[] tokens = new float[2 * models[0].EmbeddingDimension];
                string title = $"S/14 at {imageSize}x{imageSize}, {PicturesPerTurn} pictures per turn";
                Turns.Run(title, turns, [.. models.Select(model => (model.Manifest.Precision, (Action)(() => Embed(model))))]);

                void Embed(TipsModel model)
                {
                    for (int i = 0; i < PicturesPerTurn; i++) model.RunPixels(pixels, 1, tokens);
                }
            }
            finally
            {
                foreach (var model in models) model.Dispose();
            }
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }
}
