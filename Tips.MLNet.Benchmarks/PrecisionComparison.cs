using Tips.MLNet.Tests.Formula;
using Tips.OnnxExport.Export;
using Tips.OnnxExport.Graphs;

namespace Tips.MLNet.Benchmarks;

/// <summary>Embeds the same pictures with models of every precision, which take turns.</summary>
internal static class PrecisionComparison
{
    public static void Run(int imageSize, int turns, int batch, bool cuda)
    {
        int batches = cuda ? 20 : 5;
        var options = new TipsModelOptions { Provider = cuda ? ExecutionProvider.Cuda : ExecutionProvider.Cpu };
        string folder = Directory.CreateTempSubdirectory("tips-benchmark-").FullName;
        try
        {
            string checkpoint = Path.Combine(folder, "s14.npz");
            FormulaCheckpoint.WriteVision(checkpoint, TowerSize.Small, imageSize / 14, seed: 1);
            // ONNX Runtime has no int8 for GPUs: it would compute on the CPU.
            var precisions = Enum.GetValues<WeightPrecision>().Where(precision => !cuda || precision != WeightPrecision.Int8);
            var models = precisions.Select(precision =>
            {
                string output = Path.Combine(folder, precision.Name());
                ModelExporter.Export(new ExportRequest(checkpoint, output) { Precision = precision, License = "none: benchmark data" });
                return TipsModel.Load(output, options);
            }).ToArray();
            try
            {
                float[] picture = [.. FormulaValues.Picture("image", imageSize, imageSize, seed: 1).Select(b => b / 255f)];
                float[] pixels = [.. Enumerable.Repeat(picture, batch).SelectMany(p => p)];
                float[] tokens = new float[batch * 2 * models[0].EmbeddingDimension];
                string title = $"S/14 at {imageSize}x{imageSize} on {options.Provider}, {batches} batches of {batch} per turn";
                Turns.Run(title, turns, [.. models.Select(model => (model.Manifest.Precision, (Action)(() => Embed(model))))]);

                void Embed(TipsModel model)
                {
                    for (int i = 0; i < batches; i++) model.RunPixels(pixels, batch, tokens);
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
