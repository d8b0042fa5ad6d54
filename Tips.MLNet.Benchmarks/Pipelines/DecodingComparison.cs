using System.Globalization;
using Spectre.Console;
using Tips.MLNet.Tests.Formula;
using Tips.OnnxExport.Export;
using Tips.OnnxExport.Graphs;

namespace Tips.MLNet.Benchmarks.Pipelines;

/// <summary>
/// What a pipeline from files costs beside decoding alone and encoding alone, each on all cores: the sum of both is what turns without any
/// loss would take.
/// </summary>
internal static class DecodingComparison
{
    public static void Run(int pictures, int turns, (int Width, int Height) jpeg, int imageSize, string precision, string? modelFolder)
    {
        string folder = Directory.CreateTempSubdirectory("tips-benchmark-").FullName;
        try
        {
            string[] files = JpegFiles.Write(Path.Combine(folder, "jpeg"), pictures, jpeg.Width, jpeg.Height);
            using var model = TipsModel.Load(modelFolder ?? Export(folder, imageSize, precision));
            using var bare = new BareSession(model);
            var decoding = new DecodingOnly(model, Environment.ProcessorCount);
            IEmbeddingMethod[] methods = [decoding, bare, new PathPipeline(model), new TipsPipeline(model), new DecodingOnly(model, 1)];
            string title = $"{model.Variant} ({model.Precision}) at {model.ImageHeight}x{model.ImageWidth}, {pictures} JPEG files of "
                + $"{jpeg.Width}x{jpeg.Height}";
            double[] means = Turns.Run(title, turns, [.. methods.Select(m => (m.Name, (Action)(() => m.Embed(files))))]);
            double sum = means[0] + means[1];
            AnsiConsole.WriteLine(string.Create(
                CultureInfo.InvariantCulture,
                $"paths / (decoding + encoding): {means[2] / sum:F3}; LoadImages: {means[3] / sum:F3}; "
                + $"paths / encoding: {means[2] / means[1]:F3}; decoding on one thread / all: {means[4] / means[0]:F3}"));
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private static string Export(string folder, int imageSize, string precision)
    {
        string checkpoint = Path.Combine(folder, "s14.npz"), output = Path.Combine(folder, "s14");
        FormulaCheckpoint.WriteVision(checkpoint, TowerSize.Small, imageSize / 14, seed: 1);
        var weights = Enum.GetValues<WeightPrecision>().First(p => p.Name() == precision);
        ModelExporter.Export(new ExportRequest(checkpoint, output) { Precision = weights, License = "none: benchmark data" });
        return output;
    }
}
